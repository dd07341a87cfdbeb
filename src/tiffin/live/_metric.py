"""One metric: its name, its place in the summary, the rows not yet on disk.

# file := header row*; header := ["timestamp" TAB] "step" TAB column EOL
# row := [milliseconds TAB] step TAB value EOL; value := str(value), quoted as in CSV where it must be
"""

import math
import os
from typing import Any, Final

from tiffin.errors import LiveError
from tiffin.live._files import NUMPY_FLOATS, NUMPY_INTEGERS

__all__ = ["Metric", "Row", "Value", "loggable", "relative_name"]

Value = float | int | str
Row = tuple["Metric", int, Value, int | None]  # metric, step, value, milliseconds since 1970 or None

EOL: Final = os.linesep
TAIL_BYTES: Final = 65_536
LONGEST_PART: Final = 240  # bytes; file systems stop at 255, suffixes included


class Metric:
    """A metric's file and the text that waits to be appended to it."""

    __slots__ = ("_checked", "_lines", "_unwritten", "column", "keys", "name", "path", "stamped")

    def __init__(self, name: str, folder: str, *, repair: bool) -> None:
        """name: already `relative_name`d.  repair: an earlier run may have left half a row at the end."""
        self.name = name
        self.path = os.path.join(folder, f"{name}.tsv")
        self.keys = tuple(name.split("/"))
        self.column = self.keys[-1]
        self._lines: list[str] = []
        self._unwritten = b""
        self._checked = not repair
        self.stamped: bool | None = None

    def add(self, step: int, value: Value, stamp: int | None) -> None:
        """Take one row.  The first one says whether the header names a timestamp."""
        text = _quoted(value) if isinstance(value, str) else str(value)
        if self.stamped is None:
            self.stamped = stamp is not None
        self._lines.append(f"{step}\t{text}{EOL}" if stamp is None else f"{stamp}\t{step}\t{text}{EOL}")

    def write(self) -> None:
        """Append the waiting rows.  After an OSError the rest stays, and the next call continues inside the row."""
        self._unwritten += "".join(self._lines).encode()
        self._lines.clear()
        descriptor = self._open()
        try:
            if not self._checked:
                _cut_half_row(descriptor)
                self._checked = True
            if os.fstat(descriptor).st_size == 0:
                self._unwritten = self._header() + self._unwritten
            while self._unwritten:
                self._unwritten = self._unwritten[os.write(descriptor, self._unwritten) :]
        finally:
            os.close(descriptor)

    def forget(self) -> None:
        """Drop the waiting rows: they belong to the parent of a forked process."""
        self._lines.clear()
        self._unwritten = b""

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        try:
            return os.open(self.path, flags, 0o666)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            return os.open(self.path, flags, 0o666)

    def _header(self) -> bytes:
        return f"{'timestamp' + chr(9) if self.stamped else ''}step\t{_quoted(self.column)}{EOL}".encode()


def relative_name(name: str, kind: str) -> str:
    """name as a path below its folder, without empty or dot parts.  LiveError when it leads outside or nowhere."""
    if not isinstance(name, str):
        raise LiveError(f"the name of a {kind} must be a string, not {type(name).__name__}")
    relative = os.path.normpath(name).replace(os.sep, "/")
    if not name or relative == "." or relative.startswith(("/", "../")) or relative == ".." or os.path.isabs(relative):
        raise LiveError(f"{name!r} cannot name a {kind}", hint='use a relative name such as "train/loss"')
    if "\0" in relative or not _storable(relative):
        raise LiveError(f"{name!r} cannot name a {kind}: no file can have this name")
    return relative


def loggable(name: str, value: Any) -> Value:
    """value as it is stored: NaN and infinities as text.  LiveError for what is neither a number nor a string."""
    kind = type(value)
    if isinstance(value, str):
        if not _encodable(value):
            raise LiveError(f"metric {name!r} cannot be logged: {value!r} is not text that a file can hold")
        return value
    if isinstance(value, int) or (kind.__module__ == "numpy" and kind.__name__ in NUMPY_INTEGERS):
        return value  # type: ignore[no-any-return]  # a NumPy integer stays as it is: its text form is the number's
    if isinstance(value, float) or (kind.__module__ == "numpy" and kind.__name__ in NUMPY_FLOATS):
        return value if math.isfinite(value) else str(value)
    raise LiveError(
        f"metric {name!r} cannot be logged: {kind.__module__}.{kind.__qualname__} is not a number or a string",
        hint="convert it with float(...), or .item() of a tensor",
    )


def _storable(name: str) -> bool:
    return _encodable(name) and all(len(part.encode()) <= LONGEST_PART for part in name.split("/"))


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _quoted(text: str) -> str:
    if any(special in text for special in '\t"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _cut_half_row(descriptor: int) -> None:
    size = os.fstat(descriptor).st_size
    end = size
    while end > 0:
        start = max(0, end - TAIL_BYTES)
        os.lseek(descriptor, start, os.SEEK_SET)
        newline = os.read(descriptor, end - start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end != size:
        os.ftruncate(descriptor, end)
