"""Threads that feed a source."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from errno import ECANCELED
from typing import Protocol

__all__ = ["beside", "heard"]

PATIENCE_S = 0.5


class _Closable(Protocol):
    def close(self) -> None: ...


@contextmanager
def heard(failures: Sequence[BaseException]) -> Iterator[None]:
    """Raise what stopped the feeding thread, where it was heard of: a pass that it cut short has not ended."""
    try:
        yield
    except OSError as error:
        if error.errno == ECANCELED and failures:
            raise failures[0] from None
        raise
    if failures:
        raise failures[0]


@contextmanager
def beside(name: str, feed: Callable[[], None], source: _Closable) -> Iterator[None]:
    """A thread feeds meanwhile; when the source is closed it ends as soon as it has something to feed."""
    from threading import Thread  # noqa: PLC0415 - 1 ms, and the native engine reads most files itself

    feeder = Thread(target=feed, name=name, daemon=True)
    feeder.start()
    try:
        yield
    except BaseException:
        source.close()
        feeder.join(PATIENCE_S)  # no longer: it may read from a pipe that nobody writes to
        raise
    source.close()
    feeder.join()
