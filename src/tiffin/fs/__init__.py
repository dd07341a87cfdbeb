"""The local file system: whole-file writes that survive a crash, locks between processes, and what is of it."""

from tiffin.fs._link_lock import LinkLock
from tiffin.fs._local import (
    make_private,
    refuse_to_leave,
    remove_quietly,
    remove_tree,
    replacing_whole,
    write_all_atomically,
    write_atomically,
    write_inside,
)
from tiffin.fs._lock import FileLock
from tiffin.fs._scratch import scratch
from tiffin.fs._url import local_path

__all__ = [
    "FileLock",
    "LinkLock",
    "local_path",
    "make_private",
    "refuse_to_leave",
    "remove_quietly",
    "remove_tree",
    "replacing_whole",
    "scratch",
    "write_all_atomically",
    "write_atomically",
    "write_inside",
]
