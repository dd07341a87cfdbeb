"""Writing down what ran: dvc.lock and .dvc files."""

import os
from collections.abc import Mapping
from time import monotonic
from typing import Any, Self

from tiffin.errors import FormatError
from tiffin.formats import Content, DvcFile, LockEntry, LockItem, OutputEntry, dvcfile, lock
from tiffin.fs import write_all_atomically, write_atomically
from tiffin.pipeline._project import lock_path
from tiffin.pipeline._stage import Stage

__all__ = ["INTERVAL_S", "LockWriter", "lock_entry", "with_contents", "write_dvc_file", "write_dvc_files"]

# Rewriting a lock file for every stage of a large pipeline is quadratic; a killed run loses at
# most this long of it, and the run cache still has those stages.
INTERVAL_S = 0.5


class LockWriter:
    """Collects lock entries and writes them into the dvc.lock files, keeping all other entries.

    Entries become visible at `flush`, which `add` calls now and then; a `with` block flushes however it ends.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._pending: dict[str, dict[str, LockEntry]] = {}
        self._flushed_at = monotonic()
        self.written: dict[str, bool] = {}  # path -> whether it was new

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def add(self, stage: Stage, entry: LockEntry) -> None:
        """Take what a stage recorded."""
        self._pending.setdefault(lock_path(stage.file), {})[stage.name or ""] = entry
        if monotonic() - self._flushed_at > INTERVAL_S:
            self.flush()

    def flush(self) -> None:
        """Write what is pending.  The files are read again first: others may have written them meanwhile."""
        for path, entries in self._pending.items():
            self._merge(path, entries)
        self._pending.clear()
        self._flushed_at = monotonic()

    def _merge(self, path: str, entries: Mapping[str, LockEntry]) -> None:
        at = os.path.join(self._root, path)
        try:
            old = _read(at)
            merged = {} if old is None else lock.parse(old, path)
        except (FormatError, UnicodeDecodeError):
            # Unreadable (a merge conflict, say): what just ran is true, what was there cannot be kept apart.
            _keep_unreadable(at)
            old, merged = None, {}
        merged.update(entries)
        new = lock.dump(merged, old)
        if old != new:
            write_atomically(at, new)
            self.written.setdefault(path, old is None)


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
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None
