"""A disk that loses its power: what a log of changes leaves when what was not synced is lost.

`fsync` of a file makes its bytes durable, `fsync` of a directory the names in it, `syncfs` everything: what POSIX
promises.  A change that none of these followed may be on the disk or not, but names and the bytes of each file come in
their order, as on every file system with a journal: where one change is missing, so are the later ones.
"""

import os
import random
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

__all__ = ["FATES", "Disk", "Fate"]


class Fate(NamedTuple):
    """How likely a change reaches the disk although nobody waited for it: of a name, and of bytes."""

    name: float
    data: float


FATES = {
    "nothing that was not synced is there": Fate(0, 0),
    "names are there, bytes are not": Fate(1, 0),
    "bytes are there, names are not": Fate(0, 1),
    "some names and some bytes are there": Fate(0.95, 0.6),
}


class Disk:
    """Files, links and directories below one root, by inode as in the log."""

    def __init__(self, root: Path) -> None:
        """What is there now, all of it durable."""
        self._root = str(root)
        self._names: dict[str, str] = {}  # path -> inode
        self._bytes: dict[str, bytearray] = {}
        self._links: dict[str, str] = {}  # path -> target of a symbolic link
        self._folders: set[str] = set()
        for path in root.rglob("*"):
            if path.is_symlink():
                self._links[str(path)] = str(path.readlink())
            elif path.is_dir():
                self._folders.add(str(path))
            else:
                inode = str(path.stat().st_ino)
                self._names[str(path)] = inode
                self._bytes.setdefault(inode, bytearray(path.read_bytes()))

    def copy(self) -> "Disk":
        """Another disk with the same on it."""
        return deepcopy(self)

    def replay(self, log: list[list[str]], fate: Fate, numbers: random.Random) -> None:
        """Apply the changes that reach the disk, in their order."""
        late: set[str] = set()  # the files, or "" for names, of which a change is missing
        files: dict[str, str] = {}  # number of an inode -> the file it is of by now: numbers are used again
        for number, (kind, *given) in enumerate(log):
            if kind in ("fsync", "syncfs"):
                continue
            fields = [_text(field) if _is_path(kind, place) else field for place, field in enumerate(given)]
            if kind == "create" and fields[2] == "new":
                files[fields[1]] = f"{fields[1]} of change {number}"
            if (place := _INODE_AT.get(kind)) is not None:
                fields[place] = files.get(fields[place], fields[place])
            what, chance = (fields[0], fate.data) if kind in ("data", "length") else ("", fate.name)
            if _is_durable(log, number, kind, fields) or (what not in late and numbers.random() < chance):
                self._apply(kind, fields)
            else:
                late.add(what)

    def write_to(self, target: Path) -> None:
        """Make what is on the disk, below another directory."""
        for folder in sorted(self._folders):
            self._place(folder, target).mkdir(parents=True, exist_ok=True)
        for path, link in self._links.items():
            self._with_parent(self._place(path, target)).symlink_to(link)
        made: dict[str, Path] = {}
        for path, inode in self._names.items():
            place = self._with_parent(self._place(path, target))
            if inode in made:
                place.hardlink_to(made[inode])
                continue
            place.write_bytes(self._bytes.get(inode, b""))
            made[inode] = place

    @staticmethod
    def _with_parent(place: Path) -> Path:
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def _place(self, path: str, target: Path) -> Path:
        return target / os.path.relpath(path, self._root)

    def _apply(self, kind: str, fields: list[str]) -> None:
        if kind in ("create", "rename", "link", "symlink") and fields[kind in ("rename", "link")] in self._folders:
            return  # the directory is still there: its removal did not reach the disk
        if kind == "create":
            path, inode, fresh = fields
            self._names[path] = inode
            if fresh != "kept" or inode not in self._bytes:
                self._bytes[inode] = bytearray()
        elif kind == "data":
            inode, offset, body = fields
            self._overwrite(self._bytes.setdefault(inode, bytearray()), int(offset), bytes.fromhex(body))
        elif kind == "length":
            whole, size = self._bytes.setdefault(fields[0], bytearray()), int(fields[1])
            whole[:] = whole[:size].ljust(size, b"\0")
        elif kind == "rename":
            self._rename(*fields)
        elif kind == "link":
            self._names[fields[1]] = fields[2]
        elif kind == "symlink":
            self._links[fields[0]] = fields[1]
        elif kind == "unlink":
            self._names.pop(fields[0], None)
            self._links.pop(fields[0], None)
        elif kind == "mkdir":
            self._folders.add(fields[0].rstrip("/"))
        elif kind == "rmdir":
            self._folders.discard(fields[0])

    @staticmethod
    def _overwrite(body: bytearray, offset: int, new: bytes) -> None:
        body.extend(bytes(max(0, offset - len(body))))
        body[offset : offset + len(new)] = new

    def _rename(self, source: str, target: str) -> None:
        for table in (self._names, self._links):
            if source in table:
                self._names.pop(target, None)
                self._links.pop(target, None)
                table[target] = table.pop(source)
                return
        moved = [folder for folder in self._folders if folder == source or folder.startswith(f"{source}/")]
        for folder in moved:
            self._folders.discard(folder)
            self._folders.add(target + folder.removeprefix(source))
        for table in (self._names, self._links):
            for path in [path for path in table if path.startswith(f"{source}/")]:
                table[target + path.removeprefix(source)] = table.pop(path)


_INODE_AT = {"create": 1, "data": 0, "length": 0, "link": 2}


def _is_path(kind: str, place: int) -> bool:
    return kind not in ("data", "length") and (place == 0 or (place == 1 and kind in ("rename", "link", "symlink")))


def _text(field: str) -> str:
    return os.fsdecode(bytes.fromhex(field))


def _is_durable(log: list[list[str]], number: int, kind: str, fields: list[str]) -> bool:
    """Whether a sync that followed covers the change."""
    return any(_covers(entry, kind, fields) for entry in log[number + 1 :] if entry[0] in ("fsync", "syncfs"))


def _covers(sync: list[str], kind: str, fields: list[str]) -> bool:
    if sync[0] == "syncfs":
        return True
    if kind in ("data", "length"):
        return sync[2] == fields[0].partition(" ")[0]
    changed = fields[1] if kind in ("rename", "link") else fields[0].rstrip("/")
    return changed.rpartition("/")[0] == _text(sync[1])
