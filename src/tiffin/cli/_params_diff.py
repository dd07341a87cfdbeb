"""The command `tiffin params diff`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._comparison import as_json, show, warn
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.repo.comparing import params_diff

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Compare parameters between two revisions, or with the workspace.

    A revision is a commit, branch, tag or experiment.
    """

    a_rev: Annotated[str | None, Argument("the old revision (default: HEAD)", optional=True)]
    b_rev: Annotated[str | None, Argument("the new one (default: the workspace)", optional=True)]
    targets: Annotated[
        list[str], Flag("these params files only, whatever dvc.yaml says", metavar="PATH", many=True)
    ] = []  # noqa: RUF012 - a named tuple's default is never changed
    all: Annotated[bool, Flag("unchanged parameters too")] = False
    deps: Annotated[bool, Flag("only parameters that stages depend on")] = False
    json: Annotated[bool, Flag("print JSON")] = False
    md: Annotated[bool, Flag("print a Markdown table")] = False
    no_path: Annotated[bool, Flag("leave out the files' paths")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    old, new = options.a_rev or "HEAD", options.b_rev or "workspace"
    found = params_diff(repo, old, new, options.targets, everything=options.all, deps=options.deps)
    warn(ui, "parameters", found.broken)
    if options.json:
        ui.json(as_json(repo, found))
    else:
        show(ui, repo, found, ("Path", "Param", old, new), path=not options.no_path, md=options.md)
    return 0
