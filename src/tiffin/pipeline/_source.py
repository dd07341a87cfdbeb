"""Where the metadata files of a project are read from: the workspace, or a commit."""

import os
from typing import Protocol

from tiffin import _native
from tiffin._native import Ignore
from tiffin.footprint import Footprint

__all__ = ["Source", "WorkspaceSource", "is_metafile"]


class Source(Protocol):
    """Read access to the files of one state of a repository; paths are POSIX, relative to its root."""

    def metafiles(self) -> list[str]:
        """All dvc.yaml and .dvc files, sorted."""
        ...

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, None if there is none."""
        ...


class WorkspaceSource:
    """The files as they are on disk now.  git_excludes: a file with rules of Git that count everywhere."""

    def __init__(self, root: str, ignore: Ignore, git_excludes: str = "") -> None:
        self._root = root
        self._ignore = ignore
        self._git_excludes = git_excludes
        self._asked_for: dict[str, None] = {}

    def metafiles(self) -> list[str]:
        return _native.find_metafiles(self._root, self._ignore, git_excludes=self._git_excludes)

    def read(self, path: str) -> bytes | None:
        self._asked_for[path] = None
        return _native.read_file(os.path.join(self._root, path))

    def footprint(self, footprint: Footprint) -> None:
        """Add all files that were asked for, and all directories in which another metadata file could appear."""
        found = _native.find_metadirs(self._root, self._ignore, git_excludes=self._git_excludes)
        folders = [os.path.join(self._root, path) for path in found]
        footprint.add(os.path.join(self._root, path) for path in self._asked_for)
        footprint.add(folders)
        # Whether these are there at all is seen by the directory.
        rules = [f"{folder}/{name}" for folder in folders for name in (".dvcignore", ".gitignore")]
        footprint.add(path for path in rules if os.path.exists(path))


def is_metafile(path: str) -> bool:
    """Whether a file of that name holds stages."""
    name = path.rpartition("/")[2]
    return name == "dvc.yaml" or (name.endswith(".dvc") and name != ".dvc")
