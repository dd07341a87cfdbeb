"""The command `tiffin dataset update`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo, tell_git
from tiffin.cli._dataset_add import described
from tiffin.cli._external_options import externals
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import StageNotFound
from tiffin.repo.datasets import Dataset, update_dataset
from tiffin.repo.gitside import GitSide

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Pin a data set to what its source has now.

    The stages that depend on it run with the next `repro`, if it is another one.
    """

    name: Annotated[str, Argument("name of the data set")]
    rev: Annotated[
        str | None, Flag("another branch, tag or commit of the repository", ("--rev", "--version"), metavar="REV")
    ] = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    git = GitSide(repo)
    with externals(ui) as pool, ui.progress("Looking at the source") as progress:
        repo.workspace.progress = progress
        try:
            with errors_exit_with(255):
                old, new = update_dataset(repo, options.name, pool, rev=options.rev, git=git)
        except StageNotFound as error:
            error.exit_code = 1
            raise
    if old == new:
        ui.write("Nothing to update")
    else:
        ui.write(f"Updating {new.name} ({_change(old, new)})")
    tell_git(ui, repo, git.files)
    return 0


def _change(old: Dataset, new: Dataset) -> str:
    if old.lock is None or new.lock is None:
        return described(new)
    if new.kind == "dvc":
        return f"{old.lock['rev_lock'][:9]} -> {new.lock['rev_lock'][:9]}"
    return str(new.spec["url"])
