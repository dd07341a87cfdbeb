"""Arrays of a model in fewer bytes: half precision, or whole numbers of one byte with a scale.

    weights.npy        f16 (n), or i8 (n); the scale of the latter, one for all, is in the manifest
    latent.npy         f16 (n, ...), or i8 (n, ...)
    latent_scale.npy   f32 (n)     int8: the scale of each row

A number is its byte times the scale, which is the largest absolute value over 127.
"""

import os
from collections.abc import Mapping
from typing import Any

from tiffin._native.learning import Learner
from tiffin.errors import MissingDependency
from tiffin.models import count_in, finite_numbers

try:
    import numpy as np
except ImportError:
    raise MissingDependency("models in fewer bytes need NumPy", hint="pip install 'tiffin[estimators]'") from None

__all__ = ["narrow", "widen"]

_MOST = 127  # of a byte
_LARGEST = 65504.0  # number in half precision
_Array = np.ndarray[Any, Any]


def narrow(directory: str, dtype: str) -> dict[str, Any]:
    """Write the arrays of a model anew; what the manifest says of them.  dtype: float16 or int8."""
    weights = _read(directory, "weights.npy")
    latent = _read(directory, "latent.npy") if os.path.exists(f"{directory}/latent.npy") else None
    if dtype == "float16":
        _write(directory, "weights.npy", _half(weights))
        if latent is not None:
            _write(directory, "latent.npy", _half(latent))
        return {"dtype": dtype}
    scale = _scale(np.max(np.abs(weights), initial=0))
    _write(directory, "weights.npy", np.rint(weights / scale).astype(np.int8))
    if latent is not None:
        scales = _scale(np.max(np.abs(latent), axis=tuple(range(1, latent.ndim)), initial=0))
        _write(directory, "latent.npy", np.rint(latent / _each(scales, latent)).astype(np.int8))
        _write(directory, "latent_scale.npy", scales)
    return {"dtype": dtype, "weights_scale": float(scale)}


def widen(learner: Learner, directory: str, parts: Mapping[str, Any], *, exact: bool, latent: bool) -> None:
    """Fill a model's table from arrays that `narrow` wrote.  Raises OSError, and ValueError, KeyError, TypeError."""
    kind = {"float16": np.float16, "int8": np.int8}.get(str(parts["dtype"]))
    if kind is None:
        raise ValueError(f"'dtype' is one of float16, int8, found {parts['dtype']!r}")
    try:
        names = _read(directory, "keys.npy", np.uint64) if exact else _read(directory, "rows.npy", np.uint32)
        weights = _read(directory, "weights.npy", kind).astype(np.float32)
        vectors = _read(directory, "latent.npy", kind).astype(np.float32) if latent else np.empty(0, np.float32)
        scales = _read(directory, "latent_scale.npy") if latent and kind is np.int8 else None
    except EOFError as error:
        raise ValueError(str(error)) from error
    if names.shape != (count_in(parts, "rows", 1 << 62),):
        raise ValueError(f"there should be {parts['rows']} names of rows")
    if kind is np.int8:
        weights *= np.float32(finite_numbers({"scale": [parts["weights_scale"]]}, "scale", 1)[0])
    if scales is not None:
        vectors *= _each(scales, vectors)
    learner.fill(names.astype(np.uint64), weights.reshape(-1), vectors.reshape(-1))


def _half(values: _Array) -> _Array:
    return np.clip(values, -_LARGEST, _LARGEST).astype(np.float16)


def _scale(largest: Any) -> Any:
    """Never 0, so that zeros stay zeros."""
    return np.where(largest > 0, largest / np.float32(_MOST), 1).astype(np.float32)


def _each(scales: _Array, values: _Array) -> _Array:
    """The scales of rows in the shape of what the rows have.  Raises ValueError."""
    if len(scales) != len(values):
        raise ValueError(f"there are {len(scales)} scales of {len(values)} rows")
    return scales.reshape(-1, *[1] * (values.ndim - 1))


def _read(directory: str, name: str, kind: Any = np.float32) -> _Array:
    """Raises OSError, ValueError, EOFError."""
    with open(f"{directory}/{name}", "rb") as file:
        array, rest = np.load(file, allow_pickle=False), file.read(1)
    if array.dtype != kind or rest:
        raise ValueError(f"{name} should be an array of {np.dtype(kind).name}")
    return np.ascontiguousarray(array)


def _write(directory: str, name: str, array: _Array) -> None:
    """In place of what is there."""
    with open(f"{directory}/{name}", "wb") as file:
        np.save(file, array, allow_pickle=False)
