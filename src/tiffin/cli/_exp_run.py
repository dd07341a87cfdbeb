"""The command `tiffin exp run`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Flag
from tiffin.cli._repro import printer, settings_of
from tiffin.cli._repro_options import (
    AllowMissing,
    AllPipelines,
    Downstream,
    ForceDownstream,
    IgnoreErrors,
    Interactive,
    KeepGoing,
    Pipeline,
    Pull,
    Recursive,
    SingleItem,
    Targets,
)
from tiffin.cli._surroundings import jobs_of, surroundings
from tiffin.cli._ui import Ui
from tiffin.errors import StageFailed, UsageError
from tiffin.repo.experimenting import Plan
from tiffin.repo.experimenting import run as run_experiment
from tiffin.repo.running import Scope

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Run an experiment: set parameters, reproduce, and keep the result beside Git's history.

    The result is a commit of its own, which `exp show` compares with others; it stays in the workspace as
    well.  Branch and index are left alone.  If a stage fails, the parameters stay as they were set.
    """

    targets: Targets
    name: Annotated[str | None, Flag("the experiment's name (default: a random one)", ("-n", "--name"))] = None
    set_param: Annotated[
        list[str],
        Flag(
            "set a parameter; +NAME=VALUE adds one, ++NAME=VALUE does either, ~NAME takes one away",
            ("-S", "--set-param"),
            metavar="[FILE:]NAME=VALUE",
        ),
    ] = []  # noqa: RUF012 - a named tuple's default is never changed
    message: Annotated[str | None, Flag("the message of the commit", ("-m", "--message"), metavar="TEXT")] = None
    force: Annotated[
        bool, Flag("run even if nothing changed, and replace the experiment of that name", ("-f", "--force"))
    ] = False
    interactive: Interactive = False
    single_item: SingleItem = False
    pipeline: Pipeline = False
    all_pipelines: AllPipelines = False
    recursive: Recursive = False
    downstream: Downstream = False
    force_downstream: ForceDownstream = False
    pull: Pull = False
    allow_missing: AllowMissing = False
    dry: Annotated[bool, Flag("say what would run; set and run nothing")] = False
    keep_going: KeepGoing = False
    ignore_errors: IgnoreErrors = False
    no_hydra: Annotated[bool, Flag("leave params.yaml as it is, even if hydra.enabled is set")] = False
    queue: Annotated[bool, Flag("not there yet", hidden=True)] = False
    run_all: Annotated[bool, Flag("not there yet", hidden=True)] = False
    temp: Annotated[bool, Flag("not there yet", hidden=True)] = False
    jobs: Annotated[str | None, Flag("not there yet", ("-j", "--jobs"), hidden=True)] = None
    copy_paths: Annotated[list[str], Flag("not there yet", ("-C", "--copy-paths"), hidden=True)] = []  # noqa: RUF012 - as above


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    if options.queue or options.run_all or options.temp or options.jobs or options.copy_paths:
        raise UsageError(
            "experiments cannot be queued, or run outside the workspace, yet", hint="run them one after the other"
        )
    repo = open_repo(ui)
    scope = Scope(
        options.targets,
        options.single_item,
        options.pipeline,
        options.all_pipelines,
        options.downstream,
        options.recursive,
    )
    settings = settings_of(options, repo, ui)._replace(jobs=jobs_of(repo))
    changes, hydra = options.set_param, not options.no_hydra
    plan = Plan(scope, settings, surroundings(repo), changes, options.name, options.message, hydra)
    try:
        ran = run_experiment(repo, plan, printer(repo, ui, settings))
    except StageFailed as error:
        if options.set_param and error.hint is None:
            error.hint = "the parameters stay as they were set; the first lines say what they were"
        raise
    if ran.commit is not None:
        ui.write(f"\nRan experiment(s): {ran.name}")
        ui.write("Experiment results have been applied to your workspace.")
    return 0
