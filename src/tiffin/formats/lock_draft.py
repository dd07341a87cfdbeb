"""A dvc.lock that grows: what is written anew each time costs by what was added, not by what is there already."""

from collections.abc import Callable, Iterable
from typing import Any

from tiffin.formats import lock, yaml
from tiffin.formats.values import LockEntry

__all__ = ["LockDraft"]

_HEAD = "schema: '2.0'\nstages:\n"


class LockDraft:
    """The text of one file and the entries to be in it.  Stages that were there keep their places, but loose ones."""

    def __init__(self, text: str | None, path: str, loose: Iterable[str] = ()) -> None:
        """text: of the file as it is, None if there is none.  loose: stages that are there and may still be moved.

        Raises YamlError or SchemaError.
        """
        self.text = text
        self._entries = {} if text is None else lock.parse(text, path)
        # The lines of each stage, where the file is as our own writer would write it: nothing else is to be kept then.
        self._blocks = {} if text is None else _blocks(text, self._entries)
        self._loose = {name: None for name in loose if name in self._entries}

    @property
    def loose(self) -> list[str]:
        """The stages that are not at their final places, those that were put and not there before among them."""
        return list(self._loose)

    def put(self, name: str, entry: LockEntry) -> None:
        """Record a stage."""
        if name not in self._entries:
            self._loose[name] = None
        self._entries[name] = entry
        if self._blocks is not None:
            self._blocks[name] = _block(name, lock.to_dict(entry))

    def render(self, rank: Callable[[str], int]) -> str:
        """The whole text.  rank: orders the loose stages; they come last."""
        last = sorted(self._loose, key=rank)
        if self._blocks is None:
            self.text = lock.dump(self._entries, self.text, last=last)
            return self.text
        for name in last:
            self._blocks[name] = self._blocks.pop(name)
        self.text = "".join([_HEAD, *self._blocks.values()])
        return self.text

    def follow(self, text: str | None, path: str) -> "LockDraft":
        """The draft to go on with now that the file holds another text."""
        return LockDraft(text, path, self._loose)


def _block(name: str, value: Any) -> str:
    return yaml.dump({"stages": {name: value}}).partition("\n")[2]


def _blocks(text: str, entries: dict[str, LockEntry]) -> dict[str, str] | None:
    if not text.startswith(_HEAD) or text != lock.dump(entries):
        return None
    starts = [0]
    body = text.removeprefix(_HEAD)
    while (at := body.find("\n  ", starts[-1])) >= 0:
        while at >= 0 and body[at + 3 : at + 4] in (" ", "-"):
            at = body.find("\n  ", at + 1)
        if at < 0:
            break
        starts.append(at + 1)
    parts = [body[start:end] for start, end in zip(starts, [*starts[1:], len(body)], strict=True)]
    return dict(zip(entries, parts, strict=True)) if len(parts) == len(entries) else None
