"""The command `tiffin exp diff`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo
from tiffin.cli._comparison import as_json, show, warn
from tiffin.cli._options import Argument, Flag
from tiffin.cli._table_text import DIGITS
from tiffin.cli._ui import Ui
from tiffin.repo.comparing import experiments_diff

__all__ = ["Options", "run"]

NO_NUMBERS = "diff not supported"


class Options(NamedTuple):
    """Compare metrics and parameters of two experiments, or of one with the workspace.

    An experiment may be any revision: a commit, branch or tag.
    """

    a_rev: Annotated[str | None, Argument("the old experiment (default: HEAD)", optional=True)]
    b_rev: Annotated[str | None, Argument("the new one (default: the workspace)", optional=True)]
    all: Annotated[bool, Flag("what is the same in both, too")] = False
    param_deps: Annotated[bool, Flag("only parameters that stages depend on")] = False
    json: Annotated[bool, Flag("print JSON")] = False
    md: Annotated[bool, Flag("print Markdown tables")] = False
    no_path: Annotated[bool, Flag("leave out the files' paths")] = False
    precision: Annotated[int | None, Flag(f"significant digits of metrics (default: {DIGITS})", metavar="N")] = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    old, new = options.a_rev or "HEAD", options.b_rev or "workspace"
    with errors_exit_with(1):
        found = experiments_diff(repo, old, new, everything=options.all, deps=options.param_deps)
    if found is None:  # no commit yet
        if options.json:
            ui.json({})
        return 0
    metrics, params = found
    warn(ui, "metrics", metrics.broken)
    warn(ui, "parameters", params.broken)
    if options.json:
        ui.json({"metrics": as_json(repo, metrics, shown=False), "params": as_json(repo, params, shown=False)})
        return 0
    precision = options.precision or DIGITS
    for title, comparison, digits in (("Metric", metrics, precision), ("Param", params, None)):
        headers = ("Path", title, old, new, "Change")
        if title == "Param":
            ui.table("\n")
        show(
            ui,
            repo,
            comparison,
            headers,
            precision=digits,
            path=not options.no_path,
            md=options.md,
            significant=True,
            no_change=NO_NUMBERS,
        )
    return 0
