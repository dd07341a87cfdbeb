"""Lines of `.gitignore` that keep tracked data out of Git: the bytes DVC would write."""

import os
from collections.abc import Iterable

from tiffin.errors import GitError
from tiffin.scm._git import Git
from tiffin.scm._root import StrPath

__all__ = ["ignore", "unignore"]

# Characters that mean something in a pattern; DVC puts a backslash before each, wherever it stands.
_MAGIC = str.maketrans({character: "\\" + character for character in "[]!*#?"})


def ignore(git: Git, paths: Iterable[StrPath]) -> list[str]:
    """Have Git ignore each path by a `/name` line in the `.gitignore` beside it.

    Paths that Git ignores already are left alone.  Gives the `.gitignore` files that changed, in order.
    Raises GitError for a path outside of the repository.
    """
    # By directory, each file read once: a directory of many targets would otherwise be quadratic.
    beside: dict[str, dict[str, None]] = {}
    for path in map(os.path.abspath, paths):
        beside.setdefault(os.path.dirname(path), {})[path] = None
    unlisted = {directory: _unlisted(directory, wanted) for directory, wanted in beside.items()}
    ignored = git.ignored([path for wanted in unlisted.values() for path in wanted])
    changed = []
    for wanted in unlisted.values():
        lines = [_line(path) for path in wanted if path not in ignored]
        if lines:
            file = _file_beside(git, wanted[0])
            _append(file, lines)
            changed.append(file)
    return changed


def unignore(git: Git, path: StrPath) -> str | None:
    """Take a path's line out of the `.gitignore` beside it, and the file if no line is left.

    Gives the file, or None if there is none or it was removed.
    """
    full = os.path.abspath(path)
    file = _file_beside(git, full)
    try:
        lines = _read(file).splitlines(keepends=True)
    except FileNotFoundError:
        return None
    # Unescaped too: DVC's own removal looks for that, so old files may hold it.
    unwanted = {_line(full), "/" + os.path.basename(full)}
    kept = [line for line in lines if line.strip() not in unwanted]
    if not kept:
        os.unlink(file)
        return None
    if kept != lines:
        _write(file, "".join(kept))
    return file


def _line(path: str) -> str:
    return "/" + os.path.basename(path).translate(_MAGIC)


def _unlisted(directory: str, paths: Iterable[str]) -> list[str]:
    """The paths in a directory that have no line in its `.gitignore`; those with one need no git process."""
    try:
        lines = set(_read(os.path.join(directory, ".gitignore")).splitlines())
    except FileNotFoundError:
        return list(paths)
    if any(line.startswith("!") for line in lines):
        return list(paths)  # such a line may take an earlier one back: git must decide
    return [path for path in paths if _line(path) not in lines]


def _file_beside(git: Git, path: str) -> str:
    file = os.path.join(os.path.dirname(path), ".gitignore")
    if not os.path.realpath(file).startswith(os.path.realpath(git.root) + os.sep):
        raise GitError(f"{path} is outside of the Git repository {git.root}")
    return file


def _append(file: str, lines: Iterable[str]) -> None:
    try:
        text = _read(file)
    except FileNotFoundError:
        text = ""
    separator = "\n" if text and not text.endswith("\n") else ""
    with open(file, "a", encoding="utf-8", newline="", errors="surrogateescape") as out:
        out.write(separator + "".join(f"{line}\n" for line in lines))


def _read(file: str) -> str:
    with open(file, encoding="utf-8", newline="", errors="surrogateescape") as source:
        return source.read()


def _write(file: str, text: str) -> None:
    temporary = f"{file}.{os.getpid()}.tmp"
    with open(temporary, "w", encoding="utf-8", newline="", errors="surrogateescape") as out:
        out.write(text)
    os.chmod(temporary, os.stat(file).st_mode & 0o7777)
    os.replace(temporary, file)
