"""What several commands share: opening the repository, and telling about changed files."""

from collections.abc import Iterable

from tiffin.cli._ui import Ui
from tiffin.repo import Repo

__all__ = ["open_repo", "tell_git"]


def open_repo(ui: Ui) -> Repo:
    """The repository the user stands in."""
    return Repo.open(ui.context.directory, ui.context.environment, wait_for_lock=ui.context.wait_for_lock)


def tell_git(ui: Ui, repo: Repo, files: Iterable[str]) -> None:
    """Say which files Git should have, unless they are staged already."""
    shown = sorted({repo.shown(file) for file in files})
    if shown and not repo.config.flag("core.autostage"):
        ui.status(f"\nTo track the changes with git, run:\n\n\tgit add {' '.join(map(_quoted, shown))}\n")


def _quoted(path: str) -> str:
    return path if path.replace("/", "").replace(".", "").replace("_", "").replace("-", "").isalnum() else f"'{path}'"
