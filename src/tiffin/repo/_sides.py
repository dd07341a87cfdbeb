"""The files of another repository as they are on disk, or in a commit."""

import errno
import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from io import BytesIO
from typing import BinaryIO, NamedTuple, Protocol

from tiffin import _native
from tiffin._native import Ignore, Table
from tiffin.errors import TransferError
from tiffin.objects import ObjectStore, Progress, outcome_text
from tiffin.pipeline import WorkspaceSource, is_metafile
from tiffin.repo._excludes import find_excludes
from tiffin.scm import Git, GitObjects, Trees

__all__ = ["CommitSide", "DiskSide", "FileInfo", "Side"]

_FOLDER, _LINK = "40000", "120000"
_MOST_LINKS = 8
_RULES = ".dvcignore"


class FileInfo(NamedTuple):
    """A file or directory that is there, be it tracked or not.  size: of a directory what the file system says."""

    is_dir: bool
    size: int
    isexec: bool = False


class Side(Protocol):
    """Read access to one state of a repository; paths are POSIX, relative to its root, which is ""."""

    def at(self, directory: str) -> "Side":
        """The same for a repository inside of this one."""
        ...

    def is_repository(self, path: str = "") -> bool:
        """Whether a directory has a .dvc directory."""
        ...

    def metafiles(self) -> list[str]:
        """All dvc.yaml and .dvc files, sorted."""
        ...

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, None if there is none."""
        ...

    def info(self, path: str) -> FileInfo | None:
        """What is at a path; None for nothing, and for what .dvcignore excludes."""
        ...

    def ls(self, path: str) -> Mapping[str, FileInfo]:
        """What is in a directory, by name, without other repositories."""
        ...

    def paths(self, path: str) -> list[str]:
        """All files below a directory, relative to it."""
        ...

    def open(self, path: str) -> BinaryIO:
        """A file's bytes.  Raises FileNotFoundError."""
        ...

    def store(self, path: str, names: Sequence[str], store: ObjectStore, progress: Progress | None) -> Table:
        """Put files below a directory into a store; give the rows, with the ids of the bytes that were stored."""
        ...

    def copy(self, path: str, names: Sequence[str], directory: str) -> None:
        """Write files below a directory to the same names below another one, whose folders are made."""
        ...


