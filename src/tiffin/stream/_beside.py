"""Threads that feed a source."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Protocol

__all__ = ["beside"]

PATIENCE_S = 0.5


class _Closable(Protocol):
    def close(self) -> None: ...


@contextmanager
def beside(feeder: Thread, source: _Closable) -> Iterator[None]:
    """A thread runs meanwhile; when the source is closed it ends as soon as it has something to feed."""
    feeder.start()
    try:
        yield
    except BaseException:
        source.close()
        feeder.join(PATIENCE_S)  # no longer: it may read from a pipe that nobody writes to
        raise
    source.close()
    feeder.join()
