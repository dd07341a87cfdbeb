"""A repository as an fsspec file system."""

import os
import posixpath
import weakref
from collections.abc import Mapping
from glob import has_magic
from typing import Any, BinaryIO

from fsspec.spec import AbstractFileSystem

from tiffin.api._access import externals
from tiffin.errors import MissingDependency
from tiffin.repo.external import Entry, External, Overrides
from tiffin.repo.gathering import gather
from tiffin.repo.listing_files import bytes_of

__all__ = ["DVCFileSystem"]


class DVCFileSystem(AbstractFileSystem):  # type: ignore[misc] # it has no types
    """The files of a repository, be they in Git, on disk, or tracked and anywhere; read-only.

    Paths count from the root, "/".  Entries have `name`, `type`, `size` (None where nobody recorded it) and `isexec`;
    those of tracked data also `dvc_info`, with `isdvc`, `isout` and `md5`; those that are in Git or on disk `fs_info`.
    `ls`, `find`, `walk` and `glob` take dvc_only (tracked data alone) and dvcfiles (metadata files as well).
    """

    protocol = "tiffin"
    cachable = False
    root_marker = "/"

    def __init__(
        self,
        repo: str | os.PathLike[str] | None = None,
        rev: str | None = None,
        subrepos: bool = False,
        config: str | Mapping[str, Any] | None = None,
        remote: str | None = None,
        remote_config: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """repo: a path or Git URL, also given as url= or fo=.  subrepos: go into repositories inside of it, too."""
        url = repo or kwargs.pop("url", None) or kwargs.pop("fo", None)
        super().__init__()
        self._subrepos = subrepos
        pool = externals()
        # However the user lets go of it: git is a process of its own.
        self._finalizer = weakref.finalize(self, pool.close)
        overrides = Overrides(config, remote, remote_config)
        self._source: External = pool.open(os.fspath(url) if url is not None else None, rev, overrides)

    @property
    def fsid(self) -> str:
        """What tells this state of this repository from others."""
        return f"dvcfs_{self._source.url}_{self._source.rev}"

    @property
    def rev(self) -> str | None:
        """The commit, or the one the work tree stands on."""
        return self._source.rev

    def close(self) -> None:
        """Let go of the repository; the file system is of no use afterwards."""
        self._finalizer()

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """What is at a path.  Raises FileNotFoundError."""
        return _info(self._existing(path), path)

    def ls(self, path: str, detail: bool = True, **kwargs: Any) -> list[Any]:
        """What is in a directory; a file gives itself.  Raises FileNotFoundError."""
        top = self._existing(path)
        found = {}
        for entry in self._source.ls(top.path, dvc_only=kwargs.get("dvc_only", False)):
            if kwargs.get("dvcfiles", False) or not self._source.is_rules(entry.path):
                name = posixpath.join(path, posixpath.basename(entry.path)) if top.is_dir else path
                found[name] = entry
        return [_info(entry, name) for name, entry in found.items()] if detail else list(found)

    def find(
        self,
        path: str,
        maxdepth: int | None = None,
        withdirs: bool = False,
        detail: bool = False,
        **kwargs: Any,
    ) -> Any:
        """All files below a path, sorted; with detail, name -> info."""
        if maxdepth is not None or withdirs or detail or kwargs.get("dvcfiles", False):
            return super().find(path, maxdepth, withdirs, detail, **kwargs)
        inside = self._inside(path)
        entry = None if inside is None else self._source.info(inside)
        if entry is None:
            return []
        if not entry.is_dir:
            return [self._strip_protocol(path)]
        paths = self._source.paths(entry.path, dvc_only=kwargs.get("dvc_only", False))
        return [f"/{name}" if path.startswith("/") or not path else name for name in paths]

    def isdvc(self, path: str, **_: Any) -> bool:
        """Whether a path is tracked."""
        inside = self._inside(path)
        entry = None if inside is None else self._source.info(inside)
        return entry is not None and entry.is_out

    def du(
        self, path: str, total: bool = True, maxdepth: int | None = None, withdirs: bool = False, **kwargs: Any
    ) -> Any:
        """The bytes of all files below a path, as far as their sizes are known; without total, name -> bytes."""
        if total and maxdepth is None:
            return bytes_of(self._source, self._existing(path))
        return super().du(path, total, maxdepth, withdirs, **kwargs)

    def get(self, rpath: Any, lpath: Any, recursive: bool = False, **kwargs: Any) -> None:
        """Copy files to the local disk; a directory that is new there appears once it is whole."""
        single = isinstance(rpath, str) and isinstance(lpath, str) and not has_magic(rpath)
        if not (single and recursive and not kwargs.get("maxdepth") and self.isdir(rpath)):
            super().get(rpath, lpath, recursive=recursive, **kwargs)
            return
        into = lpath.endswith("/") or os.path.isdir(lpath)
        target = os.path.join(lpath, posixpath.basename(rpath.rstrip("/"))) if into else lpath
        if os.path.lexists(target):
            super().get(rpath, lpath, recursive=recursive, **kwargs)
        else:
            self._copy(rpath, target)

    def get_file(self, rpath: str, lpath: str, **_: Any) -> None:
        """Copy one file to the local disk."""
        if self.isdir(rpath):
            os.makedirs(lpath, exist_ok=True)
        else:
            self._copy(rpath, lpath)

    def _copy(self, path: str, target: str) -> None:
        try:
            gather(self._source, self._existing(path).path).copy(os.path.abspath(target))
        except MissingDependency as error:
            raise FileNotFoundError(2, os.strerror(2), path) from error

    def _open(self, path: str, mode: str = "rb", **_: Any) -> BinaryIO:
        if mode != "rb":
            raise OSError(30, os.strerror(30), path)  # EROFS
        member, inside = self._source.member(self._existing(path).path)
        return member.open(inside)

    def _existing(self, path: str) -> Entry:
        inside = self._inside(path)
        entry = None if inside is None else self._source.info(inside)
        if entry is None:
            raise FileNotFoundError(2, os.strerror(2), path)
        return entry

    def _inside(self, path: str) -> str | None:
        """A path from the root without a slash; None for one that leads out, or into a repository that is left out."""
        inside = posixpath.normpath(self._strip_protocol(path)).strip("/")
        inside = "" if inside == "." else inside
        if inside == ".." or inside.startswith("../"):
            return None
        return inside if self._subrepos or self._source.is_own(inside) else None


def _info(entry: Entry, name: str) -> dict[str, Any]:
    kind = "directory" if entry.is_dir else "file"
    info: dict[str, Any] = {"name": name, "type": kind, "size": entry.size, "isexec": entry.isexec}
    if entry.present:
        info["fs_info"] = {"name": name, "type": kind, "size": entry.size}
    if entry.is_tracked:
        info["dvc_info"] = {"name": name, "type": kind, "isdvc": entry.is_out, "isout": entry.is_out}
        if entry.oid is not None:
            info["dvc_info"]["md5"] = entry.oid
            if not entry.present:
                info["md5"] = entry.oid
    return info
