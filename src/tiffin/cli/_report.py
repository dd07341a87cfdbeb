"""The command `tiffin report`."""

import os
from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._report_text import as_markdown
from tiffin.cli._table_text import DIGITS
from tiffin.cli._ui import Ui
from tiffin.fs import write_atomically
from tiffin.repo.reporting import report

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Write what differs between two revisions as Markdown, for a pull request: metrics, parameters, data, plots.

    A revision is a commit, branch, tag or experiment.  Without --out the report is printed, and has no pictures.
    """

    a_rev: Annotated[str | None, Argument("the old revision (default: HEAD)", optional=True)]
    b_rev: Annotated[str | None, Argument("the new one (default: the workspace)", optional=True)]
    out: Annotated[
        str | None, Flag("a directory for report.md and the pictures of plots", ("-o", "--out"), metavar="DIR")
    ] = None
    title: Annotated[str | None, Flag("what to write above it", metavar="TEXT")] = None
    precision: Annotated[int | None, Flag(f"digits after the decimal point (default: {DIGITS})", metavar="N")] = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    with ui.progress("Looking at the workspace") as progress:
        repo.progress = progress
        found = report(repo, options.a_rev or "HEAD", options.b_rev or "workspace")
    text = as_markdown(repo, found, title=options.title, precision=options.precision or DIGITS)
    if options.out is None:
        ui.table(text)
        return 0
    directory = os.path.join(ui.context.directory, options.out)
    os.makedirs(directory, exist_ok=True)
    write_atomically(os.path.join(directory, "report.md"), text)
    ui.write(os.path.join(options.out, "report.md"))
    return 0
