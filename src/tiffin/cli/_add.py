"""The command `tiffin add`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo, tell_git
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.repo.gitside import GitSide
from tiffin.repo.tracking import add

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Track files or directories: their content goes to the cache, a small .dvc file to Git.

    A path inside a directory that is tracked already updates that part of it.
    """

    targets: Annotated[list[str], Argument("files or directories")]
    glob: Annotated[bool, Flag("targets are patterns: *, ?, [...] and ** for any depth")] = False
    out: Annotated[str | None, Flag("copy the target there, and track the copy", ("-o", "--out"), metavar="PATH")] = (
        None
    )
    force: Annotated[bool, Flag("with --out: replace what is there", ("-f", "--force"))] = False
    no_commit: Annotated[bool, Flag("write the .dvc files, but store nothing yet (see `commit`)")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command; every failure is exit code 1, as in DVC."""
    repo = open_repo(ui)
    git = GitSide(repo)
    with errors_exit_with(1), ui.progress("Adding") as progress:
        repo.progress = progress
        files = add(
            repo,
            options.targets,
            out=options.out,
            force=options.force,
            glob=options.glob,
            commit=not options.no_commit,
            git=git,
        )
    ui.debug("\n".join(files))
    tell_git(ui, repo, git.files)
    return 0
