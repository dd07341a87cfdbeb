"""The command `tiffin exp run`."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Annotated, NamedTuple

from tiffin.cli._auto_push import auto_push
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
from tiffin.repo import Repo
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
    queue: Annotated[bool, Flag("put it into the queue; a parameter may have several values: NAME=1,2,3")] = False
    run_all: Annotated[bool, Flag("run what is in the queue, and wait for it")] = False
    temp: Annotated[bool, Flag("run it in a working tree of its own; the workspace stays as it is")] = False
    jobs: Annotated[
        int, Flag("with --run-all: so many experiments at a time (default: 1)", ("-j", "--jobs"), metavar="N")
    ] = 1
    copy_paths: Annotated[
        list[str],
        Flag("with --queue or --temp: files it needs that Git does not have", ("-C", "--copy-paths"), metavar="PATH"),
    ] = []  # noqa: RUF012 - as above


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    _refuse_contradictions(options)
    repo = open_repo(ui)
    if options.run_all:
        return _run_all(repo, ui, options.jobs)
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
    if options.queue:
        return _enqueue(repo, ui, plan, options.copy_paths)
    if options.temp and not options.dry:
        return _run_apart(repo, ui, plan, options.copy_paths)
    try:
        ran = run_experiment(repo, plan, printer(repo, ui, settings))
    except StageFailed as error:
        if options.set_param and error.hint is None:
            error.hint = "the parameters stay as they were set; the first lines say what they were"
        raise
    if ran.commit is not None:
        ui.write(f"\nRan experiment(s): {ran.name}")
        ui.write("Experiment results have been applied to your workspace.")
        auto_push(repo, ui, ran.name)
    return 0


def _refuse_contradictions(options: Options) -> None:
    ways = [f"--{name}" for name, on in (("queue", options.queue), ("run-all", options.run_all)) if on]
    if len(ways) > 1:
        raise UsageError(f"{' and '.join(ways)} are two things to do", hint="queue the experiment first, then run all")
    if options.dry and (options.queue or options.run_all):
        raise UsageError("--dry says what would run, without --queue and --run-all", hint="leave one of them out")
    if options.copy_paths and not (options.queue or options.temp):
        raise UsageError("in the workspace every file is there already", hint="-C goes with --queue or --temp")


def _enqueue(repo: Repo, ui: Ui, plan: Plan, copy_paths: Sequence[str]) -> int:
    from tiffin.repo.apart import check_copy_paths  # noqa: PLC0415 - most runs are not queued
    from tiffin.repo.queueing import enqueue  # noqa: PLC0415 - as above

    paths = check_copy_paths(repo, copy_paths)
    for queued in enqueue(repo, plan, round(time.monotonic() * 1000), paths):
        if queued.overrides:
            ui.write(f"Queueing with overrides {' '.join(queued.overrides)}.")
        ui.write(f"Queued experiment '{queued.name}' for future execution.")
    return 0


def _run_apart(repo: Repo, ui: Ui, plan: Plan, copy_paths: Sequence[str]) -> int:
    from tiffin.repo.apart import check_copy_paths, copy_into, run_in, take_options, working_tree  # noqa: PLC0415 - as above
    from tiffin.repo.queueing import prepare  # noqa: PLC0415 - as above

    paths = check_copy_paths(repo, copy_paths)
    with ExitStack() as stack:
        with repo.lock:  # until the working tree names the data that was stored for it
            stash = prepare(repo, plan)
            apart = stack.enter_context(working_tree(repo, stash)).repo
        take_options(apart)
        copy_into(apart, repo.root, paths)
        listener = printer(apart, ui, plan.settings)
        listener.starting(stash.name)
        run_in(apart, plan, listener, stash, repo.root)
    auto_push(repo, ui, stash.name)
    _tell_results(ui, [stash.name])
    return 0


def _run_all(repo: Repo, ui: Ui, jobs: int) -> int:
    from tiffin.cli._queue_logs import follow  # noqa: PLC0415 - as above
    from tiffin.cli._queue_start import workers_asked_for  # noqa: PLC0415 - as above
    from tiffin.repo.queueing import tasks  # noqa: PLC0415 - as above
    from tiffin.repo.working import start_workers  # noqa: PLC0415 - as above

    wanted = tasks(repo, ["Running", "Queued"])
    if not wanted:
        ui.write("No experiments in the queue.")
        return 0
    start_workers(repo, workers_asked_for(jobs))
    ui.status("Following all queued experiments; Ctrl+C stops that, and they go on.\n")
    for task in wanted:
        follow(repo, ui, task, expected=True)
    ended = {task.commit: task.state for task in tasks(repo)}
    failed = [task.name for task in wanted if ended.get(task.commit) == "Failed"]
    if failed:
        ui.warning(f"failed to reproduce: {', '.join(failed)}", "see `tiffin queue logs NAME`")
    _tell_results(ui, [task.name for task in wanted if ended.get(task.commit) == "Success"])
    return 0


def _tell_results(ui: Ui, names: Sequence[str]) -> None:
    if names:
        ui.write(f"\nRan experiment(s): {', '.join(names)}")
        ui.write("To apply the results of an experiment to your workspace run:\n\n\ttiffin exp apply <exp>")
