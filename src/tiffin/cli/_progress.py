"""A progress bar on a terminal."""

from collections.abc import Callable
from types import TracebackType
from typing import Never, Self, TextIO

from tqdm import tqdm

__all__ = ["Bar"]

PATIENCE_S = 0.5  # work that is done sooner shows nothing


class Bar:
    """How far one piece of work after the other is: by bytes where their number is known, else by files."""

    def __init__(self, description: str, stream: TextIO, noun: str = "file") -> None:
        self._description = description
        self._noun = noun
        self._stream = stream
        self._by_size = False
        self._bar: tqdm[Never] | None = None
        self._note: Callable[[], str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def expect(self, files: int, size: int) -> None:
        """Begin a new bar."""
        self._close()
        self._by_size = size > 0
        self._bar = tqdm(
            desc=self._description,
            total=size or files,
            unit="B" if self._by_size else self._noun,
            unit_scale=self._by_size,
            unit_divisor=1024,
            file=self._stream,
            delay=PATIENCE_S,
            leave=False,
        )

    def __call__(self, files: int, size: int, /) -> None:
        """Move the bar on."""
        if self._bar is None:
            return
        other = f"{files:,} {self._noun}s" if self._by_size else f"{size / 2**20:.0f} MiB" if size else ""
        beside = [other, *([] if self._note is None else [self._note()])]
        self._bar.set_postfix_str(", ".join(filter(None, beside)), refresh=False)
        self._bar.update((size if self._by_size else files) - self._bar.n)

    def note(self, text: Callable[[], str]) -> None:
        """What else to say beside the bar, from the next move on."""
        self._note = text

    def hide(self) -> None:
        """Leave the line to others until the next move."""
        if self._bar is not None:
            self._bar.clear()

    def expect_in_all(self, files: int, size: int) -> None:
        """How many there are in all, where that was not known, or only about."""
        if self._bar is not None:
            self._bar.total = size if self._by_size else files

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
