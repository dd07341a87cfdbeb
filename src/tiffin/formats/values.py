"""What the metadata files say, as values.  No project knowledge, no disk access.

These are NamedTuples rather than frozen dataclasses: they load on every command, and a
frozen dataclass costs six times as much to define (0.6 ms against 0.1 ms).

Paths are POSIX, exactly as written in the file (relative to the stage's wdir), after
templating.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

__all__ = ["Content", "DependencyEntry", "DvcFile", "LockEntry", "LockItem", "OutputEntry", "ParamsEntry", "StageEntry"]


class Content(NamedTuple):
    """What a path holds: the id of its bytes and what is known beside it.

    oid: 32 hex digits, with a ".dir" suffix for a directory.  legacy: the id is of the 2.x
    kind (no `hash:` marker, CRLF text hashed as LF).  extra: fields carried along untouched
    (etag, version_id, checksum, cloud, files).
    """

    oid: str | None
    size: int | None = None
    nfiles: int | None = None
    isexec: bool = False
    legacy: bool = False
    extra: Mapping[str, Any] = {}

    @property
    def is_dir(self) -> bool:
        """Whether the id is of a directory."""
        return self.oid is not None and self.oid.endswith(".dir")


class OutputEntry(NamedTuple):
    """One output of a stage or of a .dvc file."""

    path: str
    content: Content | None = None
    kind: Literal["out", "metric", "plot"] = "out"
    cache: bool = True
    persist: bool = False
    push: bool = True
    remote: str | None = None
    annotations: Mapping[str, Any] = {}  # desc, type, labels, meta
    plot: Mapping[str, Any] = {}  # template, x, y, x_label, y_label, title, header


class DependencyEntry(NamedTuple):
    """One dependency: a repository path, or elsewhere when `repo` or a URL says so."""

    path: str
    content: Content | None = None
    extra: Mapping[str, Any] = {}  # repo, db, fs_config: carried along


class ParamsEntry(NamedTuple):
    """Parameters a stage reads from one file; keys None means the whole file."""

    file: str
    keys: tuple[str, ...] | None


class StageEntry(NamedTuple):
    """One stage of a dvc.yaml, resolved: no ${...} left, foreach and matrix expanded."""

    name: str
    cmd: str | tuple[str, ...]
    wdir: str = "."
    deps: tuple[DependencyEntry, ...] = ()
    params: tuple[ParamsEntry, ...] = ()
    outs: tuple[OutputEntry, ...] = ()
    frozen: bool = False
    always_changed: bool = False
    desc: str | None = None
    meta: Any = None


class DvcFile(NamedTuple):
    """A .dvc file: data tracked by hand (no cmd), an import, or a 1.x single-stage pipeline."""

    outs: tuple[OutputEntry, ...]
    deps: tuple[DependencyEntry, ...] = ()
    md5: str | None = None
    cmd: str | None = None
    wdir: str = "."
    frozen: bool = False
    always_changed: bool = False
    desc: str | None = None
    meta: Any = None


class LockItem(NamedTuple):
    """A dependency or output as it was when the stage last ran."""

    path: str
    content: Content


class LockEntry(NamedTuple):
    """One stage of a dvc.lock.  params: file -> {key: value}, values kept verbatim."""

    cmd: str | tuple[str, ...]
    deps: tuple[LockItem, ...] = ()
    params: Mapping[str, Mapping[str, Any]] = {}
    outs: tuple[LockItem, ...] = ()
