"""The command `tiffin move`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo, tell_git
from tiffin.cli._options import Argument
from tiffin.cli._ui import Ui
from tiffin.repo.gitside import GitSide
from tiffin.repo.moving import move

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Rename tracked data, or move it into another directory, with its .dvc file."""

    src: Annotated[str, Argument("a tracked file or directory")]
    dst: Annotated[str, Argument("its new path, or a directory to move it into")]


def run(options: Options, ui: Ui) -> int:
    """Run the command; every failure is exit code 1, as in DVC."""
    repo = open_repo(ui)
    git = GitSide(repo)
    with errors_exit_with(1), ui.progress("Moving") as progress:
        repo.progress = progress
        moved = move(repo, options.src, options.dst, git=git)
    if not moved.was_there:
        ui.warning(f"'{options.src}' was not in the workspace", f"`tiffin checkout {repo.shown(moved.path)}` brings it")
    tell_git(ui, repo, git.files)
    return 0
