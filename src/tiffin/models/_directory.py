"""A model on disk (docs/formats/model.md).

    manifest.json        what the model is, and how many rows its arrays have
    *.npy                one array a column

Nothing in it is code, so a model of a stranger can be opened.
"""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from math import isfinite
from shutil import rmtree
from typing import Any, NamedTuple

from tiffin.errors import ConfigError, FormatError, TargetError
from tiffin.fs import write_atomically
from tiffin.models._model import SETTINGS, Model, with_settings

__all__ = ["MANIFEST", "Manifest", "check_place", "read_manifest", "write_model"]

MANIFEST = "manifest.json"
FORMAT = "tiffin model 1"
LARGEST = 1 << 20  # bytes of a manifest
_NEW, _OLD = ".tiffin-new", ".tiffin-old"
_ARRAYS = ("rows", "weights", "latent", "weights_state", "latent_state")
_FILES = {MANIFEST, "metrics.json", *(f"{name}.npy" for name in _ARRAYS)}


class Manifest(NamedTuple):
    """What a model is.

    bias: the constant's weight and state.  rows: of the table that are not zero.  state: whether the optimisers' state
    is there, so that training can go on.  data_format: of the files it was trained on.
    """

    model: Model
    data_format: str
    bias: tuple[float, float, float]
    rows: int
    state: bool
    trained_rows: int


def read_manifest(directory: str) -> Manifest:
    """What the model in a directory is.  Raises FormatError, TargetError if there is none."""
    path = f"{directory}/{MANIFEST}"
    _finish_replacing(os.path.realpath(directory))
    try:
        with open(path, "rb") as file:
            body = file.read(LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        raise TargetError(f"there is no model in '{directory}'", hint="`tiffin train` makes one") from None
    try:
        return _parsed(json.loads(body))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, ConfigError) as error:
        what = f"no field {error}" if isinstance(error, KeyError) else str(error)
        raise FormatError(f"this is no manifest of a model: {what}", path=path) from error


def _parsed(fields: Any) -> Manifest:
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise ValueError(f"it does not say that its format is '{FORMAT}'")
    settings = dict(fields["model"])
    model = with_settings(Model(_score(settings.pop("score"))), settings)
    if (model.score != "linear") != (model.k > 0) or (model.score == "ffm") != (model.fields > 0):
        raise ValueError(f"a {model.score} score with k={model.k} and fields={model.fields}")
    weight, one, other = (_finite(number) for number in fields["bias"])
    rows = _count(fields["rows"], 1 << model.bits, "rows")
    trained_rows = _count(fields["trained_rows"], 1 << 62, "trained_rows")
    return Manifest(
        model, str(fields["data_format"]), (weight, one, other), rows, fields["state"] is True, trained_rows
    )


def _score(value: Any) -> str:
    if value not in ("linear", "fm", "ffm"):
        raise ValueError(f"no score {value!r}")
    return str(value)


def _count(value: Any, most: int, name: str) -> int:
    if not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError(f"'{name}' goes from 0 to {most}, found {value!r}")
    return value


def _finite(value: Any) -> float:
    found = float(value)
    if not isfinite(found):
        raise ValueError(f"{value!r} is no finite number")
    return found


def check_place(directory: str) -> None:
    """Whether a model may be written there: to nothing, to an empty directory, over a model.  Raises TargetError."""
    target = os.path.realpath(directory)
    _finish_replacing(target)
    if not os.path.lexists(target) or (os.path.isdir(target) and not os.listdir(target)):
        return
    if not os.path.isdir(target) or not set(os.listdir(target)) <= _FILES:
        raise TargetError(f"'{directory}' is there, and no model", hint="name another directory, or remove it")
    with suppress(FormatError):  # it may be a damaged one
        read_manifest(target)


def write_model(directory: str, write_arrays: Callable[[str], int], describe: Callable[[int], Manifest]) -> None:
    """Write a model as a whole, or not at all; one that is there is replaced.

    write_arrays: into a directory; gives the number of rows.  Raises TargetError if something else is in the way.
    """
    check_place(directory)
    target = os.path.realpath(directory)
    fresh, old = f"{target}{_NEW}", f"{target}{_OLD}"
    for left in (fresh, old):
        rmtree(left, ignore_errors=True)  # of a run that was killed
    os.makedirs(fresh)
    try:
        manifest = describe(write_arrays(fresh))
        write_atomically(f"{fresh}/{MANIFEST}", _text(manifest))
    except BaseException:
        rmtree(fresh, ignore_errors=True)  # a full disk would stay full
        raise
    if os.path.isdir(target):
        os.rename(target, old)
    os.rename(fresh, target)
    rmtree(old, ignore_errors=True)


def _finish_replacing(target: str) -> None:
    """A run may have been killed between the two renames: what was there before is there again."""
    if os.path.isdir(f"{target}{_OLD}") and not os.path.lexists(target):
        with suppress(OSError):
            os.rename(f"{target}{_OLD}", target)


def _text(manifest: Manifest) -> str:
    meant = {name: value for name, value in manifest.model._asdict().items() if _has(manifest.model, name)}
    fields = {"format": FORMAT, **manifest._asdict(), "model": meant}
    return json.dumps(fields, indent=2) + "\n"


def _has(model: Model, name: str) -> bool:
    return name == "score" or model.score in SETTINGS[name].of
