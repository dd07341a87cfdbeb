"""Outputs that exist nowhere else are set aside while their stage runs, not deleted.

<state>/aside/<number>/<path>   the output, at its path in the repository
"""

import os
import shutil
from collections.abc import Iterable

__all__ = ["Aside"]


class Aside:
    """What one run of a stage moved out of the way."""

    def __init__(self, root: str, state: str) -> None:
        self._root = root
        self._base = f"{state}/aside"
        self._directory: str | None = None
        self.paths: list[str] = []

    def take(self, path: str) -> None:
        """Move an output out of the workspace."""
        target = f"{self._own_directory()}/{path}"
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.move(os.path.join(self._root, path), target)
        self.paths.append(path)

    def where(self, path: str) -> str:
        """Where a path that was taken lies now, relative to the repository where it is below it."""
        return os.path.relpath(f"{self._directory}/{path}", self._root)

    def discard(self) -> None:
        """The stage wrote its outputs anew: the old ones are what it was run to replace."""
        if self._directory is not None:
            shutil.rmtree(self._directory)

    def _own_directory(self) -> str:
        if self._directory is None:
            os.makedirs(self._base, exist_ok=True)
            self._directory = _next_directory(self._base, os.listdir(self._base))
        return self._directory


def _next_directory(base: str, names: Iterable[str]) -> str:
    number = max((int(name) for name in names if name.isdigit()), default=0)
    while True:
        number += 1
        try:
            os.mkdir(f"{base}/{number}")
        except FileExistsError:
            continue
        return f"{base}/{number}"
