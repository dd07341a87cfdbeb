"""Git's merge driver for .dvc files and dvc.lock: merging what they mean, not their lines."""

import os
import posixpath
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tiffin import _native
from tiffin._native import Table
from tiffin.errors import FormatError, MissingObjects, TiffinError
from tiffin.formats import dvcfile
from tiffin.formats.merging import merge_lock
from tiffin.formats.values import Content, DvcFile
from tiffin.index import parents
from tiffin.objects import ObjectStore
from tiffin.pipeline.recording import with_contents
from tiffin.repo._repo import Repo
from tiffin.scm import Git
from tiffin.scm.hooks import merge_text

__all__ = ["Merged", "Versions", "merge"]

_NOTHING = Table.from_rows([])


class Versions(NamedTuple):
    """The three texts of a file, "" for one that did not exist."""

    base: str
    ours: str
    theirs: str


class Merged(NamedTuple):
    """The text to go on with, and the conflicts that are left, in words; hint: how to settle them."""

    text: str
    conflicts: Sequence[str] = ()
    hint: str | None = None


class _Listings(NamedTuple):
    """A merged directory: as ours and as theirs would have it where both changed a file, and those files."""

    ours: Content
    theirs: Content
    conflicts: list[str]


def merge(repo: Repo, git: Git, versions: Versions, path: str) -> Merged:
    """Merge a .dvc file or a dvc.lock.  New listings are durable in the cache before the text names them.

    A stage of dvc.lock that ran on both sides stays as ours ran it, in a file that can still be read.  Of a
    directory in which both sides changed a file differently two listings are stored, which differ in those files
    alone; the text has Git's conflict markers around them.  So it has for everything else that both sides changed.
    """
    try:
        if posixpath.basename(path).endswith(".lock"):
            return _merge_lock(versions, path)
        return _merge_dvc_file(repo, git, versions, path)
    except FormatError as error:
        text, clean = merge_text(git, *versions)
        return Merged(text, [] if clean else [error.message])


def _merge_lock(versions: Versions, path: str) -> Merged:
    text, conflicts = merge_lock(*versions, path)
    return Merged(
        text,
        [f"'{name}' was recorded by both sides; '{path}' has our record of it" for name in conflicts],
        f"bring it up to date with `tiffin repro`, then `git add {path}`",
    )


def _merge_dvc_file(repo: Repo, git: Git, versions: Versions, path: str) -> Merged:
    base, ours, theirs = (dvcfile.parse(text, path) for text in versions)
    texts, conflicts = versions, []
    for name, before, here, there in _changed_directories(base, ours, theirs):
        try:
            tables = _listing(repo, before), _listing(repo, here), _listing(repo, there)
        except MissingObjects as error:
            text, _ = merge_text(git, *versions)
            return Merged(text, [error.message], error.hint)
        found = _merge_listings(repo.store, *tables, here)
        texts = Versions(
            texts.base if found.conflicts else _with(texts.base, path, name, found.ours),
            _with(texts.ours, path, name, found.ours),
            _with(texts.theirs, path, name, found.theirs),
        )
        conflicts += [posixpath.join(posixpath.dirname(path), name, file) for file in found.conflicts]
    text, clean = merge_text(git, *texts)
    if clean:
        dvcfile.parse(text, path)
        return Merged(text)
    named = [f"'{file}' was changed by both sides" for file in conflicts] or [f"'{path}' was changed by both sides"]
    hint = "choose a side in it: both sides hold all changes that do not conflict" if conflicts else None
    return Merged(text, named, hint)


def _changed_directories(
    base: DvcFile, ours: DvcFile, theirs: DvcFile
) -> Iterator[tuple[str, Content | None, Content, Content]]:
    """Outputs that are directories on both sides and that both changed: path, then the three contents."""
    before = {out.path: out.content for out in base.outs}
    there = {out.path: out.content for out in theirs.outs}
    for out in ours.outs:
        old, here, other = before.get(out.path), out.content, there.get(out.path)
        if here is None or other is None or not (_is_plain_directory(here) and _is_plain_directory(other)):
            continue
        if here.oid != other.oid and (old is None or old.oid not in (here.oid, other.oid)):
            yield out.path, old if old is not None and _is_plain_directory(old) else None, here, other


