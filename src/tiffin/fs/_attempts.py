"""Many requests at once, each tried again when it fails for a moment."""

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from tiffin.errors import TransferError, TransferInterrupted

__all__ = ["ATTEMPTS", "FIRST_WAIT_S", "Stop", "each", "patiently"]

ATTEMPTS = 6
FIRST_WAIT_S = 0.1  # doubles each time: 3 s together
POLL_S = 0.05

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Stop:
    """Ends work in other threads: they ask between two chunks, and sleep no longer."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        """Raise TransferError if it was set."""
        if self._event.is_set():
            raise TransferError("stopped")

    def wait(self, seconds: float) -> None:
        self._event.wait(seconds)
        self.check()


def patiently(attempt: Callable[[], _Result], stop: Stop) -> _Result:
    """What the first attempt gives that is not interrupted; the last interruption is raised."""
    for number in range(ATTEMPTS - 1):
        try:
            return attempt()
        except TransferInterrupted:
            stop.wait(FIRST_WAIT_S * 2**number)
    return attempt()


def each(
    work: Callable[[_Item, Stop], _Result],
    items: Sequence[_Item],
    *,
    jobs: int,
    poll: Callable[[], None] = lambda: None,
) -> list[_Result]:
    """The work's results in the order of the items, `jobs` at a time.

    poll is called now and then in this thread, and at the end.  The first failure, or an interrupt here,
    stops the rest, and is raised once every thread has ended.
    """
    stop, lock = Stop(), threading.Lock()
    numbers = iter(range(len(items)))
    results: dict[int, _Result] = {}
    failures: list[BaseException] = []

    def run() -> None:
        while not stop.is_set():
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            try:
                results[number] = work(items[number], stop)
            except BaseException as failure:  # noqa: BLE001 - raised in the thread that asked
                failures.append(failure)
                stop.set()

    threads = [threading.Thread(target=run, name="tiffin-transfer") for _ in range(min(jobs, len(items)))]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(POLL_S)
                poll()
        poll()  # the threads may all have ended before anybody looked
    finally:
        stop.set()
        for thread in threads:
            if thread.ident is not None:
                thread.join()
    if failures:
        raise failures[0]
    return [results[number] for number in range(len(items))]