class DiskSide:
    """The work tree at `root`, with all changes nobody committed."""

    def __init__(self, root: str, environment: Mapping[str, str]) -> None:
        self.root = root
        self.ignore = Ignore(root)
        self._environment = environment

    @cached_property
    def _source(self) -> WorkspaceSource:
        return WorkspaceSource(self.root, self.ignore, find_excludes(self.root, self._environment).file)

    def at(self, directory: str) -> "DiskSide":
        return DiskSide(self._at(directory), self._environment)

    def is_repository(self, path: str = "") -> bool:
        return os.path.isdir(f"{self._at(path)}/.dvc")

    def metafiles(self) -> list[str]:
        return self._source.metafiles()

    def read(self, path: str) -> bytes | None:
        return self._source.read(path)

    def info(self, path: str) -> FileInfo | None:
        try:
            status = os.stat(self._at(path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        is_dir = os.path.isdir(self._at(path))
        if path and self.ignore.ignores(path, is_dir):
            return None
        return FileInfo(is_dir, status.st_size, not is_dir and bool(status.st_mode & 0o100))

    def ls(self, path: str) -> Mapping[str, FileInfo]:
        found = {}
        prefix = f"{path}/" if path else ""
        for entry in os.scandir(self._at(path)):
            inside = f"{prefix}{entry.name}"
            try:
                is_dir, status = entry.is_dir(), entry.stat()
            except OSError:  # a link that leads nowhere
                continue
            if self.ignore.ignores(inside, is_dir) or (is_dir and self.is_repository(inside)):
                continue
            found[entry.name] = FileInfo(is_dir, status.st_size, not is_dir and bool(status.st_mode & 0o100))
        return found

    def paths(self, path: str) -> list[str]:
        # A link to an object that its cache has lost is no file; what it stands for is got as an object.
        return _native.scan(self._at(path), ignore=self.ignore, under=path, leftovers=[]).paths()

    def open(self, path: str) -> BinaryIO:
        return open(self._at(path), "rb")

    def store(self, path: str, names: Sequence[str], store: ObjectStore, progress: Progress | None) -> Table:
        table = _native.stat_files(self._at(path), names)
        store.store(table, self._at(path), ("reflink", "copy"), progress)
        return table

    def copy(self, path: str, names: Sequence[str], directory: str) -> None:
        for name, outcome in _native.copy_files(names, self._at(path), directory):
            raise TransferError(f"cannot copy '{posixpath.join(self._at(path), name)}': {outcome_text(outcome)}")

    def _at(self, path: str) -> str:
        return f"{self.root}/{path}" if path else self.root


class CommitSide:
    """The files of a commit below `prefix` ("" for all of them)."""

    def __init__(self, git: Git, objects: GitObjects, commit: str, prefix: str = "") -> None:
        self.commit = commit
        self._git = git
        self._objects = objects
        self._prefix = f"{prefix}/" if prefix else ""
        self._trees = Trees(objects, lambda name: is_metafile(name) or name == _RULES)
        self._tree = objects.commit(commit).tree

    def at(self, directory: str) -> "CommitSide":
        return CommitSide(self._git, self._objects, self.commit, f"{self._prefix}{directory}")

    def is_repository(self, path: str = "") -> bool:
        return self._find(posixpath.join(path, ".dvc")) is not None

    def metafiles(self) -> list[str]:
        return [path for path in self._matching if not path.endswith(_RULES) and self._kept(path, is_dir=False)]

    def read(self, path: str) -> bytes | None:
        found = self._find(path)
        return None if found is None or found[0] == _FOLDER else self._trees.blob(found[1])

    def info(self, path: str) -> FileInfo | None:
        found = self._find(path)
        if found is None or (path and not self._kept(path, is_dir=found[0] == _FOLDER)):
            return None
        return self._info(*found)

    def ls(self, path: str) -> Mapping[str, FileInfo]:
        found = {}
        for name in self._names(path):
            inside = posixpath.join(path, name)
            entry = self._find(inside)
            if entry is None or self.is_repository(inside):
                continue
            info = self._info(*entry)
            if not self.ignore.ignores(inside, info.is_dir):
                found[name] = info
        return found

    def paths(self, path: str) -> list[str]:
        top = self._find(path)
        files = (self._trees.files(top[1]) if top else None) or []
        kept = [name for name in files if self._kept(posixpath.join(path, name), is_dir=False)]
        return [name for name in kept if (found := self._find(posixpath.join(path, name))) and found[0] != _FOLDER]

    def open(self, path: str) -> BinaryIO:
        return BytesIO(self._bytes(path))

    def store(self, path: str, names: Sequence[str], store: ObjectStore, progress: Progress | None) -> Table:
        if progress is not None:
            progress.expect(len(names), 0)
        _native.make_store(store.root)
        bodies = self._bodies(path, names)
        return Table.from_rows([(name, _native.put_object(store.root, body)) for name, body in bodies])

    def copy(self, path: str, names: Sequence[str], directory: str) -> None:
        made = set()
        for name, body in self._bodies(path, names):
            folder = posixpath.dirname(name)
            if folder not in made:
                os.makedirs(os.path.join(directory, folder), exist_ok=True)
                made.add(folder)
            with open(f"{directory}/{name}", "wb") as file:
                file.write(body)

    @cached_property
    def ignore(self) -> Ignore:
        """The commit's own rules."""
        from tempfile import TemporaryDirectory  # noqa: PLC0415 - 5 ms that few commands need

        rules = [path for path in self._matching if path.endswith(_RULES)]
        # The rules are read from disk, and at once: the files need not stay.
        with TemporaryDirectory(prefix="tiffin-") as directory:
            self.copy("", rules, directory)
            ignore = Ignore(directory)
            for path in rules:
                ignore.ignores(posixpath.join(posixpath.dirname(path), "a name"), False)
        return ignore

    @cached_property
    def _matching(self) -> list[str]:
        top = self._find("")
        return [] if top is None else self._trees.matching(top[1])

    @cached_property
    def _sizes(self) -> dict[str, int]:
        return self._git.sizes(self.commit)

    def _info(self, mode: str, oid: str) -> FileInfo:
        if mode == _FOLDER:
            return FileInfo(is_dir=True, size=self._trees.size(oid))
        return FileInfo(is_dir=False, size=self._sizes.get(oid, 0), isexec=mode == "100755")

    def _kept(self, path: str, *, is_dir: bool) -> bool:
        return not self.ignore.ignores(path, is_dir)

    def _names(self, path: str) -> list[str]:
        return self._trees.names(self._tree, self._full(path))

    def _find(self, path: str, links: int = 0) -> tuple[str, str] | None:
        """Mode and id at a path; links inside of the repository are followed."""
        found = self._trees.find(self._tree, self._full(path))
        if found is None or found.mode != _LINK:
            return None if found is None else (found.mode, found.id)
        target = os.fsdecode(self._trees.blob(found.id) or b"")
        aim = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        outside = aim.startswith(("../", "/")) or aim == ".."
        return None if outside or links == _MOST_LINKS else self._find(aim, links + 1)

    def _full(self, path: str) -> str:
        joined = posixpath.normpath(f"{self._prefix}{path}")
        return "" if joined == "." else joined

    def _bytes(self, path: str) -> bytes:
        body = self.read(path)
        if body is None:
            raise _not_there(path)
        return body

    def _bodies(self, path: str, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Files below a directory, each with its bytes, of which none are kept: they may be many."""
        found = [(inside, self._find(inside)) for name in names for inside in [posixpath.join(path, name)]]
        absent = next((inside for inside, entry in found if entry is None or entry[0] == _FOLDER), None)
        if absent is not None:
            raise _not_there(absent)
        bodies = self._objects.read_many([entry[1] for _, entry in found if entry is not None])
        for name, body in zip(names, bodies, strict=True):
            if body is None:
                raise _not_there(posixpath.join(path, name))
            yield name, body.content


def _not_there(path: str) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
