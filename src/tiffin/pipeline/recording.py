"""Writing down what ran: dvc.lock and .dvc files."""

import os
from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import Any, Self

from tiffin import _native
from tiffin.errors import FormatError
from tiffin.formats import dvcfile
from tiffin.formats.lock_draft import LockDraft
from tiffin.formats.values import Content, DvcFile, LockEntry, LockItem, OutputEntry
from tiffin.fs import refuse_to_leave, write_all_atomically, write_inside
from tiffin.pipeline._project import lock_path
from tiffin.pipeline._stage import Stage

__all__ = ["INTERVAL_S", "LockWriter", "lock_entry", "with_contents", "write_dvc_file", "write_dvc_files"]

# Writing a lock file for every stage of a large pipeline is quadratic: it gets a twentieth of the time at most.
INTERVAL_S = 0.25
_PART = 20


class LockWriter:
    """Collects lock entries and writes them into the dvc.lock files, keeping all other entries.

    Entries become visible at `flush`; a `with` block flushes however it ends.
    """

    def __init__(
        self,
        root: str,
        rank: Callable[[str, str], int] = lambda _path, _name: 0,
        loose: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        """rank: of a stage, by its dvc.lock and its name, among all; new ones are in that order.

        loose: stages by dvc.lock that count as new, although they are there.
        """
        self._root = root
        self._rank = rank
        self._loose = loose or {}
        self._drafts: dict[str, LockDraft] = {}
        self._pending: dict[str, dict[str, LockEntry]] = {}
        self._due: float | None = None
        self._cost_s = 0.0
        self._flushed_at = 0.0
        self.written: dict[str, bool] = {}  # path -> whether it was new

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    @property
    def due(self) -> float | None:
        """When `flush` should be called, by the monotonic clock; None if nothing is pending."""
        return self._flushed_at + max(INTERVAL_S, _PART * self._cost_s) if self._pending else None

    @property
    def loose(self) -> dict[str, list[str]]:
        """The stages, by dvc.lock, that count as new in the files that were written."""
        return {path: draft.loose for path, draft in self._drafts.items()}

    def add(self, stage: Stage, entry: LockEntry) -> None:
        """Take what a stage recorded."""
        self._pending.setdefault(lock_path(stage.file), {})[stage.name or ""] = entry

    def flush(self) -> None:
        """Write what is pending.  Others may have written the files meanwhile: what they recorded stays."""
        if not self._pending:
            return
        began = monotonic()
        for path, entries in self._pending.items():
            self._merge(path, entries)
        self._pending.clear()
        self._flushed_at = monotonic()
        self._cost_s = self._flushed_at - began

    def _merge(self, path: str, entries: Mapping[str, LockEntry]) -> None:
        at = os.path.join(self._root, path)
        try:
            old = _read(at)
            draft = self._draft(path, old)
        except (FormatError, UnicodeDecodeError):
            # Unreadable (a merge conflict, say): what just ran is true, what was there cannot be kept apart.
            _keep_unreadable(at)
            old, draft = None, LockDraft(None, path)
        for name, entry in entries.items():
            draft.put(name, entry)
        self._drafts[path] = draft
        new = draft.render(lambda name: self._rank(path, name))
        if old != new:
            write_inside(self._root, path, new)
            self.written.setdefault(path, old is None)

    def _draft(self, path: str, text: str | None) -> LockDraft:
        known = self._drafts.get(path)
        if known is None:
            return LockDraft(text, path, self._loose.get(path, ()))
        return known if known.text == text else known.follow(text, path)


def lock_entry(
    stage: Stage,
    deps: Mapping[str, Content],
    params: Mapping[str, Mapping[str, Any]],
    outs: Mapping[str, Content],
) -> LockEntry:
    """A stage as dvc.lock records it; deps and outs by repository path."""
    return LockEntry(
        cmd=stage.cmd or "",
        deps=tuple(LockItem(dep.entry.path, deps[dep.path]) for dep in stage.deps),
        params=params,
        outs=tuple(LockItem(out.entry.path, outs[out.path]) for out in stage.outs if out.path in outs),
    )


def write_dvc_file(root: str, stage_file: str, parsed: DvcFile) -> bool:
    """Write a .dvc file, keeping an existing one's comments and key order; False if nothing changed."""
    return bool(write_dvc_files(root, {stage_file: parsed}))


def write_dvc_files(root: str, parsed: Mapping[str, DvcFile]) -> list[str]:
    """Write many .dvc files as `write_dvc_file` does, durable together; the files that changed."""
    changed: dict[str, str] = {}
    for file, value in parsed.items():
        old = _read(os.path.join(root, file))
        new = dvcfile.dump(value, old)
        if new != old:
            changed[file] = new
    for file in changed:
        refuse_to_leave(root, file)
    write_all_atomically({os.path.join(root, file): text for file, text in changed.items()})
    return list(changed)


def with_contents(parsed: DvcFile, contents: Mapping[str, Content]) -> DvcFile:
    """A .dvc file whose outputs, named as in the file, hold the given contents; of an import, with its checksum."""

    def updated(entry: OutputEntry) -> OutputEntry:
        return entry._replace(content=contents.get(entry.path, entry.content))

    filled = parsed._replace(outs=tuple(map(updated, parsed.outs)))
    return filled if parsed.md5 is None else filled._replace(md5=dvcfile.stage_checksum(filled))


def _keep_unreadable(path: str) -> None:
    number, kept = 1, f"{path}.unreadable"
    while os.path.lexists(kept):
        number += 1
        kept = f"{path}.unreadable{number}"
    os.rename(path, kept)


def _read(path: str) -> str | None:
    body = _native.read_file(path)
    return None if body is None else body.decode("utf-8").replace("\r\n", "\n")
