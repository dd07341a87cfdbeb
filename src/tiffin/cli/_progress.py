"""A progress bar on a terminal."""

from types import TracebackType
from typing import Never, Self, TextIO

from tqdm import tqdm

__all__ = ["Progress"]

PATIENCE_S = 0.5  # work that is done sooner shows nothing


class Progress:
    """Files, bytes and rate of one piece of work."""

    def __init__(self, description: str, stream: TextIO) -> None:
        self._bar: tqdm[Never] = tqdm(
            desc=description, unit="B", unit_scale=True, unit_divisor=1024, file=stream, delay=PATIENCE_S, leave=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def update(self, files: int, size: int) -> None:
        """Files and bytes handled so far."""
        self._bar.set_postfix_str(f"{files} files", refresh=False)
        self._bar.update(size - self._bar.n)
