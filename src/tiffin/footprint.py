"""What an answer rests on, so that the same question is not worked out again while nothing of it has changed.

    file   := "tiffin answer 1" LF question LF code LF size LF output line* "end" LF      size: bytes of the output
    line   := fields SP path LF | "tree" SP index NUL root NUL directory LF
    fields := mtime_ns "," ctime_ns "," size "," inode "," mode | "-"           "-": there is nothing at the path

A file or directory is unchanged if the stat fields are what they were, by the rule of the index
(docs/formats/index-file.md): what was written after the clock was sampled may still change without showing it, so no
answer rests on it.
"""

from __future__ import annotations

import os
from stat import S_ISDIR

# Importing typing and collections.abc takes longer than all that is done here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tiffin._native import Ignore, Table

__all__ = ["Footprint", "Scans", "all_stat_fields", "newest_ns", "recall", "scan_directory", "stat_fields"]

_TITLE = "tiffin answer 1"
_ABSENT, _UNKNOWN, _LAST = "-", "?", "end"
_MANY = 200  # from so many paths on, loading the native module is worth it


class Footprint:
    """Collects what an answer rests on.  clock_ns: the file system's time before the first look at any of it."""

    def __init__(self, clock_ns: int) -> None:
        self._clock_ns = clock_ns
        self._paths: dict[str, None] = {}
        self._trees: dict[tuple[str, str, str], tuple[Table, str | None]] = {}

    def add(self, paths: Iterable[str]) -> None:
        """Absolute paths: files, and directories for the names in them; there or not."""
        self._paths.update(dict.fromkeys(paths))

    def add_tree(self, index: str, root: str, directory: str, seen: Table, saved: str | None = None) -> None:
        """All files below a directory of the workspace at root, as they were seen and the index file has them.

        saved: the stat fields of the index file right after this process wrote it.
        """
        self._trees[index, root, directory] = seen, saved

    def save(self, file: str, question: str, code: int, output: str) -> bool:
        """Keep the answer; False if it rests on what was written too recently, or on a name with a line end."""
        fields = all_stat_fields(list(self._paths))
        if any(map(self._is_young, fields)):
            return False
        lines = [f"{known} {path}" for known, path in zip(fields, self._paths, strict=True)]
        for (index, root, directory), (seen, saved) in self._trees.items():
            found = stat_fields(index)
            if found != saved and (not _lists(index, seen) or stat_fields(index) != found):
                return False
            lines += [f"{found} {index}", f"tree {index}\0{root}\0{directory}"]
        if any("\n" in line for line in (question, *lines)):
            return False
        from tiffin.fs import write_atomically  # noqa: PLC0415 - whoever recalls an answer does not need it

        text = output.encode("utf-8", "surrogateescape")
        head = f"{_TITLE}\n{question}\n{code}\n{len(text)}\n".encode("utf-8", "surrogateescape")
        body = "".join(f"{line}\n" for line in (*lines, _LAST)).encode("utf-8", "surrogateescape")
        write_atomically(file, head + text + body, durable=False)
        return True

    def _is_young(self, fields: str) -> bool:
        return fields not in (_ABSENT, _UNKNOWN) and newest_ns(fields) >= self._clock_ns


class Scans:
    """The directories that were scanned to find out whether an answer still holds.

    Whoever works the answer out anew takes them from here, as long as nothing was written.
    clock_ns: the file system's time before the first scan; None if there was none.
    """

    def __init__(self) -> None:
        self.clock_ns: int | None = None
        self._found: dict[str, tuple[Table, list[str]]] = {}
        self._loaded: dict[str, tuple[str, Table]] = {}  # index files, with their stat fields

    def scan(self, index: str, root: str, directory: str) -> tuple[Table, list[str]]:
        """Scan a directory of the workspace at root, whose index file this is; see scan_directory."""
        from tiffin._native import Ignore, clock_ns  # noqa: PLC0415 - as in Scans.load

        if self.clock_ns is None:
            self.clock_ns = clock_ns(os.path.dirname(index))
        self._found[index] = scan_directory(root, directory, Ignore(root))
        return self._found[index]

    def load(self, index: str) -> Table:
        """The index file, which is kept for `known`.  Raises OSError, ValueError."""
        from tiffin._native import Table  # noqa: PLC0415 - 3 ms that only directories need

        fields = stat_fields(index)
        table = Table.load(index)
        self._loaded[index] = fields, table
        return table

    def known(self, index: str) -> Table | None:
        """What was loaded, once, if the file is still the same."""
        fields, table = self._loaded.pop(index, ("", None))
        return table if table is not None and fields == stat_fields(index) else None

    def take(self, index: str) -> tuple[Table, list[str]] | None:
        """The scan of the directory with this index file, once."""
        return self._found.pop(index, None)

    def drop(self) -> None:
        """Files may have changed since."""
        self._found.clear()


