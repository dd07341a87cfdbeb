"""Files and directories of the workspace, one by one: taking away, and giving bytes of their own."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress

from tiffin import _native
from tiffin.fs import remove_quietly

__all__ = [
    "files_below",
    "is_link",
    "left_by_a_kill",
    "remove",
    "remove_empty_directories",
    "replace_by_copies",
]


def remove(path: str) -> None:
    """Remove a file, a link or a whole directory, if it is there."""
    if os.path.isdir(path) and not os.path.islink(path):
        from shutil import rmtree  # noqa: PLC0415 - 3 ms that few commands need

        rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def is_link(file: str) -> bool:
    """Whether a file may share its bytes with an object."""
    return os.path.islink(file) or os.stat(file).st_nlink > 1


def replace_by_copies(files: Sequence[str]) -> None:
    """Give each file bytes of its own.  All copies are durable before the first takes a link's place."""
    if not files:
        return
    from shutil import copyfile  # noqa: PLC0415 - 3 ms that few commands need

    copies: dict[str, str] = {}
    try:
        for number, file in enumerate(files):
            # As native code names what it places, so that what a kill leaves is known to be no data.
            copies[file] = f"{os.path.dirname(file)}/.tiffin-{os.getpid()}-{number}.tmp"
            remove_quietly(copies[file])  # of an earlier process of that number, and maybe a link to an object
            copyfile(file, copies[file])
            if os.stat(file).st_mode & stat.S_IXUSR:
                os.chmod(copies[file], os.stat(copies[file]).st_mode | stat.S_IXUSR)
        _native.sync_filesystem(os.path.dirname(files[0]))
        for file, copy in copies.items():
            os.replace(copy, file)
    except BaseException:
        for copy in copies.values():
            remove_quietly(copy)
        raise


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


def left_by_a_kill(name: str) -> bool:
    """Whether the name is one of those that files have while they are written."""
    last = name.rpartition("/")[2]
    digits = last.removeprefix(".tiffin-").removesuffix(".tmp").replace("-", "")
    return last.startswith(".tiffin-") and last.endswith(".tmp") and digits.isdigit()