def _is_plain_directory(content: Content) -> bool:
    # Of the others (legacy hashes, versions in a cloud) the listing alone does not say everything.
    return content.is_dir and not content.legacy and not content.extra


def _listing(repo: Repo, content: Content | None) -> Table:
    if content is None or content.oid is None:
        return _NOTHING
    if not repo.store.has(content.oid):
        _fetch_listing(repo, content.oid)
    return repo.store.manifest(content.oid)


def _fetch_listing(repo: Repo, oid: str) -> None:
    from tiffin.repo.sync import remote_store  # noqa: PLC0415 - most merges find everything in the cache

    try:
        repo.store.put_manifest(remote_store(repo, None).manifest(oid))
    except TiffinError as error:
        raise MissingObjects(
            f"the directory listing {oid} is neither in the cache nor at the default remote",
            hint="get it with `tiffin fetch --all-branches`, then merge again with `git checkout --merge -- FILE`",
        ) from error


def _merge_listings(store: ObjectStore, base: Table, ours: Table, theirs: Table, content: Content) -> _Listings:
    changed = _native.diff(base, theirs)
    put, gone = [*changed.added, *changed.modified], changed.deleted
    here = _native.diff(base, ours)
    touched = {*here.added, *here.modified, *here.deleted}
    conflicts = [path for path in (*put, *gone) if path in touched and _oid(ours, path) != _oid(theirs, path)]
    conflicts += _clashes(ours, put, set(gone).difference(conflicts))
    unwanted = set(conflicts)
    calm = _changed(
        ours, theirs, [path for path in put if path not in unwanted], [p for p in gone if p not in unwanted]
    )
    merged = _stored(store, calm, ours, content)
    if not conflicts:
        return _Listings(merged, merged, [])
    in_the_way = [path for path in conflicts if theirs.find(path) < 0]
    in_the_way += [one for path in put for one in _in_the_way(calm, path)]
    their_way = _changed(calm, theirs, [path for path in conflicts if theirs.find(path) >= 0], in_the_way)
    return _Listings(merged, _stored(store, their_way, ours, content), sorted(unwanted))


def _changed(table: Table, source: Table, put: Sequence[str], gone: Sequence[str]) -> Table:
    """A table with rows of another put into it, and others gone."""
    return table.without(gone).merged(source.select(sorted(source.find(path) for path in put)))


def _clashes(ours: Table, put: Sequence[str], going: set[str]) -> list[str]:
    """Files of theirs where ours has a directory, or that lie below a file of ours, unless that is going."""
    return [path for path in put if not going.issuperset(_in_the_way(ours, path))]


def _in_the_way(table: Table, path: str) -> list[str]:
    """The files that cannot be beside a file of that path: those below it, and those it would lie below."""
    return [
        *(f"{path}/{inner}" for inner in table.under(path).paths()),
        *(above for above in parents(path) if table.find(above) >= 0),
    ]


def _oid(table: Table, path: str) -> str | None:
    row = table.find(path)
    return table.oid(row) if row >= 0 else None


def _stored(store: ObjectStore, table: Table, ours: Table, content: Content) -> Content:
    oid = store.put_manifest(table)
    return Content(oid, _size(store, table, ours, content.size), len(table))


def _size(store: ObjectStore, table: Table, ours: Table, known: int | None) -> int | None:
    """Bytes of all files, reckoned from those of ours by what differs; None where an object is not here to be asked."""
    if known is None:
        return None
    changes = _native.diff(ours, table)
    more = [_oid(table, path) for path in (*changes.added, *changes.modified)]
    less = [_oid(ours, path) for path in (*changes.deleted, *changes.modified)]
    try:
        sizes = [sum(os.stat(store.path(oid or "")).st_size for oid in oids) for oids in (more, less)]
    except FileNotFoundError:
        return None
    return known + sizes[0] - sizes[1]


def _with(text: str, path: str, name: str, content: Content) -> str:
    """A .dvc file's text with an output's content replaced; one that has no such output stays."""
    return dvcfile.dump(with_contents(dvcfile.parse(text, path), {name: content}), text) if text else text