def scan_directory(root: str, directory: str, ignore: Ignore) -> tuple[Table, list[str]]:
    """The files of a directory of the workspace at root, by its rules, with their stat fields.

    And what is in it besides that is no data: temporary files, and links to objects that are gone.  Raises OSError.
    """
    from tiffin._native import scan  # noqa: PLC0415 - as in Scans.load

    # Rules of the repository say nothing about what lies outside.
    rules = None if directory.startswith(("/", "../")) else ignore
    leftovers: list[str] = []
    place = os.path.join(root, directory)
    table = scan(place, ignore=rules, under=directory, follow_directories=False, leftovers=leftovers)
    return table, leftovers


def _lists(index: str, seen: Table) -> bool:
    """Whether the index file has the directory as it was seen: another process may have written it since."""
    from tiffin._native import Table, diff  # noqa: PLC0415 - as in Scans.load

    try:
        return diff(Table.load(index), seen).same == len(seen)
    except (OSError, ValueError):
        return False


def recall(file: str, question: str, scans: Scans) -> tuple[int, str] | None:
    """Exit code and output of the question when it was last asked; None if it was another, or anything has changed."""
    try:
        # A clone may bring a link along that leads to something without an end.
        with open(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as opened:
            body = opened.read()
        head, asked, code, size, rest = body.split(b"\n", 4)
        length = int(size)
        exit_code = int(code)
    except (OSError, ValueError):
        return None
    if head.decode("ascii", "replace") != _TITLE or asked.decode("utf-8", "surrogateescape") != question:
        return None
    lines = rest[length:].decode("utf-8", "surrogateescape").split("\n")
    # A file that a power failure cut off would rest on less than it did.
    if lines[-2:] != [_LAST, ""] or not _hold(lines[:-2], scans):
        return None
    return exit_code, rest[:length].decode("utf-8", "surrogateescape")


def stat_fields(path: str) -> str:
    """The stat fields of a path as they are written into a footprint: they are others once it has changed."""
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return _ABSENT
    # The size of a directory says nothing, and some file systems make it up anew each time.
    size = 0 if S_ISDIR(found.st_mode) else found.st_size
    return f"{found.st_mtime_ns},{found.st_ctime_ns},{size},{found.st_ino},{found.st_mode}"


def all_stat_fields(paths: Sequence[str]) -> list[str]:
    """The stat fields of many paths; "?" for one that cannot be looked at."""
    if len(paths) > _MANY:
        from tiffin._native import stat_fields as of_all  # noqa: PLC0415 - as in Scans.load

        return of_all(paths)
    found = []
    for path in paths:
        try:
            found.append(stat_fields(path))
        except OSError:
            found.append(_UNKNOWN)
    return found


def newest_ns(fields: str) -> int:
    """When something was last written or changed, by its stat fields."""
    written, changed, _ = fields.split(",", 2)
    return max(int(written), int(changed))


def _hold(lines: Sequence[str], scans: Scans) -> bool:
    parts = [line.partition(" ") for line in lines]
    plain = [(known, path) for known, _, path in parts if known != "tree"]
    found = all_stat_fields([path for _, path in plain])
    if any(now != known or now == _UNKNOWN for now, (known, _) in zip(found, plain, strict=True)):
        return False
    return all(_tree_holds(scans, *path.split("\0")) for known, _, path in parts if known == "tree")


def _tree_holds(scans: Scans, index: str, root: str, directory: str) -> bool:
    try:
        known = scans.load(index)
        now, _ = scans.scan(index, root, directory)
    except (OSError, ValueError):
        return False
    return now.adopt(known) == 0 and len(now) == len(known)
