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
    wanted = [os.path.abspath(path) for path in paths]
    ignored = git.ignored([path for path in wanted if not _is_listed(path)])
    changed: dict[str, None] = {}
    for path in wanted:
        if path not in ignored and not _is_listed(path):
            _append(_file_beside(git, path), _line(path))
            changed[_file_beside(git, path)] = None
    return list(changed)


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


def _is_listed(path: str) -> bool:
    # Spares a git process in the usual case.  A `!` line may take an earlier one back: then git must decide.
    try:
        lines = _read(os.path.join(os.path.dirname(path), ".gitignore")).splitlines()
    except FileNotFoundError:
        return False
    return _line(path) in lines and not any(line.startswith("!") for line in lines)


def _file_beside(git: Git, path: str) -> str:
    file = os.path.join(os.path.dirname(path), ".gitignore")
    if not os.path.realpath(file).startswith(os.path.realpath(git.root) + os.sep):
        raise GitError(f"{path} is outside of the Git repository {git.root}")
    return file


def _append(file: str, line: str) -> None:
    try:
        text = _read(file)
    except FileNotFoundError:
        text = ""
    separator = "\n" if text and not text.endswith("\n") else ""
    with open(file, "a", encoding="utf-8", newline="", errors="surrogateescape") as out:
        out.write(f"{separator}{line}\n")


def _read(file: str) -> str:
    with open(file, encoding="utf-8", newline="", errors="surrogateescape") as source:
        return source.read()


def _write(file: str, text: str) -> None:
    temporary = f"{file}.{os.getpid()}.tmp"
    with open(temporary, "w", encoding="utf-8", newline="", errors="surrogateescape") as out:
        out.write(text)
    os.chmod(temporary, os.stat(file).st_mode & 0o7777)
    os.replace(temporary, file)
