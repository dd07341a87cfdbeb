"""Threads that feed a source."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from errno import ECANCELED
from typing import Protocol

__all__ = ["beside"]

PATIENCE_S = 0.5


class _Fed(Protocol):
    def end(self) -> None: ...
    def fail(self) -> None: ...
    def close(self) -> None: ...


@contextmanager
def beside(name: str, feed: Callable[[], None], source: _Fed) -> Iterator[None]:
    """A thread feeds meanwhile; when the source is closed it ends as soon as it has something to feed.

    Raises what stopped it, also where that was heard of as ECANCELED: a pass that it cut short has not ended.
    """
    from threading import Thread  # noqa: PLC0415 - 1 ms, and the native engine reads most files itself

    failures: list[BaseException] = []

    def work() -> None:
        try:
            feed()
            source.end()
        except BaseException as error:  # noqa: BLE001 - it is raised below
            failures.append(error)
            source.fail()

    feeder = Thread(target=work, name=name, daemon=True)
    feeder.start()
    try:
        yield
    except BaseException as error:
        source.close()
        feeder.join(PATIENCE_S)  # no longer: it may read from a pipe that nobody writes to
        if isinstance(error, OSError) and error.errno == ECANCELED and failures:
            raise failures[0] from None
        raise
    source.close()
    feeder.join()
    if failures:
        raise failures[0]
