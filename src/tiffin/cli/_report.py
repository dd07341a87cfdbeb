"""The command `tiffin report`."""

import os
from collections.abc import Mapping
from typing import Annotated, NamedTuple
from urllib.parse import quote

from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._report_text import Picture, PlotPart, as_markdown
from tiffin.cli._table_text import DIGITS
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.fs import write_atomically
from tiffin.repo import Repo
from tiffin.repo.reporting import report

__all__ = ["Options", "run"]

FOLDER = "plots"


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
    png: Annotated[bool, Flag("pictures as PNG instead of SVG (`pip install 'tiffin[plots]'`)")] = False
    image_url: Annotated[
        str | None, Flag("where the directory will be found by who reads the report, as in a comment", metavar="URL")
    ] = None
    no_plots: Annotated[bool, Flag("leave out the plots")] = False
    precision: Annotated[int | None, Flag(f"digits after the decimal point (default: {DIGITS})", metavar="N")] = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    _check(options)
    repo = open_repo(ui)
    with ui.progress("Looking at the workspace") as progress:
        repo.progress = progress
        found = report(repo, options.a_rev or "HEAD", options.b_rev or "workspace")
    precision = options.precision or DIGITS
    if options.out is None:
        ui.table(as_markdown(repo, found, title=options.title, precision=precision))
        return 0
    directory = os.path.join(ui.context.directory, options.out)
    plots = None if options.no_plots else _draw(options, repo, found.old.name, found.new.name, directory)
    text = as_markdown(repo, found, title=options.title, precision=precision, plots=plots)
    os.makedirs(directory, exist_ok=True)
    write_atomically(os.path.join(directory, "report.md"), text)
    ui.write(os.path.join(options.out, "report.md"))
    return 0


def _draw(options: Options, repo: Repo, old: str, new: str, directory: str) -> PlotPart:
    # Late: a report that is printed has no pictures.
    from tiffin.repo.report_pictures import draw_plots  # noqa: PLC0415

    drawn = draw_plots(repo, old, new, os.path.join(directory, FOLDER), png=options.png)
    base = f"{options.image_url.rstrip('/')}/" if options.image_url else ""
    pictures = [Picture(picture.title, _addresses(base, picture.files), picture.trouble) for picture in drawn.pictures]
    return PlotPart(pictures, drawn.unchanged)


def _addresses(base: str, files: Mapping[str, str]) -> dict[str, str]:
    return {revision: f"{base}{FOLDER}/{quote(file)}" for revision, file in files.items()}


def _check(options: Options) -> None:
    """Raise UsageError for options about pictures where there will be none."""
    pictures = {"--png": options.png, "--image-url": options.image_url}
    given = next((name for name, value in pictures.items() if value), None)
    if given and (options.out is None or options.no_plots):
        raise UsageError(f"{given} is about pictures, and there are none", hint="name a directory for them with -o")
