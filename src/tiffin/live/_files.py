"""Whole files, replaced in one step, and the two text forms of what a run logged."""

import json
import os
from typing import Any

from tiffin.errors import FormatError

__all__ = ["NUMPY_FLOATS", "NUMPY_INTEGERS", "encode_json", "read_json", "replace_file"]

# The types DVCLive takes; others (numpy.bool_, numpy.longdouble, arrays) have no agreed text form.
NUMPY_INTEGERS = frozenset(["intc", "intp", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
NUMPY_FLOATS = frozenset(["float16", "float32", "float64"])


def encode_json(value: Any) -> bytes:
    """The bytes DVCLive writes for value: four blanks of indent, ASCII, a newline at the end.

    NumPy scalars become numbers.  TypeError for what JSON cannot hold.
    """
    return (json.dumps(value, indent=4, default=_plain) + "\n").encode("ascii")


def read_json(path: str) -> dict[str, Any]:
    """The mapping in a JSON file; empty when there is no file.  FormatError when it holds anything else."""
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise FormatError(
            f"this is not JSON: {error}", path=path, hint="remove the file, or start with resume=False"
        ) from None
    if not isinstance(value, dict):
        raise FormatError(
            f"a JSON object is expected, not {type(value).__name__}",
            path=path,
            hint="remove the file, or start with resume=False",
        )
    return value


def replace_file(path: str, content: bytes, *, mode: int | None = None) -> None:
    """Put content at path; a reader sees the old bytes or the new ones, never a part.

    A link is replaced, not written through: its target may be an object in a cache.  mode: permissions, if not those
    of a new file.
    """
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        _write(temporary, content)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        _write(temporary, content)
    if mode is not None:
        os.chmod(temporary, mode)
    os.replace(temporary, path)


def _write(path: str, content: bytes) -> None:
    try:
        with open(path, "wb", buffering=0) as file:
            view = memoryview(content)
            while view:
                view = view[file.write(view) :]
    except OSError:
        if os.path.lexists(path):
            os.unlink(path)
        raise


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind.__module__ == "numpy" and kind.__name__ in NUMPY_INTEGERS:
        return int(value)
    if kind.__module__ == "numpy" and kind.__name__ in NUMPY_FLOATS:
        return float(value)
    raise TypeError(f"{kind.__module__}.{kind.__qualname__} has no JSON form")
