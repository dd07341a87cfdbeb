"""A file of parsed examples while it is made."""

import fcntl
import os
from contextlib import suppress
from typing import Self

from tiffin._native.learning import ChunkWriter

__all__ = ["Building"]

ENDING = ".building"  # of its name until it is whole


class Building:
    """Locked as long as it is open, so that two processes do not make the same file at once.

    What a killed run leaves is locked by nobody, and the next one begins it anew.  place: the name it gets when it is
    whole; None: it has no name, and is gone with the process.
    """

    def __init__(self, descriptor: int, identity: bytes, place: str | None) -> None:
        self.descriptor = descriptor
        self.identity = identity
        self.writer = ChunkWriter(descriptor, identity)
        self._place = place  # None once there is no file of ours to remove

    @classmethod
    def begin(cls, identity: bytes, place: str | None) -> Self | None:
        """An empty one; None where another process is at it.  Raises OSError."""
        if place is None:
            from tempfile import TemporaryFile  # noqa: PLC0415 - slow to import

            with TemporaryFile(prefix="tiffin-") as file:
                return cls(os.dup(file.fileno()), identity, None)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        path = f"{place}{ENDING}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        try:
            if _is_ours(descriptor, path):
                os.ftruncate(descriptor, 0)
                return cls(descriptor, identity, place)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def finish(self) -> None:
        """Write the end, and give it its name.  Raises OSError for the first write that failed."""
        self.writer.finish()
        if self._place is not None:
            os.rename(f"{self._place}{ENDING}", self._place)
            self._place = None

    def close(self) -> None:
        """End it; unless it is finished, it is removed."""
        if self._place is not None:
            with suppress(OSError):
                os.unlink(f"{self._place}{ENDING}")
        with suppress(OSError):  # a file without a name may be where there are no locks
            fcntl.flock(self.descriptor, fcntl.LOCK_UN)  # which closing does not do while the file is mapped
        os.close(self.descriptor)


def _is_ours(descriptor: int, path: str) -> bool:
    """Whether nobody else builds here.  Raises OSError."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever did may have finished since the file was opened: then this is theirs, under its new name.
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except (BlockingIOError, FileNotFoundError):
        return False
