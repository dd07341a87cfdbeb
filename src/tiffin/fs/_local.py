"""Writing whole files, and directories of one's own."""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from tiffin import _native
from tiffin.errors import TransferError

__all__ = [
    "make_private",
    "refuse_to_leave",
    "remove_quietly",
    "remove_tree",
    "replacing_whole",
    "write_all_atomically",
    "write_atomically",
    "write_inside",
]

# From this many files on one wait for the whole file system is shorter than one for each.
SYNC_TOGETHER = 16
LONGEST_NAME = 255  # bytes


def write_atomically(path: str | os.PathLike[str], body: bytes | str, *, durable: bool = True) -> None:
    """Replace a file by one with these bytes: readers see the old file or the new one, never a part.

    Parents are created, the mode of an existing file is kept, a symlink is written through.
    durable: synced before the rename, and the directory after it.  Raises TransferError.
    """
    target = os.path.realpath(path)
    data = body.encode("utf-8") if isinstance(body, str) else body
    temporary = _temporary_beside(target)
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        _write_new(temporary, data, target, durable=durable)
        os.replace(temporary, target)
        if durable:
            _sync_directory(os.path.dirname(target))
    except OSError as error:
        remove_quietly(temporary)
        raise TransferError(f"cannot write '{os.fspath(path)}': {error.strerror}") from error


@contextmanager
def replacing_whole(path: str | os.PathLike[str]) -> Iterator[str]:
    """The name of a new, empty file, which takes the place of another when the block ends well, and goes when not.

    For what is too large to be in memory as a whole; else as `write_atomically` does, but not durably.
    Raises TransferError, also for an OSError of the block.
    """
    target = os.path.realpath(path)
    temporary = _temporary_beside(target)
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        _write_new(temporary, b"", target, durable=False)
        try:
            yield temporary
            os.replace(temporary, target)
        finally:
            remove_quietly(temporary)
    except OSError as error:
        raise TransferError(f"cannot write '{os.fspath(path)}': {error.strerror}") from error


def write_inside(root: str, path: str, body: bytes | str) -> None:
    """Replace a file of a repository, as `write_atomically` does; path: relative to its root.

    A clone may bring a link along in the place of a file that is about to be edited: one that leads out is refused.
    """
    refuse_to_leave(root, path)
    write_atomically(os.path.join(root, path), body)


def refuse_to_leave(root: str, path: str) -> None:
    """Raises TransferError if the path, relative to root, is a link to a place outside of it."""
    at = os.path.join(root, path)
    if os.path.islink(at) and not os.path.realpath(at).startswith(f"{os.path.realpath(root)}/"):
        raise TransferError(
            f"'{path}' is a link that leads out of the repository: nothing is written through it",
            hint="remove it, or put a file in its place",
        )


def write_all_atomically(bodies: Mapping[str, bytes | str]) -> None:
    """Replace many files, each as `write_atomically` does and durably, but wait for the disk once for all.

    Every new file is durable before the first takes its place, so one that cannot be written replaces none.
    Raises TransferError.
    """
    if len(bodies) < SYNC_TOGETHER:
        for path, body in bodies.items():
            write_atomically(path, body)
        return
    written: dict[str, str] = {}  # temporary name -> what it becomes
    path = next(iter(bodies))
    try:
        for path, body in bodies.items():
            target = os.path.realpath(path)
            temporary = _temporary_beside(target)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            written[temporary] = target
            _write_new(temporary, body.encode("utf-8") if isinstance(body, str) else body, target, durable=False)
        directories = _one_of_each_device({os.path.dirname(target) for target in written.values()})
        _sync_file_systems(directories)
        for temporary, path in written.items():
            os.replace(temporary, path)
        _sync_file_systems(directories)
    except OSError as error:
        for temporary in written:
            remove_quietly(temporary)
        raise TransferError(f"cannot write '{path}': {error.strerror}") from error


def make_private(directory: str) -> None:
    """Make a directory only its owner may enter, unless it is there.

    Raises TransferError if another user could have put things into it: it is theirs, open to them, or a link.
    """
    try:
        os.makedirs(os.path.dirname(directory), exist_ok=True)
        with suppress(FileExistsError):
            os.mkdir(directory, 0o700)
        found = os.lstat(directory)
    except OSError as error:
        raise TransferError(f"cannot make '{directory}': {error.strerror}") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise TransferError(
            f"'{directory}' is not yours alone, so what is in it cannot be trusted",
            hint="remove it, or set core.site_cache_dir to another directory",
        )


def remove_quietly(path: str) -> None:
    """Remove a file that may already be gone."""
    with suppress(FileNotFoundError):
        os.unlink(path)


def remove_tree(path: str) -> None:
    """Remove a directory and what is in it, as far as that goes; it may already be gone."""
    if not os.path.lexists(path):
        return
    from shutil import rmtree  # noqa: PLC0415 - slow to import, and mostly there is nothing

    rmtree(path, ignore_errors=True)


def _temporary_beside(path: str) -> str:
    """A name in the same directory for what is going to take the place of a file."""
    name = f"{path}.tiffin-{os.getpid()}.tmp"
    directory, last = os.path.split(name)
    if len(os.fsencode(last)) <= LONGEST_NAME:
        return name
    return f"{directory}/.tiffin-{os.getpid()}-{int(_native.md5(os.fsencode(path))[:8], 16)}.tmp"


def _write_new(temporary: str, data: bytes, target: str, *, durable: bool) -> None:
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        with suppress(FileNotFoundError):
            os.fchmod(descriptor, os.stat(target).st_mode & 0o777)
        if durable:
            os.fsync(descriptor)


def _sync_directory(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _one_of_each_device(directories: set[str]) -> list[str]:
    return list({os.stat(directory).st_dev: directory for directory in directories}.values())


def _sync_file_systems(directories: list[str]) -> None:
    for directory in directories:
        _native.sync_filesystem(directory)
