"""The command `tiffin diff`."""

from typing import Annotated, Any, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._table_text import markdown
from tiffin.cli._ui import Ui
from tiffin.errors import StageNotFound
from tiffin.repo import Repo
from tiffin.repo.datadiff import DataDiff, data_diff

__all__ = ["Options", "run"]

MISSING = "not in cache"
ORDER = ("added", "deleted", "renamed", "modified", MISSING)
INDENT = " " * 4
DIGITS = 8


class Options(NamedTuple):
    """Show which tracked data was added, changed, renamed or deleted between two revisions.

    A revision is a commit, branch, tag or experiment.
    """

    a_rev: Annotated[str | None, Argument("the old revision (default: HEAD)", optional=True)]
    b_rev: Annotated[str | None, Argument("the new one (default: the workspace)", optional=True)]
    targets: Annotated[
        list[str], Flag("only these outputs, paths in them, stages or .dvc files", metavar="PATH", many=True)
    ] = []  # noqa: RUF012 - a named tuple's default is never changed
    json: Annotated[bool, Flag("print JSON")] = False
    show_hash: Annotated[bool, Flag("show hashes too")] = False
    md: Annotated[bool, Flag("print a Markdown table")] = False
    hide_missing: Annotated[bool, Flag("leave out what the cache lacks")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    with ui.progress("Looking at the workspace") as progress:
        repo.progress = progress
        found = _found(options, repo)
    groups = _groups(found)
    if options.b_rev or options.hide_missing:
        groups.pop(MISSING, None)
    if options.json:
        ui.json(groups if options.show_hash else _without_hashes(groups))
    elif options.md:
        _show_table(ui, groups, with_hash=options.show_hash)
    else:
        _show(ui, groups, with_hash=options.show_hash)
    return 0


def _found(options: Options, repo: Repo) -> DataDiff:
    """What differs.  As in DVC a target that is nowhere is 255, every other failure 1."""
    try:
        with errors_exit_with(1):
            return data_diff(repo, options.a_rev or "HEAD", options.b_rev, options.targets)
    except StageNotFound as error:
        error.exit_code = StageNotFound.exit_code
        raise


def _groups(found: DataDiff) -> dict[str, list[dict[str, Any]]]:
    """All groups by DVC's names; none at all where nothing is to be said."""
    changes = found.differences
    groups = {
        "added": [_item(*entry) for entry in changes.added],
        "deleted": [_item(*entry) for entry in changes.deleted],
        "modified": [_item(old.path, {"old": old.oid, "new": new.oid}) for old, new in changes.modified],
        "renamed": [_item({"old": old.path, "new": new.path}, old.oid) for old, new in changes.renamed],
        MISSING: [_item(*entry) for entry in found.missing],
    }
    for items in groups.values():
        items.sort(key=_order)
    return groups if any(groups.values()) else {}


def _item(path: Any, oid: Any) -> dict[str, Any]:
    return {"path": path, "hash": oid}


def _without_hashes(groups: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {name: [{"path": item["path"]} for item in items] for name, items in groups.items()}


def _order(item: dict[str, Any]) -> str:
    path: str = item["path"] if isinstance(item["path"], str) else item["path"]["old"]
    return path


def _show(ui: Ui, groups: dict[str, list[dict[str, Any]]], *, with_hash: bool) -> None:
    counts = {}
    for name in ORDER:
        items = groups.get(name)
        if items:
            lines = [f"{INDENT}{_digits(item['hash']) if with_hash else ''}{_path(item)}" for item in items]
            ui.write("\n".join([f"{name.capitalize()}:", *lines, ""]))
            counts[name] = sum(not line.endswith("/") for line in lines)
    if any(counts.values()):
        ui.write(f"files summary: {', '.join(f'{count} {name}' for name, count in counts.items() if count)}")


def _show_table(ui: Ui, groups: dict[str, list[dict[str, Any]]], *, with_hash: bool) -> None:
    rows = [(name, _digits(item["hash"]).strip(), _path(item)) for name in ORDER for item in groups.get(name, ())]
    step = 1 if with_hash else 2
    ui.table(markdown(("Status", "Hash", "Path")[::step], [row[::step] for row in rows]))


def _path(item: dict[str, Any]) -> str:
    path = item["path"]
    return path if isinstance(path, str) else f"{path['old']} -> {path['new']}"


def _digits(oid: Any) -> str:
    """The first digits of one hash or of two, and a gap; nothing where nothing was recorded."""
    if isinstance(oid, dict):
        return f"{(oid['old'] or '')[:DIGITS]}..{(oid['new'] or '')[:DIGITS]}  "
    return f"{oid[:DIGITS]}  " if oid else ""
