"""The command `tiffin exp save`."""

from typing import Annotated, NamedTuple

from tiffin.cli._auto_push import auto_push
from tiffin.cli._common import errors_exit_with, open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.repo.saving import Request, save

__all__ = ["Options", "run"]

SHOWN = 5


class Options(NamedTuple):
    """Keep the workspace as it is as an experiment, without running anything.

    Data are recorded as `commit -f` does.  Branch and index are left alone.  Files that Git does not know are kept if
    stages depend on them or define them, or dvc.yaml lists them; others with -I.
    """

    targets: Annotated[list[str], Argument("record only these stages and .dvc files", optional=True)]
    name: Annotated[str | None, Flag("the experiment's name (default: a random one)", ("-n", "--name"))] = None
    force: Annotated[bool, Flag("replace the experiment of that name", ("-f", "--force"))] = False
    include_untracked: Annotated[
        list[str],
        Flag("keep a file or directory that Git does not know, too", ("-I", "--include-untracked"), metavar="PATH"),
    ] = []  # noqa: RUF012 - a named tuple's default is never changed
    message: Annotated[str | None, Flag("the message of the commit", ("-m", "--message", "-M"), metavar="TEXT")] = None
    recursive: Annotated[bool, Flag("targets are directories: all stages below them", ("-R", "--recursive"))] = False
    json: Annotated[bool, Flag("print the commit as JSON")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    request = Request(
        options.targets, options.recursive, options.name, options.force, options.include_untracked, options.message
    )
    with errors_exit_with(1), ui.progress("Saving") as progress:
        repo.progress = progress
        saved = save(repo, request)
    if saved.absent:
        ui.warning(f"{_listed(saved.absent)} is not there, and not in the experiment")
    if saved.left_out:
        ui.warning(
            f"not in the experiment, as Git does not know it: {_listed(saved.left_out)}", "name it with -I to keep it"
        )
    if options.json:
        ui.json({"ref": saved.commit})
    else:
        ui.write(f"Experiment has been saved as: {saved.name}")
    auto_push(repo, ui, saved.name)
    return 0


def _listed(paths: list[str]) -> str:
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return f"{', '.join(map(repr, paths[:SHOWN]))}{more}"
