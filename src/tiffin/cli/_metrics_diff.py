"""The command `tiffin metrics diff`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._comparison import as_json, show, warn
from tiffin.cli._options import Argument, Flag
from tiffin.cli._table_text import DIGITS
from tiffin.cli._ui import Ui
from tiffin.repo.comparing import metrics_diff

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Compare metrics between two revisions, or with the workspace.

    A revision is a commit, branch, tag or experiment.
    """

    a_rev: Annotated[str | None, Argument("the old revision (default: HEAD)", optional=True)]
    b_rev: Annotated[str | None, Argument("the new one (default: the workspace)", optional=True)]
    targets: Annotated[
        list[str], Flag("these metrics files or directories only, whatever dvc.yaml says", metavar="PATH", many=True)
    ] = []  # noqa: RUF012 - a named tuple's default is never changed
    recursive: Annotated[
        bool, Flag("accepted for DVC's sake: directories are always searched", ("-R", "--recursive"))
    ] = False
    all: Annotated[bool, Flag("unchanged metrics too")] = False
    json: Annotated[bool, Flag("print JSON")] = False
    md: Annotated[bool, Flag("print a Markdown table")] = False
    no_path: Annotated[bool, Flag("leave out the files' paths")] = False
    precision: Annotated[int | None, Flag(f"digits after the decimal point (default: {DIGITS})", metavar="N")] = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    old, new = options.a_rev or "HEAD", options.b_rev or "workspace"
    found = metrics_diff(repo, old, new, options.targets, everything=options.all)
    warn(ui, "metrics", found.broken)
    if options.json:
        ui.json(as_json(repo, found))
        return 0
    headers = ("Path", "Metric", old, new, "Change")
    precision = options.precision or DIGITS
    show(ui, repo, found, headers, precision=precision, path=not options.no_path, md=options.md)
    return 0
