"""Arrays of a model in fewer bytes: half precision, or whole numbers of one byte with a scale.

    NAME.npy          f16 or i8, in the shape it had
    NAME_scale.npy    f32 (n)     i8, where rows have scales of their own: the scale of each

A number is its byte times the scale, which is the largest absolute value over 127.  What reads them is native.
"""

from typing import Any

from tiffin.errors import MissingDependency

try:
    import numpy as np
except ImportError:
    raise MissingDependency("models in fewer bytes need NumPy", hint="pip install 'tiffin[estimators]'") from None

__all__ = ["narrow", "narrow_rows"]

_MOST = 127  # of a byte
_LARGEST = 65504.0  # number in half precision
_Array = np.ndarray[Any, Any]


def narrow(path: str, dtype: str) -> float:
    """Write the array of a file anew; the scale of all its numbers.  dtype: float16 or int8."""
    values = _read(path)
    if dtype == "float16":
        _write(path, _half(values))
        return 1.0
    scale = _scale(np.max(np.abs(values), initial=0))
    _write(path, np.rint(values / scale).astype(np.int8))
    return float(scale)


def narrow_rows(path: str, dtype: str) -> None:
    """The same with a scale for each row, in a file beside it."""
    values = _read(path)
    if dtype == "float16":
        return _write(path, _half(values))
    scales = _scale(np.max(np.abs(values), axis=tuple(range(1, values.ndim)), initial=0))
    _write(path, np.rint(values / scales.reshape(-1, *[1] * (values.ndim - 1))).astype(np.int8))
    return _write(path.removesuffix(".npy") + "_scale.npy", scales)


def _half(values: _Array) -> _Array:
    return np.clip(values, -_LARGEST, _LARGEST).astype(np.float16)


def _scale(largest: Any) -> Any:
    """Never 0, so that zeros stay zeros."""
    scales = np.asarray(largest / np.float32(_MOST), np.float32)
    return np.where(scales > 0, scales, np.float32(1))


def _read(path: str) -> _Array:
    with open(path, "rb") as file:
        found: _Array = np.load(file, allow_pickle=False)
    return found


def _write(path: str, array: _Array) -> None:
    """In place of what is there."""
    with open(path, "wb") as file:
        np.save(file, array, allow_pickle=False)
