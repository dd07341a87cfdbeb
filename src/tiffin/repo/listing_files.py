"""What is in another repository: `list` and `du`."""

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from tiffin.repo.external import Entry, External

__all__ = ["Node", "bytes_of", "list_files", "tree", "usage"]


class Node(NamedTuple):
    """An entry and what is in it, by name."""

    entry: Entry
    contents: dict[str, "Node"]


def list_files(
    source: External, path: str, *, recursive: bool = False, level: int | None = None, dvc_only: bool = False
) -> dict[str, Entry]:
    """The entries of a directory by their path in it, sorted; a file gives itself.

    recursive: the files of all directories, down to `level` of them, and the directories that are too deep.
    Raises FileNotFoundError.
    """
    top = source.existing(source.inside(path))
    level = level if recursive else None
    if level == 0 or not top.is_dir:
        return {posixpath.basename(path) or ".": top}
    if not recursive:
        found = {posixpath.basename(entry.path): entry for entry in source.ls(top.path, dvc_only=dvc_only)}
    else:
        start = len(top.path) + 1 if top.path else 0
        found = {entry.path[start:]: entry for entry in _walk(source, top.path, level, dvc_only=dvc_only)}
    return dict(sorted(found.items()))


def tree(source: External, path: str, *, level: int | None = None, dvc_only: bool = False) -> Node:
    """A path and all that is in it, down to `level` directories.  Raises FileNotFoundError."""
    return _node(source, source.existing(source.inside(path)), level, dvc_only=dvc_only)


def usage(source: External, path: str, *, summarize: bool = False) -> list[tuple[str, int]]:
    """Paths in a directory with the bytes in them, then the directory itself.  Metadata files do not count.

    Raises FileNotFoundError.
    """
    inside = source.inside(path)
    top = source.existing(inside)
    if summarize or not top.is_dir:
        return [(path, bytes_of(source, top))]
    # As in DVC, metadata files are left out.
    found = [(entry.path, bytes_of(source, entry)) for entry in source.ls(inside) if not source.is_rules(entry.path)]
    return [*found, (path, sum(size for _, size in found))]


def bytes_of(source: External, entry: Entry) -> int:
    """The bytes of a file, or of all files below a directory but metadata files; those of unknown size count as 0."""
    if not entry.is_dir or (entry.oid is not None and not entry.present and entry.size is not None):
        return entry.size or 0
    return sum(bytes_of(source, below) for below in source.ls(entry.path) if not source.is_rules(below.path))


def _walk(source: External, path: str, level: int | None, *, dvc_only: bool) -> Iterator[Entry]:
    for entry in source.ls(path, dvc_only=dvc_only):
        if entry.is_dir and (level is None or level > 1):
            yield from _walk(source, entry.path, None if level is None else level - 1, dvc_only=dvc_only)
        else:
            yield entry


def _node(source: External, entry: Entry, level: int | None, *, dvc_only: bool) -> Node:
    if not entry.is_dir or level == 0:
        return Node(entry, {})
    below = None if level is None else level - 1
    contents = source.ls(entry.path, dvc_only=dvc_only)
    return Node(entry, {posixpath.basename(e.path): _node(source, e, below, dvc_only=dvc_only) for e in contents})
