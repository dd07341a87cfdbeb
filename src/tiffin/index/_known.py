"""What was seen at paths, forgotten together with all above and below them."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

__all__ = ["Known", "parents"]

_Value = TypeVar("_Value")


class Known(Generic[_Value]):
    """A map by path that finds what overlaps a path without looking at all paths."""

    def __init__(self) -> None:
        self._values: dict[str, _Value] = {}
        self._below: dict[str, set[str]] = {}  # directory -> known paths below it; "" is the root

    def __contains__(self, path: str) -> bool:
        return path in self._values

    def __getitem__(self, path: str) -> _Value:
        return self._values[path]

    def __setitem__(self, path: str, value: _Value) -> None:
        if path not in self._values:
            for above in _above(path):
                self._below.setdefault(above, set()).add(path)
        self._values[path] = value

    def get(self, path: str) -> _Value | None:
        return self._values.get(path)

    def items(self) -> Iterable[tuple[str, _Value]]:
        return self._values.items()

    def forget(self, path: str) -> None:
        """Forget the path, all above it and all below it."""
        for known in [path, *_above(path), *self._below.get(path, ())]:
            if known in self._values:
                del self._values[known]
                self._unlist(known)

    def clear(self) -> None:
        self._values.clear()
        self._below.clear()

    def _unlist(self, path: str) -> None:
        for above in _above(path):
            below = self._below.get(above)
            if below is not None:
                below.discard(path)


def parents(path: str) -> Iterator[str]:
    """The directories above a path, nearest first, without the root."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _above(path: str) -> list[str]:
    return [*parents(path), ""] if path else []
