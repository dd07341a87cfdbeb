"""Where a Git repository begins, without starting git."""

import os

__all__ = ["StrPath", "find_git_root"]

StrPath = str | os.PathLike[str]


def find_git_root(path: StrPath) -> str | None:
    """The absolute top directory of the working tree that holds path, or None outside of Git.

    Knows the `.git` files of worktrees and submodules.
    """
    directory = os.path.abspath(path)
    while not _is_top(directory):
        parent = os.path.dirname(directory)
        if parent == directory:
            return None
        directory = parent
    return directory


def _is_top(directory: str) -> bool:
    dot_git = os.path.join(directory, ".git")
    if os.path.exists(os.path.join(dot_git, "HEAD")):
        return True
    try:
        with open(dot_git, "rb") as file:
            return file.read(8) == b"gitdir: "
    except OSError:
        return False  # absent, or a directory that is no repository
