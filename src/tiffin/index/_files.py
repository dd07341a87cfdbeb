"""Files and directories of the workspace, one by one: what is there, and taking it away."""

import os
from collections.abc import Iterator
from contextlib import suppress

__all__ = [
    "files_below",
    "remove",
    "remove_empty_directories",
]


def remove(path: str) -> None:
    """Remove a file, a link or a whole directory, if it is there."""
    if os.path.isdir(path) and not os.path.islink(path):
        from shutil import rmtree  # noqa: PLC0415 - 3 ms that few commands need

        rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def remove_empty_directories(directory: str) -> None:
    """Remove a directory and those below it, as far as nothing is in them."""
    for parent, _, _ in os.walk(directory, topdown=False):
        with suppress(OSError):  # not empty
            os.rmdir(parent)


def files_below(directory: str) -> Iterator[str]:
    """Everything below that is not a directory."""
    for parent, directories, files in os.walk(directory):
        links = (name for name in directories if os.path.islink(f"{parent}/{name}"))
        yield from (f"{parent}/{name}" for name in (*files, *links))
