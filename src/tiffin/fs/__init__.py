"""The local file system: whole-file writes that survive a crash, and locks between processes."""

from tiffin.fs._link_lock import LinkLock
from tiffin.fs._local import (
    make_private,
    refuse_to_leave,
    remove_quietly,
    replacing_whole,
    write_all_atomically,
    write_atomically,
    write_inside,
)
from tiffin.fs._lock import FileLock

__all__ = [
    "FileLock",
    "LinkLock",
    "make_private",
    "refuse_to_leave",
    "remove_quietly",
    "replacing_whole",
    "write_all_atomically",
    "write_atomically",
    "write_inside",
]
