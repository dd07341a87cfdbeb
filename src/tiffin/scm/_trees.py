"""Looking around in the trees of many commits, each tree read once."""

import os
from collections.abc import Callable
from typing import NamedTuple

from tiffin.errors import GitError
from tiffin.scm._objects import GitObjects, TreeEntry

__all__ = ["Trees"]

_TREE = "40000"
_SUBMODULE = "160000"
# Files up to this size are kept, too: dvc.yaml and its like come back in commit after commit.
_KEPT = 1 << 20


# Git never checks such entries out.  As part of a path they would lead somewhere else, or give Git hooks to run.
_NO_NAMES = (b"", b".", b"..", b".git")


class _Entry(NamedTuple):
    mode: str
    id: str


class Trees:
    """The trees `objects` reads.  wanted: whether `matching` looks for files of that name.

    Commits mostly share their trees, so what was read or looked for once is kept, by the tree's id.
    """

    def __init__(self, objects: GitObjects, wanted: Callable[[str], bool]) -> None:
        self._objects = objects
        self._wanted = wanted
        self._entries: dict[str, dict[str, _Entry]] = {}
        self._matching: dict[str, list[str]] = {}
        self._blobs: dict[str, bytes] = {}
        self._sizes: dict[str, int] = {}

    def find(self, tree: str, path: str) -> TreeEntry | None:
        """The file or directory at a path below a tree, None if there is none; mode "40000" is a directory."""
        found = _Entry(_TREE, tree)
        for name in path.split("/") if path else ():
            if found.mode != _TREE:
                return None
            below = self._read(found.id).get(name)
            if below is None:
                return None
            found = below
        return TreeEntry(found.mode, found.id, path)

    def files(self, tree: str, path: str = "") -> list[str] | None:
        """All files below a directory, paths from the tree, sorted; None if there is no such directory."""
        found = self.find(tree, path)
        if found is None or found.mode != _TREE:
            return None
        prefix = f"{path}/" if path else ""
        paths: list[str] = []
        for name, entry in self._read(found.id).items():
            if entry.mode == _TREE:
                paths += self.files(tree, f"{prefix}{name}") or ()
            elif entry.mode != _SUBMODULE:
                paths.append(f"{prefix}{name}")
        return sorted(paths)

    def names(self, tree: str, path: str = "") -> list[str]:
        """What is directly in a directory, without submodules; [] if there is no such directory."""
        found = self.find(tree, path)
        if found is None or found.mode != _TREE:
            return []
        return [name for name, entry in self._read(found.id).items() if entry.mode != _SUBMODULE]

    def matching(self, tree: str) -> list[str]:
        """Paths of the wanted files below a tree, without those in a repository inside this one (it has a .dvc)."""
        if tree not in self._matching:
            entries = self._read(tree)
            files = [name for name, (mode, _) in entries.items() if mode not in (_TREE, _SUBMODULE)]
            here = [name for name in files if self._wanted(name)]
            below = [
                f"{name}/{path}"
                for name, (mode, oid) in entries.items()
                if mode == _TREE and not self._is_repository(oid)
                for path in self.matching(oid)
            ]
            self._matching[tree] = sorted(here + below)
        return self._matching[tree]

    def size(self, tree: str) -> int:
        """The bytes of the tree itself, by the id `find` gave."""
        self._read(tree)
        return self._sizes[tree]

    def blob(self, oid: str) -> bytes | None:
        """A file's bytes by the id `find` gave."""
        if oid in self._blobs:
            return self._blobs[oid]
        found = self._objects.read(oid)
        if found is None or found.kind != "blob":
            return None
        if len(found.content) < _KEPT:
            self._blobs[oid] = found.content
        return found.content

    def _is_repository(self, tree: str) -> bool:
        inner = self._read(tree).get(".dvc")
        return inner is not None and inner.mode == _TREE

    def _read(self, tree: str) -> dict[str, _Entry]:
        if tree not in self._entries:
            found = self._objects.read(tree)
            self._entries[tree] = _parse(found.content) if found is not None and found.kind == "tree" else {}
            self._sizes[tree] = len(found.content) if found is not None else 0
        return self._entries[tree]


def _parse(content: bytes) -> dict[str, _Entry]:
    # tree := { mode ' ' name NUL id }   mode in octal without a leading 0; id of 20 bytes
    # Nobody has checked what another repository's trees say.  Raises GitError.
    entries = {}
    at = 0
    while at < len(content):
        end = content.index(b"\0", at)
        mode, _, name = content[at:end].partition(b" ")
        at = end + 21
        if name.lower() in _NO_NAMES or b"/" in name:
            raise GitError(
                f"a tree of the repository has an entry {os.fsdecode(name)!a}, which no file can be called",
                hint="do not trust it: such a tree was made to write to other places than it says",
            )
        entries[os.fsdecode(name)] = _Entry(mode.decode(), content[end + 1 : at].hex())
    return entries
