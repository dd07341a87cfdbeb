"""The command `tiffin repro`."""

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

from tiffin.cli._common import open_repo, tell_git
from tiffin.cli._options import Flag
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
from tiffin.errors import UsageError
from tiffin.pipeline import Stage
from tiffin.repo import Repo
from tiffin.repo.gitside import GitSide
from tiffin.repo.running import Scope, Settings, Surroundings, repro

__all__ = ["Options", "Printer", "fetcher", "printer", "reproduce", "run", "settings_of"]


class Options(NamedTuple):
    """Run the stages whose command, dependencies or parameters changed, in order.

    Results that an earlier run with the same inputs gave are taken from the run cache.
    """

    targets: Targets
    force: Annotated[bool, Flag("run even if nothing changed", ("-f", "--force"))] = False
    interactive: Interactive = False
    single_item: SingleItem = False
    pipeline: Pipeline = False
    all_pipelines: AllPipelines = False
    recursive: Recursive = False
    downstream: Downstream = False
    force_downstream: ForceDownstream = False
    pull: Pull = False
    allow_missing: AllowMissing = False
    dry: Annotated[bool, Flag("say what would run, and run nothing")] = False
    keep_going: KeepGoing = False
    ignore_errors: IgnoreErrors = False
    glob: Annotated[bool, Flag("stage names in targets are patterns")] = False
    no_commit: Annotated[bool, Flag("record the results, but store nothing yet (see `commit`)")] = False
    no_run_cache: Annotated[bool, Flag("run even if an earlier run had the same inputs")] = False
    jobs: Annotated[
        int | None,
        Flag("so many stages at once, each once what it needs is there (default: 1)", ("-j", "--jobs"), metavar="N"),
    ] = None
    cpus: Annotated[str | None, Flag("processors for stages that ask for some", metavar="N")] = None
    memory: Annotated[str | None, Flag("memory for stages that ask for some, such as 16GB", metavar="SIZE")] = None
    gpus: Annotated[str | None, Flag("GPUs for stages that ask for some, such as 0,1", metavar="LIST")] = None
    why: Annotated[bool, Flag("with --dry: say for each stage what changed since it last ran")] = False
    json: Annotated[bool, Flag("with --dry --why: print JSON")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui, repeatable=True)
    scope = Scope(
        options.targets,
        options.single_item,
        options.pipeline,
        options.all_pipelines,
        options.downstream,
        options.recursive,
        options.glob,
    )
    settings = settings_of(options, repo, ui)
    settings = settings._replace(
        commit=not options.no_commit, run_cache=not options.no_run_cache, jobs=jobs_of(repo, options.jobs)
    )
    if options.why or options.json:
        return _explain(repo, ui, scope, settings, json=options.json, why=options.why)
    around = surroundings(repo, cpus=options.cpus, memory=options.memory, gpus=options.gpus)
    return reproduce(repo, ui, scope, settings, around)


def reproduce(repo: Repo, ui: Ui, scope: Scope, settings: Settings, around: Surroundings) -> int:
    """Reproduce and tell about it."""
    git = GitSide(repo)
    with ui.progress("Storing outputs") as progress:
        repo.workspace.progress = progress
        done = repro(repo, scope, settings, printer(repo, ui, settings), around, git=git)
    if done.failed:
        ui.warning(f"failed and ignored: {', '.join(stage.address for stage in done.failed)}")
    if not done.reproduced:
        ui.write("Data and pipelines are up to date.")
        ui.repeatable = repo
        return 0
    if not settings.dry:
        tell_git(ui, repo, git.files)
    ui.write("Use `tiffin push` to send your updates to remote storage.")
    return 0


def _explain(repo: Repo, ui: Ui, scope: Scope, settings: Settings, *, json: bool, why: bool) -> int:
    if not (settings.dry and why):
        raise UsageError(
            "--why explains what would run, and --json is its form for programs",
            hint="write `tiffin repro --dry --why`, or `... --dry --why --json`",
        )
    from tiffin.cli import _why  # noqa: PLC0415 - seldom asked for
    from tiffin.repo.explaining import explain_run  # noqa: PLC0415 - as above

    with ui.progress("Looking at the workspace") as progress:
        repo.workspace.progress = progress
        found = explain_run(repo, scope, settings)
    if json:
        ui.json(_why.as_json(repo, found))
    else:
        _why.show(ui, repo, found)
    return 0


