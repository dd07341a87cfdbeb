"""Files and directories that take the place of others once they are whole, and what kills leave of that.

What is going to be at a path, and what has given way, lies beside it:

    name := last ".tiffin-" pid "." kind | ".tiffin-" pid "-" number "." kind      number: of a name that is too long
    kind := "tmp" | "tmp.objects" | "old"
"""

import os
from contextlib import suppress

from tiffin import _native
from tiffin.errors import TransferError

__all__ = ["beside", "clear_beside", "copy_atomically", "discard", "is_beside", "lives", "put_in_place", "replace"]

_LONGEST_NAME = 255  # bytes
_KINDS = ("tmp", "tmp.objects", "old")
_MARK = ".tiffin-"


def beside(path: str, kind: str = "tmp") -> str:
    """A name of this process in the same directory; tmp: for what is going to be at the path, old: for what was."""
    name = f"{path}{_MARK}{os.getpid()}.{kind}"
    directory, last = os.path.split(name)
    if len(os.fsencode(last)) <= _LONGEST_NAME - len(".objects"):
        return name
    return os.path.join(directory, f"{_MARK}{os.getpid()}-{_number(path)}.{kind}")


def copy_atomically(source: str, target: str) -> None:
    """Copy a file or a directory to a path, which shows it only once it is whole.

    What is there gives way at the end.  Raises TransferError, also for what is neither: a device has no end.
    """
    if not os.path.isfile(source) and not os.path.isdir(source):
        raise TransferError(f"cannot copy '{source}': it is neither a file nor a directory")
    import shutil  # noqa: PLC0415 - 3 ms that few commands need

    new = beside(target)
    try:
        os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
        (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, new)
        put_in_place(new, target)
    except OSError as error:
        many = error.args and isinstance(error.args[0], list)  # shutil collects what it could not copy
        reason = error.args[0][0][-1] if many else error.strerror or error
        raise TransferError(f"cannot copy '{source}' to '{target}': {reason}") from error
    finally:
        discard(new)


def put_in_place(new: str, target: str) -> None:
    """Rename over a file or a directory, once the new one is durable; the old one goes once the new one is there."""
    _native.sync_filesystem(new)
    replace(new, target, beside(target, "old"))


def replace(new: str, target: str, old: str) -> None:
    """Rename over a file or a directory.  old: a name for what gives way where the system cannot exchange names.

    Whoever looks meanwhile sees the one or the other, but for that case, in which nothing is there for a moment.
    """
    if os.path.isdir(new) and os.path.isdir(target) and not os.path.islink(target) and _native.exchange(new, target):
        discard(new)
        return
    if (os.path.isdir(target) and not os.path.islink(target)) or (os.path.isdir(new) and os.path.lexists(target)):
        os.rename(target, old)
    try:
        os.rename(new, target)
    except OSError:
        if os.path.lexists(old):
            os.rename(old, target)
        raise
    discard(old)


def clear_beside(path: str) -> None:
    """Take away what killed processes left beside a path; what had given way comes back if nothing is there now."""
    directory, last = os.path.split(path)
    try:
        names = os.listdir(directory or ".")
    except OSError:
        return  # no such directory: nothing is beside
    for name in names:
        owner, kind = _parsed(name, last, _number(path)) if _MARK in name else (None, "")
        # What has our own number was left by an earlier process: we have not begun.
        if owner is None or (owner != os.getpid() and lives(owner)):
            continue
        left = os.path.join(directory, name)
        if kind == "old" and not os.path.lexists(path):
            with suppress(OSError):
                os.rename(left, path)
        else:
            discard(left)


def is_beside(name: str) -> bool:
    """Whether a name, without directories, is one of these."""
    last, mark, rest = name.rpartition(_MARK)
    numbers, _, kind = rest.partition(".")
    return bool(mark) and kind in _KINDS and (numbers if last else numbers.replace("-", "", 1)).isdigit()


def discard(path: str) -> None:
    """Remove a file, a link or a directory, as far as that is possible."""
    if os.path.isdir(path) and not os.path.islink(path):
        from shutil import rmtree  # noqa: PLC0415 - 3 ms that few commands need

        rmtree(path, ignore_errors=True)
    elif os.path.lexists(path):
        with suppress(OSError):
            os.unlink(path)


def lives(process: int) -> bool:
    """Whether a process of that number runs on this machine."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _number(path: str) -> int:
    return int(_native.md5(os.fsencode(os.path.basename(path)))[:8], 16)


def _parsed(name: str, last: str, number: int) -> tuple[int | None, str]:
    for before, after in ((f"{last}{_MARK}", "."), (_MARK, f"-{number}.")):
        owner, _, kind = name.removeprefix(before).partition(after)
        if name.startswith(before) and owner.isdigit() and kind in _KINDS:
            return int(owner), kind
    return None, ""
