"""Where data files are: on this machine, or on a server, from where they are read as they come.

Formats that are read here and there, Parquet and Arrow, are fetched as a whole, to the system's temporary directory;
the copies are gone when the process ends, and if it is killed when the next one makes some, an hour later or more.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import Any

from tiffin.errors import MissingDependency
from tiffin.fs import local_path

__all__ = ["check_there", "identity_of", "is_remote", "name_of", "on_disk", "opened_bytes", "real_path"]


def is_remote(path: str) -> bool:
    """Whether it is not on this machine."""
    return local_path(path) is None


def name_of(path: str) -> str:
    """What says the format of a file: its path, without what a URL has after it."""
    if not is_remote(path):
        return path
    from tiffin.stream import _elsewhere  # noqa: PLC0415 - slow to import, needed for servers only

    return _elsewhere.name_of(path)


def real_path(path: str) -> str:
    """The one name of a file."""
    here = local_path(path)
    return path if here is None else os.path.realpath(here)


def check_there(path: str) -> None:
    """Raises MissingDependency where nothing is, UsageError for a place of which nothing can be read, TransferError."""
    here = local_path(path)
    if here is None:
        from tiffin.stream import _elsewhere  # noqa: PLC0415 - slow to import, needed for servers only

        _elsewhere.check_there(path)
    elif not os.path.exists(here):
        raise MissingDependency(f"data file '{path}' does not exist")


def identity_of(path: str) -> list[Any] | None:
    """What differs when the file does; None where nothing tells, as of a pipe.  Raises OSError and as `check_there`."""
    here = local_path(path)
    if here is None:
        from tiffin.stream import _elsewhere  # noqa: PLC0415 - slow to import, needed for servers only

        return _elsewhere.identity_of(path)
    found = os.stat(here)
    if not stat.S_ISREG(found.st_mode):
        return None
    return [os.path.realpath(here), found.st_size, found.st_mtime_ns]


@contextmanager
def opened_bytes(path: str) -> Iterator[BufferedReader]:
    """A file from its begin on.  Raises OSError, TransferError."""
    here = local_path(path)
    if here is not None:
        with open(here, "rb") as file:
            yield file
        return
    from tiffin.stream import _elsewhere  # noqa: PLC0415 - slow to import, needed for servers only

    with _elsewhere.arriving(path) as file:
        yield file


def on_disk(path: str) -> str:
    """The file itself, or a copy of it as it is now.  Raises as `check_there`."""
    here = local_path(path)
    if here is not None:
        return here
    from tiffin.stream import _elsewhere  # noqa: PLC0415 - slow to import, needed for servers only

    return _elsewhere.copy_of(path)
