"""Arrays in files of NumPy's format, npy 1.0, in which no code can hide."""

import os
from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

from tiffin.errors import ConfigError

__all__ = ["check_arrays", "read_array", "read_arrays", "shapes_of", "write_array", "write_arrays"]

# Of arrays that have names.
_KINDS = ("<f2", "<f4", "<f8", "|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8")


def write_array(path: str, array: NDArray[Any]) -> None:
    """To a new file, and wait for the disk.  Raises OSError."""
    with open(path, "xb") as file:
        npy.write_array(file, np.ascontiguousarray(array).reshape(array.shape), version=(1, 0), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())


def read_array(path: str, kind: DTypeLike, shape: tuple[int, ...]) -> NDArray[Any]:
    """An array of which type and shape are known.  Raises ValueError for another one, OSError."""
    header = f"{{'descr': {np.dtype(kind).str!r}, 'fortran_order': False, 'shape': {shape}, }}"
    with open(path, "rb") as file:
        version = npy.read_magic(file)
        if version != (1, 0):
            raise ValueError(f"{path}: expected npy 1.0, found {version[0]}.{version[1]}")
        # Compared as text: NumPy's parser fails in other ways than by ValueError.
        found = file.read(int.from_bytes(file.read(2), "little")).decode("latin-1").rstrip()
        if found != header:
            raise ValueError(f"{path}: expected the npy header {header}, found {found[:100]}")
        # Before there is memory for them: the shape may be a stranger's.
        wanted, rest = prod(shape) * np.dtype(kind).itemsize, os.fstat(file.fileno()).st_size - file.tell()
        if rest != wanted:
            raise ValueError(f"{path}: expected {wanted} bytes of values, found {rest}")
        array = np.fromfile(file, kind, prod(shape))
    return array.reshape(shape)


def check_arrays(arrays: Mapping[str, NDArray[Any]]) -> None:
    """Raises ConfigError for a type that `read_arrays` does not take."""
    for name, array in arrays.items():
        if array.dtype.str not in _KINDS:
            raise ConfigError(f"'{name}' has the type {array.dtype}, and cannot be saved")


def write_arrays(directory: str, prefix: str, arrays: Mapping[str, NDArray[Any]]) -> list[list[Any]]:
    """Arrays with names, as PREFIX_0.npy and so on; [name, type, shape] of each, as JSON keeps them.

    Raises ConfigError, OSError.
    """
    check_arrays(arrays)
    for number, array in enumerate(arrays.values()):
        write_array(f"{directory}/{prefix}_{number}.npy", array)
    return [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()]


def read_arrays(directory: str, prefix: str, entries: Sequence[Any]) -> dict[str, NDArray[Any]]:
    """What `write_arrays` wrote, whether or not its numbers are finite.  Raises ValueError, TypeError, OSError."""
    arrays = {}
    for name, path, kind, shape in _described(directory, prefix, entries):
        array = read_array(path, kind, shape)
        # Other bytes than 0 and 1 are no booleans.
        arrays[name] = array.view(np.uint8) != 0 if array.dtype == np.bool_ else array
    return arrays


def shapes_of(directory: str, prefix: str, entries: Sequence[Any]) -> dict[str, tuple[int, ...]]:
    """The same without reading them: the files are as large as that.  Raises ValueError, TypeError, OSError."""
    return {name: shape for name, _, _, shape in _described(directory, prefix, entries)}


def _described(directory: str, prefix: str, entries: Sequence[Any]) -> Iterator[tuple[str, str, str, tuple[int, ...]]]:
    """Name, path, type and shape of each.  No memory is taken for more than there is in its file."""
    for number, (name, kind, lengths) in enumerate(entries):
        if kind not in _KINDS:
            raise ValueError(f"{name!r} has the type {kind!r}")
        path, shape = f"{directory}/{prefix}_{number}.npy", tuple(map(int, lengths))
        if os.stat(path).st_size < prod(shape) * np.dtype(kind).itemsize:
            raise ValueError(f"{path}: the file is cut off")
        yield str(name), path, kind, shape
