"""A model on disk (docs/formats/model.md).

    manifest.json        what the model is, and how many rows its arrays have
    *.npy                one array a column

Nothing in it is code, so a model of a stranger can be opened.
"""

import json
import os
from collections.abc import Callable
from shutil import rmtree
from typing import Any, NamedTuple

from tiffin.errors import ConfigError, FormatError, TargetError
from tiffin.fs import write_atomically
from tiffin.models._model import SETTINGS, Model, with_settings

__all__ = ["MANIFEST", "Manifest", "read_manifest", "write_model"]

MANIFEST = "manifest.json"
FORMAT = "tiffin model 1"
LARGEST = 1 << 20  # bytes of a manifest


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
    try:
        with open(path, "rb") as file:
            body = file.read(LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        raise TargetError(f"there is no model in '{directory}'", hint="`tiffin train` makes one") from None
    try:
        return _parsed(json.loads(body))
    except (ValueError, KeyError, TypeError, ConfigError) as error:
        what = f"no field {error}" if isinstance(error, KeyError) else str(error)
        raise FormatError(f"this is no manifest of a model: {what}", path=path) from error


def _parsed(fields: Any) -> Manifest:
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise ValueError(f"it does not say that its format is '{FORMAT}'")
    model = with_settings(Model(fields["model"]["score"]), fields["model"])
    weight, *state = map(float, fields["bias"])
    one, other = state
    rows, trained_rows = fields["rows"], fields["trained_rows"]
    if not isinstance(rows, int) or not 0 <= rows <= 1 << model.bits:
        raise ValueError(f"{rows!r} rows in a table of 2^{model.bits}")
    return Manifest(
        model, str(fields["data_format"]), (weight, one, other), rows, fields["state"] is True, trained_rows
    )


def write_model(directory: str, write_arrays: Callable[[str], int], describe: Callable[[int], Manifest]) -> None:
    """Write a model as a whole, or not at all; one that is there is replaced.

    write_arrays: into a directory; gives the number of rows.  Raises TargetError if something else is in the way.
    """
    target = os.path.abspath(directory)
    fresh, old = f"{target}.tiffin-new", f"{target}.tiffin-old"
    if os.path.isdir(old) and not os.path.lexists(target):
        os.rename(old, target)  # a run was killed between the two renames below
    if os.path.lexists(target) and not os.path.isfile(f"{target}/{MANIFEST}") and not _is_empty(target):
        raise TargetError(f"'{directory}' is there, and no model", hint="name another directory, or remove it")
    for left in (fresh, old):
        rmtree(left, ignore_errors=True)
    os.makedirs(fresh)
    manifest = describe(write_arrays(fresh))
    write_atomically(f"{fresh}/{MANIFEST}", _text(manifest))
    if os.path.isdir(target):
        os.rename(target, old)
    os.rename(fresh, target)
    rmtree(old, ignore_errors=True)


def _is_empty(path: str) -> bool:
    return os.path.isdir(path) and not os.listdir(path)


def _text(manifest: Manifest) -> str:
    meant = {name: value for name, value in manifest.model._asdict().items() if _has(manifest.model, name)}
    fields = {"format": FORMAT, **manifest._asdict(), "model": meant}
    return json.dumps(fields, indent=2) + "\n"


def _has(model: Model, name: str) -> bool:
    return model.score in SETTINGS[name].of
