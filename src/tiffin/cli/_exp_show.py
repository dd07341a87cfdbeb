"""The command `tiffin exp show`."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo
from tiffin.cli._experiments import as_csv, as_fitted, as_json, as_markdown, as_text, table_of
from tiffin.cli._options import Flag
from tiffin.cli._table_text import DIGITS
from tiffin.cli._ui import Ui
from tiffin.experiments.queue import TaskState
from tiffin.repo.listing import Revisions, show

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Compare experiments in a table: the workspace, then commits, each with the experiments that started there."""

    all_branches: Annotated[bool, Flag("of every branch", ("-a", "--all-branches"))] = False
    all_tags: Annotated[bool, Flag("of every tag", ("-T", "--all-tags"))] = False
    all_commits: Annotated[bool, Flag("of every commit", ("-A", "--all-commits"))] = False
    rev: Annotated[list[str], Flag("of this commit (default: HEAD)", ("--rev",), metavar="REV")] = []  # noqa: RUF012 - a named tuple's default is never changed
    num: Annotated[
        int, Flag("so many commits of each, along first parents; -1 for all", ("-n", "--num"), metavar="N")
    ] = 1
    only_changed: Annotated[bool, Flag("leave out columns in which all rows are the same")] = False
    drop: Annotated[list[str], Flag("leave out columns that match", metavar="REGEX")] = []  # noqa: RUF012 - as above
    keep: Annotated[list[str], Flag("show columns that match, whatever else is asked", metavar="REGEX")] = []  # noqa: RUF012 - as above
    param_deps: Annotated[bool, Flag("only parameters that stages depend on")] = False
    sort_by: Annotated[str | None, Flag("sort experiments by a metric or parameter", metavar="[FILE:]NAME")] = None
    sort_order: Annotated[str, Flag("asc or desc (default: asc)", choices=("asc", "desc"))] = "asc"
    sha: Annotated[bool, Flag("commit ids instead of branches and tags")] = False
    hide_workspace: Annotated[bool, Flag("leave out the workspace")] = False
    hide_failed: Annotated[bool, Flag("leave out what failed from the queue")] = False
    hide_queued: Annotated[bool, Flag("leave out what waits in the queue")] = False
    json: Annotated[bool, Flag("print JSON")] = False
    csv: Annotated[bool, Flag("print CSV")] = False
    md: Annotated[bool, Flag("print a Markdown table")] = False
    precision: Annotated[int | None, Flag(f"significant digits (default: {DIGITS}; CSV: all)", metavar="N")] = None
    no_pager: Annotated[bool, Flag("never start a pager")] = False
    no_fetch: Annotated[bool, Flag("accepted for DVC's sake", hidden=True)] = False
    force: Annotated[bool, Flag("accepted for DVC's sake: every commit is read anew", ("-f", "--force"))] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    revisions = Revisions(options.rev, options.all_branches, options.all_tags, options.all_commits, options.num)
    repo = open_repo(ui)
    with errors_exit_with(1):
        states = show(
            repo,
            revisions,
            workspace=not options.hide_workspace,
            param_deps=options.param_deps,
            names=not options.sha,
            without=[state for state, on in _hidden(options) if on],
        )
    if options.json:
        ui.json(as_json(states))
        return 0
    precision = options.precision if options.csv else options.precision or DIGITS
    table = table_of(
        states, precision=precision, csv=options.csv, sort_by=options.sort_by, descending=options.sort_order == "desc"
    )
    table = table.chosen(
        keep=options.keep, drop=options.drop, only_changed=options.only_changed, joined=not options.csv
    )
    if options.csv:
        ui.table(as_csv(table))
    elif options.md:
        ui.table(as_markdown(table))
    else:
        space = ui.space()
        ui.page(as_text(table) if space is None else as_fitted(table, space), pager=not options.no_pager)
    return 0


def _hidden(options: Options) -> Sequence[tuple[TaskState, bool]]:
    return ("Queued", options.hide_queued), ("Failed", options.hide_failed)
