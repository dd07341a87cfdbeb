"""Which outputs were ever put into this workspace, so that `checkout` can take them away again.

<state>/outputs := one repository path a line, JSON-encoded, sorted
"""

import json
from collections.abc import Iterable

from tiffin.fs import write_atomically

__all__ = ["OutputLog"]


class OutputLog:
    """The list below a state directory; an unreadable one counts as empty: nothing is removed then."""

    def __init__(self, state: str) -> None:
        self._path = f"{state}/outputs"
        self._paths: list[str] | None = None

    def load(self) -> list[str]:
        if self._paths is None:
            try:
                with open(self._path, encoding="utf-8") as file:
                    self._paths = [str(json.loads(line)) for line in file]
            except (FileNotFoundError, ValueError):
                self._paths = []
        return self._paths

    def save(self, paths: Iterable[str] | None) -> None:
        """Replace the list; None leaves it as it is."""
        if paths is None:
            return
        wanted = sorted(set(paths))
        if wanted != self.load():
            write_atomically(self._path, "".join(f"{json.dumps(path)}\n" for path in wanted), durable=False)

    def include(self, paths: Iterable[str]) -> None:
        """Add to the list."""
        self.save([*self.load(), *paths])
