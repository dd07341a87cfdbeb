"""The command `tiffin status`."""

import posixpath
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.index import look_as_recorded
from tiffin.pipeline import Changes, Selection, changes, looked_at
from tiffin.repo import Repo

__all__ = ["Options", "run"]

EMPTY = "There are no data or pipelines tracked in this project yet."
CLEAN = "Data and pipelines are up to date."
INDENT, COLUMN = "\t", 20


class Options(NamedTuple):
    """Show what changed in data and pipelines since it was last recorded.

    With -c or -r: what differs between the cache and the remote.  With -q nothing is
    printed and the exit code is 1 if anything changed.
    """

    targets: Annotated[list[str], Argument("stages, .dvc files or outputs (default: everything)", optional=True)]
    cloud: Annotated[bool, Flag("compare the cache with the remote", ("-c", "--cloud"))] = False
    remote: Annotated[str | None, Flag("the remote to compare with", ("-r", "--remote"), metavar="NAME")] = None
    with_deps: Annotated[bool, Flag("also what the targets depend on", ("-d", "--with-deps"))] = False
    recursive: Annotated[bool, Flag("targets are directories: all stages below them", ("-R", "--recursive"))] = False
    jobs: Annotated[int | None, Flag("accepted for DVC's sake; all cores are used", ("-j", "--jobs"), metavar="N")] = (
        None
    )
    all_branches: Annotated[bool, Flag("with --cloud: also of every branch", ("-a", "--all-branches"))] = False
    all_tags: Annotated[bool, Flag("with --cloud: also of every tag", ("-T", "--all-tags"))] = False
    all_commits: Annotated[bool, Flag("with --cloud: also of every commit", ("-A", "--all-commits"))] = False
    no_updates: Annotated[bool, Flag("do not look whether imports have newer versions")] = False
    why: Annotated[bool, Flag("say what changed: old and new values, sizes and ids")] = False
    json: Annotated[bool, Flag("print JSON")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui, repeatable=True)
    cloud = options.cloud or options.remote is not None
    if options.why:
        return _why(options, repo, ui, cloud=cloud)
    with errors_exit_with(1):
        found = _cloud(options, repo) if cloud else _local(options, repo, ui)
    # What lies elsewhere may have changed since.
    ui.repeatable = None if cloud or any(stage.is_import for stage in repo.project.stages) else repo
    if options.json:
        ui.json(found)
        return 0
    if ui.quiet:
        return int(bool(found))
    if found:
        _show(ui, found, 1 if options.cloud else 0)
    elif not repo.project.stages:
        ui.write(EMPTY)
    elif cloud:
        ui.write(f"Cache and remote '{options.remote or repo.config.default_remote}' are in sync.")
    else:
        ui.write(CLEAN)
    return 0


def _why(options: Options, repo: Repo, ui: Ui, *, cloud: bool) -> int:
    if cloud:
        raise UsageError("--why is about what changed here, --cloud about what the remote has", hint="give one of them")
    from tiffin.cli import _why as telling  # noqa: PLC0415 - seldom asked for
    from tiffin.repo.explaining import explain_changes  # noqa: PLC0415 - as above

    with errors_exit_with(1), ui.progress("Looking at the workspace") as progress:
        repo.workspace.progress = progress
        found = explain_changes(repo, _selected(options, repo))
    if options.json:
        ui.json(telling.as_json(repo, found))
    elif found:
        telling.show(ui, repo, found)
    else:
        ui.write(CLEAN)
    return int(bool(found) and ui.quiet)


def _cloud(options: Options, repo: Repo) -> dict[str, str]:
    from tiffin.repo.asked import Revisions  # noqa: PLC0415 - most calls of `status` are local
    from tiffin.repo.sync import Selected, cloud_status  # noqa: PLC0415 - as above

    revisions = Revisions((), options.all_branches, options.all_tags, options.all_commits)
    selected = Selected(options.targets, options.with_deps, options.recursive, revisions)
    found = cloud_status(repo, selected, remote=options.remote)
    return {repo.shown(name): state for name, state in found.items()}


def _local(options: Options, repo: Repo, ui: Ui) -> dict[str, list[Any]]:
    _refuse_cloud_options(options)
    selections = _selected(options, repo)
    for stage, _ in selections:
        if stage.frozen and not stage.is_import:
            ui.warning(f"{stage.label} is frozen. Its dependencies are not shown.")
    with ui.progress("Looking at the workspace") as progress:
        repo.workspace.progress = progress
        look_as_recorded(repo.workspace, looked_at(*(stage for stage, _ in selections)))
    newer = {} if options.no_updates else _updates(repo, selections)
    found = {}
    for stage, path in selections:
        changed = changes(repo.project, repo.workspace, stage, path=path)
        changed = changed._replace(deps={**newer.get(stage.file, {}), **changed.deps})
        if changed:
            found[stage.seen_from(repo.directory)] = _entries(repo, changed)
    return found


def _updates(repo: Repo, selections: Sequence[Selection]) -> dict[str, dict[str, str]]:
    imports = {stage.file: stage for stage, _ in selections if stage.origin is not None}
    if not imports:
        return {}
    from tiffin.repo.imports import updates  # noqa: PLC0415 - few repositories have some

    return updates(repo, imports.values())


def _refuse_cloud_options(options: Options) -> None:
    given = {
        "--all-branches": options.all_branches,
        "--all-tags": options.all_tags,
        "--all-commits": options.all_commits,
        "--jobs": options.jobs,
    }
    idle = [name for name, value in given.items() if value]
    if idle:
        raise UsageError(f"without --cloud, {', '.join(idle)} would mean nothing", hint="add -c, or leave it out")


def _selected(options: Options, repo: Repo) -> list[Selection]:
    if not options.targets:
        return [Selection(stage) for stage in repo.project.stages]
    return [
        selection
        for target in options.targets
        for selection in repo.project.select(
            target, repo.directory, with_deps=options.with_deps, recursive=options.recursive
        )
    ]


def _entries(repo: Repo, changed: Changes) -> list[Any]:
    deps = {_shown(repo, path): state for path, state in {**changed.deps, **changed.params}.items()}
    outs = {repo.shown(path): state for path, state in changed.outs.items()}
    entries: list[Any] = [{kind: states} for kind, states in (("changed deps", deps), ("changed outs", outs)) if states]
    if changed.always:
        entries.append("always changed")
    if changed.command:
        entries.append("changed command")
    if changed.checksum:
        entries.append("changed checksum")
    return entries


def _shown(repo: Repo, path: str) -> str:
    """As DVC: what lies outside of the repository is named by its absolute path."""
    return posixpath.normpath(posixpath.join(repo.root, path)) if path.startswith("../") else repo.shown(path)


def _show(ui: Ui, found: Any, depth: int) -> None:
    """DVC's layout: the state in a column of twenty, then the path; what has parts is a heading."""
    if isinstance(found, str):
        ui.write(f"{INDENT * depth}{found}")
    elif isinstance(found, list):
        for entry in found:
            _show(ui, entry, depth)
    else:
        for name, states in found.items():
            if isinstance(states, str):
                ui.write(f"{INDENT * depth}{states + ':':<{COLUMN}}{name}")
            elif states:
                ui.write(f"{INDENT * depth}{name}:")
                _show(ui, states, depth + 1)
