"""Which projects share a cache, so that `gc` in one of them keeps what the others need.

<cache>/tiffin/projects/<MD5 of the root> := {"version": 1, "root": absolute path, "host": name}
<cache>/tiffin/lock                          held while a project joins, and by `gc` from beginning to end

See docs/formats/shared-cache.md.
"""

import json
import os
from contextlib import suppress
from typing import NamedTuple

from tiffin import _native
from tiffin.errors import ScopeUnreadable, TransferError
from tiffin.fs import FileLock, remove_quietly, write_atomically

__all__ = ["Sharing", "join_shared", "open_to_group"]

VERSION = 1
METADATA = ".dvc"
GROUP_MODE = 0o2775  # what is made in such a directory belongs to its group


class _Entry(NamedTuple):
    path: str
    root: str
    host: str


def join_shared(cache_directory: str, root: str) -> None:
    """Note that a project uses a cache.

    A cache that this user cannot write to is left alone: from here nothing can be stored in it either.  Raises LockHeld
    while somebody collects in it.
    """
    path = f"{cache_directory}/tiffin/projects/{_native.md5(os.fsencode(root))}"
    with suppress(OSError, TransferError):
        _prepare(cache_directory)
        # A `gc` that has begun does not know this project: nothing may be stored or used meanwhile.
        with Sharing(cache_directory).lock():
            entry = {"version": VERSION, "root": root, "host": os.uname().nodename}
            write_atomically(path, json.dumps(entry) + "\n")


def open_to_group(cache_directory: str) -> None:
    """Make the directories of a cache, those that are not there, such that all of the group can store objects.

    Directories that others made, and a cache this user cannot write to, are left alone.
    """
    store = f"{cache_directory}/files/md5"
    prefixes = (f"{store}/{number:02x}" for number in range(256))
    with suppress(OSError):
        os.makedirs(os.path.dirname(cache_directory), exist_ok=True)
        for directory in (cache_directory, f"{cache_directory}/runs", os.path.dirname(store), store, *prefixes):
            with suppress(FileExistsError):
                os.mkdir(directory)
                os.chmod(directory, GROUP_MODE)
                if directory == store:
                    _native.spread_below(store)


def _prepare(cache_directory: str) -> None:
    """Make the directories and the lock, as open to others as the cache is."""
    os.makedirs(cache_directory, exist_ok=True)
    mode = os.stat(cache_directory).st_mode
    for directory in (f"{cache_directory}/tiffin", f"{cache_directory}/tiffin/projects"):
        with suppress(FileExistsError):
            os.mkdir(directory)
            os.chmod(directory, mode & 0o7777)
    with suppress(FileExistsError), open(f"{cache_directory}/tiffin/lock", "xb") as lock:
        os.fchmod(lock.fileno(), mode & 0o666)


class Sharing:
    """The registry of one cache."""

    def __init__(self, cache_directory: str) -> None:
        self._cache = cache_directory

    def lock(self) -> FileLock:
        """The lock that keeps projects from joining; whoever cannot have it soon gives up."""
        return FileLock(f"{self._cache}/tiffin/lock")

    def in_use(self) -> bool:
        """Whether any project ever joined and is not struck: a cache may be within one project and used by others."""
        try:
            return bool(os.listdir(f"{self._cache}/tiffin/projects"))
        except FileNotFoundError:
            return False

    def projects(self) -> list[str]:
        """The roots of the projects that are there, sorted.

        Raises ScopeUnreadable for one of which that cannot be told: on another machine, or maybe not mounted.
        """
        return sorted(entry.root for entry in self._entries() if _is_there(entry))

    def forget_gone(self) -> list[str]:
        """Strike the projects that are no longer there; give their roots."""
        gone = [entry for entry in self._entries() if not _is_there(entry)]
        for entry in gone:
            remove_quietly(entry.path)
        return sorted(entry.root for entry in gone)

    def _entries(self) -> list[_Entry]:
        directory = f"{self._cache}/tiffin/projects"
        try:
            names = sorted(name for name in os.listdir(directory) if len(name) == 32)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise TransferError(f"cannot read '{directory}': {error.strerror}") from error
        return [_read(f"{directory}/{name}") for name in names]


def _read(path: str) -> _Entry:
    try:
        with open(path, encoding="utf-8") as file:
            entry = json.load(file)
        if entry["version"] == VERSION:
            return _Entry(path, str(entry["root"]), str(entry["host"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise ScopeUnreadable(
        f"'{path}', which names a project that uses this cache, cannot be read",
        hint="remove the file if you know that the project is gone; a project that is not joins again by itself",
    )


def _is_there(entry: _Entry) -> bool:
    if os.path.isdir(f"{entry.root}/{METADATA}"):
        return True
    hint = f"if the project is gone, remove '{entry.path}'"
    if entry.host != os.uname().nodename:
        raise ScopeUnreadable(
            f"the project '{entry.root}' on '{entry.host}' uses this cache, and cannot be seen from here",
            hint=f"run `tiffin gc` there; {hint}",
        )
    above = _existing(entry.root)
    if above != entry.root and not os.listdir(above):
        raise ScopeUnreadable(
            f"the project '{entry.root}' uses this cache, and '{above}' is empty: is something not mounted?",
            hint=f"mount it; {hint}",
        )
    return False


def _existing(path: str) -> str:
    """The path, or the nearest directory above that is there."""
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path
