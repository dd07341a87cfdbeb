"""The command `tiffin data status`."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.repo.datastatus import DataStatus, GitState, Wanted, data_status
from tiffin.repo.differences import Differences

__all__ = ["Options", "run"]

INDENT = " " * 8
# group -> its heading, and what to do about it
HEADINGS = {
    "not_in_cache": ("Not in cache", ["use `tiffin fetch FILE...` to download them"]),
    "not_in_remote": ("Not in remote", ["use `tiffin push FILE...` to upload them"]),
    "committed": ("DVC committed changes", ["commit the .dvc files and dvc.lock with `git commit` to keep them"]),
    "uncommitted": (
        "DVC uncommitted changes",
        ["use `tiffin commit FILE...` to record them", "use `tiffin checkout FILE...` to discard them"],
    ),
    "untracked": ("Untracked files", ["use `git add FILE...` or `tiffin add FILE...` to track them"]),
    "unchanged": ("DVC unchanged files", []),
}


class Options(NamedTuple):
    """Show what changed in tracked data: since the last Git commit, and since it was last recorded.

    Committed means that .dvc files or dvc.lock say so, uncommitted that only the workspace has it so far.
    """

    targets: Annotated[
        list[str], Argument("tracked files or directories, paths in them, .dvc files or stages", optional=True)
    ]
    json: Annotated[bool, Flag("print JSON")] = False
    granular: Annotated[bool, Flag("show the files of tracked directories one by one")] = False
    unchanged: Annotated[bool, Flag("show unchanged files too")] = False
    untracked_files: Annotated[
        str,
        Flag("show files that Git does not know (default: no)", metavar="MODE", choices=("no", "all"), constant="all"),
    ] = "no"
    remote: Annotated[str | None, Flag("the remote of --not-in-remote", ("-r", "--remote"), metavar="NAME")] = None
    not_in_remote: Annotated[bool, Flag("show what the remote lacks")] = False
    no_remote_refresh: Annotated[bool, Flag("accepted for DVC's sake: the remote is always asked")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    untracked = options.untracked_files == "all"
    wanted = Wanted(
        granular=options.granular,
        unchanged=options.unchanged,
        in_remote=options.not_in_remote,
        remote=options.remote,
        git=untracked or not options.json,
        untracked=untracked,
    )
    with ui.progress("Looking at the workspace") as progress:
        repo.progress = progress
        found = data_status(repo, options.targets, wanted)
    groups = _groups(found, [repo.shown(path) for path in found.git.untracked])
    if options.json:
        ui.json(groups)
    else:
        _show(ui, groups, found.git)
    return 0


def _groups(found: DataStatus, untracked: list[str]) -> dict[str, Any]:
    """What there is, by DVC's names."""
    groups = {
        "not_in_cache": found.not_in_cache,
        "not_in_remote": found.not_in_remote,
        "committed": _states(found.committed) if found.committed else {},
        "uncommitted": _states(found.uncommitted),
        "untracked": untracked,
        "unchanged": found.unchanged,
    }
    return {name: group for name, group in groups.items() if group}


def _states(found: Differences) -> dict[str, list[Any]]:
    states: dict[str, list[Any]] = {
        "modified": [entry.path for _, entry in found.modified],
        "added": [entry.path for entry in found.added],
        "renamed": [{"old": old.path, "new": new.path} for old, new in found.renamed],
        "deleted": [entry.path for entry in found.deleted],
        "unknown": found.unknown,
    }
    return {state: paths for state, paths in states.items() if paths}


def _show(ui: Ui, groups: dict[str, Any], git: GitState) -> None:
    if not groups:
        ui.write(f"No changes{' in an empty git repo' if git.empty else ''}.")
    for number, (name, group) in enumerate(groups.items()):
        heading, hints = HEADINGS[name]
        lines = [*([""] if number else []), f"{heading}:", *(f"  ({hint})" for hint in hints)]
        ui.write("\n".join([*lines, *(f"{INDENT}{item}" for item in _items(group))]))
    if git.dirty:
        ui.write(f'(there are {"other " if groups else ""}changes not tracked by tiffin, use "git status" to see)')


def _items(group: dict[str, Any] | Sequence[str]) -> Iterable[str]:
    if not isinstance(group, dict):
        return group
    return (
        f"{state}: {path if isinstance(path, str) else ' -> '.join((path['old'], path['new']))}"
        for state, paths in group.items()
        for path in paths
    )
