"""Directories of the system's temporary one that a process has for itself, and what killed processes left of such."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import time

from tiffin.fs._local import remove_tree

__all__ = ["scratch"]

_LEFT_S = 3600.0  # a younger one may be about to be locked


@contextmanager
def scratch(prefix: str) -> Iterator[str]:
    """A directory that is gone at the end; those of killed processes with this prefix are gone before.

    It is locked (flock) while it is used, so that others know.
    """
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - 5 ms that few commands need

    with TemporaryDirectory(prefix=prefix) as directory:
        _remove_left(os.path.dirname(directory), prefix)
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with suppress(OSError):  # some file systems have no such locks
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            yield directory
        finally:
            os.close(descriptor)


def _remove_left(parent: str, prefix: str) -> None:
    for entry in os.scandir(parent):
        with suppress(OSError):
            if entry.name.startswith(prefix) and entry.is_dir(follow_symlinks=False) and _is_left(entry):
                remove_tree(entry.path)


def _is_left(entry: "os.DirEntry[str]") -> bool:
    """Whether nobody holds it.  Raises OSError where that cannot be told."""
    status = entry.stat(follow_symlinks=False)
    if status.st_uid != os.geteuid() or time() - status.st_mtime < _LEFT_S:
        return False
    descriptor = os.open(entry.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(descriptor)
    return True
