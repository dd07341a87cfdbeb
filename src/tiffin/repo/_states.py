"""What a state of the repository tracks: outputs, and the files of directories by their listings."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from threading import Thread
from typing import NamedTuple

from tiffin._native import Table
from tiffin.errors import ConfigError, MissingObjects, TiffinError, TransferError
from tiffin.formats.values import Content
from tiffin.index import parents
from tiffin.objects import ObjectStore, is_dir
from tiffin.pipeline import Output, Project, Stage
from tiffin.repo._repo import Repo

__all__ = [
    "NOTHING",
    "Entry",
    "Listings",
    "Tracked",
    "absent",
    "below",
    "covers",
    "recorded",
    "seen",
    "sort_key",
    "touching",
]

NOTHING = Table.from_rows([])
LARGE = 500_000  # bytes of a listing


class Entry(NamedTuple):
    """A file, or a tracked directory as a whole: then its path ends with a slash."""

    path: str
    oid: str | None


class Tracked(NamedTuple):
    """One output in one state.

    oid: None where nothing is recorded.  table: the files of a directory that was looked at; one that is only recorded
    has its listing in the cache or at the remote.  push: whether it goes to remotes.
    """

    path: str
    oid: str | None
    table: Table | None = None
    remote: str | None = None
    push: bool = True
    legacy: bool = False  # recorded by DVC 2

    @property
    def is_dir(self) -> bool:
        return self.oid is not None and is_dir(self.oid)

    @property
    def entry(self) -> Entry:
        """The output as a whole."""
        return Entry(f"{self.path}/" if self.is_dir else self.path, self.oid)


class Listings:
    """Directory listings by id: as the workspace has them, from the cache, or else from where they would be fetched."""

    def __init__(self, repo: Repo, looked_at: Iterable[Tracked] = ()) -> None:
        self._repo = repo
        self._known: dict[str | None, Table | None] = {
            tracked.oid: tracked.table for tracked in looked_at if tracked.table is not None
        }

    def of(self, tracked: Tracked) -> Table | None:
        """The files of a directory; None if its listing is nowhere.  A file has none."""
        oid = tracked.oid
        if oid is None or not tracked.is_dir:
            return NOTHING
        if oid not in self._known:
            here = _read(self._repo.store.of_kind(legacy=tracked.legacy), oid)
            self._known[oid] = here if here is not None else self._fetched(oid, tracked)
        return self._known[oid]

    def both(self, old: Tracked | None, new: Tracked | None) -> tuple[Table | None, Table | None]:
        """The files of the same output in two states; None as in `of`, no files for no output."""
        reader = None
        if old is not None and new is not None and self._is_large(old) and self._is_large(new):
            reader = Thread(target=self._know, args=(old,))
            reader.start()
        after = NOTHING if new is None else self.of(new)
        if reader is not None:
            reader.join()
        return NOTHING if old is None else self.of(old), after

    def _is_large(self, tracked: Tracked) -> bool:
        """Whether to read the listing, which is done outside of Python, takes longer than to start a thread."""
        if tracked.oid is None or tracked.oid in self._known:
            return False
        try:
            return os.stat(self._repo.store.of_kind(legacy=tracked.legacy).path(tracked.oid)).st_size > LARGE
        except OSError:
            return False

    def _know(self, tracked: Tracked) -> None:
        with suppress(TiffinError):  # whoever asks for it meets the same
            self.of(tracked)

    def _fetched(self, oid: str, tracked: Tracked) -> Table | None:
        from tiffin.repo.sync import remote_store  # noqa: PLC0415 - 3 ms, and most listings are here

        try:
            return _read(remote_store(self._repo, tracked.remote).of_kind(legacy=tracked.legacy), oid)
        except (ConfigError, TransferError):  # no remote, or none that can be asked
            return None


def _is_legacy(content: Content | None) -> bool:
    return content is not None and content.legacy and content.oid is not None


def _read(store: ObjectStore, oid: str) -> Table | None:
    try:
        return store.manifest(oid)
    except MissingObjects:
        return None


def recorded(project: Project) -> dict[str, Tracked]:
    """What the metadata of a project tracks, by path; outputs without a recorded content too."""
    return {
        out.path: Tracked(
            out.path, _recorded_id(stage, out), None, out.entry.remote, _pushed(stage, out), _is_legacy(out.recorded)
        )
        for stage in project.stages
        for out in stage.outs
        if out.entry.cache
    }


def _recorded_id(stage: Stage, out: Output) -> str | None:
    if _has_id(out) or not stage.is_import or _from_repository(stage):
        return out.recorded.oid if out.recorded else None
    # Imported without its data: what is known is what the source was.
    source = stage.deps[0].recorded
    return source.oid if source else None


def _pushed(stage: Stage, out: Output) -> bool:
    """What comes from elsewhere and is there still is not pushed."""
    return out.entry.push and not (stage.is_import and (_from_repository(stage) or not _has_id(out)))


def _has_id(out: Output) -> bool:
    return out.recorded is not None and out.recorded.oid is not None


def _from_repository(stage: Stage) -> bool:
    return stage.origin is not None


def seen(repo: Repo, state: Mapping[str, Tracked]) -> dict[str, Tracked]:
    """What the workspace holds where a state has outputs, by path; hashed as it was for the state."""
    old = [path for path, tracked in state.items() if tracked.legacy]
    looked = repo.workspace.look_many([path for path, tracked in state.items() if not tracked.legacy])
    looked |= repo.workspace.other.look_many(old) if old else {}
    return {
        path: Tracked(path, found.content.oid, found.table, legacy=found.content.legacy)
        for path, found in looked.items()
        if found is not None and found.content.oid is not None
    }


def covers(wanted: Sequence[str]) -> Callable[[str], bool]:
    """Whether a path is one of those wanted or below one; nothing wanted is everything."""
    if not wanted:
        return lambda _path: True
    exact, above = set(wanted), tuple(f"{path}/" for path in wanted)
    return lambda path: path.startswith(above) or path.rstrip("/") in exact


def touching(state: Mapping[str, Tracked], wanted: Sequence[str]) -> dict[str, Tracked]:
    """The outputs at, below or above a wanted path; nothing wanted is everything."""
    inside = covers(wanted)
    above = {parent for path in wanted for parent in parents(path)}
    return {path: tracked for path, tracked in state.items() if inside(path) or path in above}


def absent(
    state: Mapping[str, Tracked], listings: Listings, store: ObjectStore | None, *, granular: bool
) -> list[Entry]:
    """What of a state is not in a store (None: there is none), in order.  granular: the files of directories too."""
    found = _missing([tracked for tracked in state.values() if not tracked.legacy], store)
    found += _missing([tracked for tracked in state.values() if tracked.legacy], store)
    for tracked in state.values() if granular else ():
        table = listings.of(tracked)
        if table is not None and len(table):
            present = store.of_kind(legacy=tracked.legacy).present(table) if store is not None else [False] * len(table)
            if not all(present):
                found += below(tracked.path, table.select([row for row, here in enumerate(present) if not here]))
    return sorted(found, key=lambda entry: sort_key(entry.path))


def _missing(tracked: Sequence[Tracked], store: ObjectStore | None) -> list[Entry]:
    """All are in the same part of the store."""
    ids = [one.oid for one in tracked if one.oid]
    missing = set(ids) if store is None or not ids else set(store.of_kind(legacy=tracked[0].legacy).missing(ids))
    return [one.entry for one in tracked if one.oid in missing]


def sort_key(path: str) -> str:
    """Sorts as the parts of the path would, so that what is in a directory comes right after it."""
    return path.rstrip("/").replace("/", "\0")


def below(directory: str, table: Table) -> list[Entry]:
    """The files of a directory as entries."""
    return [Entry(f"{directory}/{name}", oid) for name, oid in zip(table.paths(), table.oids(), strict=True)]
