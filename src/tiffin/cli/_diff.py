"""The command `tiffin diff`."""

from typing import Annotated, NamedTuple

from tiffin.cli._changes import MISSING, ORDER, Groups, digits, groups_of, path_of
from tiffin.cli._common import errors_exit_with, open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._table_text import markdown
from tiffin.cli._ui import Ui
from tiffin.errors import StageNotFound
from tiffin.repo import Repo
from tiffin.repo.datadiff import DataDiff, data_diff

__all__ = ["Options", "run"]

INDENT = " " * 4


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
    groups = groups_of(found)
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


def _without_hashes(groups: Groups) -> Groups:
    return {name: [{"path": item["path"]} for item in items] for name, items in groups.items()}


def _show(ui: Ui, groups: Groups, *, with_hash: bool) -> None:
    counts = {}
    for name in ORDER:
        items = groups.get(name)
        if items:
            lines = [f"{INDENT}{digits(item['hash']) if with_hash else ''}{path_of(item)}" for item in items]
            ui.write("\n".join([f"{name.capitalize()}:", *lines, ""]))
            counts[name] = sum(not line.endswith("/") for line in lines)
    if any(counts.values()):
        ui.write(f"files summary: {', '.join(f'{count} {name}' for name, count in counts.items() if count)}")


def _show_table(ui: Ui, groups: Groups, *, with_hash: bool) -> None:
    rows = [(name, digits(item["hash"]).strip(), path_of(item)) for name in ORDER for item in groups.get(name, ())]
    step = 1 if with_hash else 2
    ui.table(markdown(("Status", "Hash", "Path")[::step], [row[::step] for row in rows]))