def settings_of(options: Any, repo: Repo, ui: Ui) -> Settings:
    """What the options that `repro` and `exp run` share ask for."""
    return Settings(
        force=options.force,
        force_downstream=options.force_downstream,
        dry=options.dry,
        allow_missing=options.allow_missing,
        on_error="ignore" if options.ignore_errors else "keep-going" if options.keep_going else "fail",
        confirm=_asker(ui) if options.interactive else None,
        fetch=fetcher(repo) if options.pull else None,
    )


def printer(repo: Repo, ui: Ui, settings: Settings) -> "Printer":
    """Tells what a run does, of one stage at a time or of many."""
    if settings.jobs == 1 or settings.dry:
        return Printer(repo, ui)
    from tiffin.cli._side_by_side import SideBySide  # noqa: PLC0415 - as it says

    return SideBySide(repo, ui)


class Printer:
    """Tells what a run does, and an experiment; the commands' own output goes to the terminal between the lines."""

    def __init__(self, repo: Repo, ui: Ui) -> None:
        self._repo = repo
        self._ui = ui
        self._first = True

    def unchanged(self, stage: Stage) -> None:
        address = stage.seen_from(self._repo.directory)
        self._say(
            f"'{address}' didn't change, skipping" if stage.is_data else f"Stage '{address}' didn't change, skipping"
        )

    def running(self, stage: Stage, log: str | None = None) -> None:  # noqa: ARG002 - its output is seen here
        self._gap()
        self._say(f"Running stage '{stage.seen_from(self._repo.directory)}':")

    def command(self, line: str) -> None:
        self._say(f"> {line}")

    def waiting(self) -> float | None:
        return None

    def restored(self, stage: Stage) -> None:
        self._say(f"Stage '{stage.seen_from(self._repo.directory)}' is cached - skipping run, checking out outputs")

    def verifying(self, stage: Stage) -> None:
        what = "outputs in frozen stage" if stage.frozen and not stage.is_data else "data sources in stage"
        self._say(f"Verifying {what}: '{stage.seen_from(self._repo.directory)}'")

    def finished(self, stage: Stage) -> None:
        self._ui.debug(f"'{stage.address}' was reproduced")

    def failed(self, stage: Stage, reason: str, log: str | None, *, again: bool) -> None:
        if again:
            self._ui.warning(f"'{stage.address}': {reason}; it runs again")
        self._ui.debug(f"its log is {log}")

    def warning(self, text: str, hint: str | None = None) -> None:
        self._ui.warning(text, hint)

    def starting(self, name: str) -> None:
        self._say(f"Reproducing experiment '{name}'")

    def changing(self, path: str, name: str, old: object, new: object) -> None:
        from tiffin.cli._table_text import cell  # noqa: PLC0415 - experiments alone change parameters

        # The earlier values are recorded nowhere else.
        shown = f"{self._repo.shown(path)}: {name}"
        if old is None:
            self._ui.status(f"{shown} = {cell(new)}")
        else:
            self._ui.status(f"{shown}: {cell(old)} -> {'-' if new is None else cell(new)}")

    def _gap(self) -> None:
        if not self._first:
            self._ui.write()
        self._first = False

    def _say(self, text: str) -> None:
        # The command's output follows on the same terminal, unbuffered: what was said before must come first.
        self._ui.write(text)
        self._ui.flush()


def _asker(ui: Ui) -> Callable[[Stage], bool]:
    return lambda stage: ui.confirm(f"Going to reproduce {stage.label}. Are you sure you want to continue?")


def fetcher(repo: Repo) -> Callable[[Stage], None]:
    """Gets the missing data of a stage from the remote."""
    from tiffin.repo.sync import Selected, fetch  # noqa: PLC0415 - only with --pull

    def fetch_stage(stage: Stage) -> None:
        fetch(repo, Selected([stage.seen_from(repo.directory)]))

    return fetch_stage
