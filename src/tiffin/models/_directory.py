"""A model on disk (docs/formats/model.md).

    manifest.json        what the model is
    *.npy, *.txt         its parts, as the engine that runs it writes them

Nothing in it is code, so a model of a stranger can be opened.
"""

import json
import os
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, NamedTuple

from tiffin.errors import ConfigError, FormatError, TargetError
from tiffin.features import FORMAT as FEATURES
from tiffin.features import from_tree, to_tree
from tiffin.fs import remove_tree, write_atomically
from tiffin.fs.replacing import beside, clear_beside, replace
from tiffin.models._model import SETTINGS, Model, has_setting, labels_of, outputs_of, score_of, with_settings

__all__ = [
    "Manifest",
    "check_place",
    "check_size",
    "count_in",
    "fields_of",
    "finish_model",
    "finite_numbers",
    "manifest_path",
    "read_manifest",
    "write_model",
]

MANIFEST = "manifest.json"
KIND = "tiffin model"
FORMAT = f"{KIND} 1"
LARGEST = 1 << 26  # bytes of a manifest
_ROLES = ("label", "weight", "time")
_OTHERS = ("metrics.json",)
_ENDINGS = (".npy", ".txt")  # of parts


class Manifest(NamedTuple):
    """What a model is.

    data_format: of the files it was trained on.  state: whether what further training needs is there.  parts: what the
    engine that runs the model says of the files beside it.
    """

    model: Model
    data_format: str
    state: bool
    trained_rows: int
    parts: Mapping[str, Any]


def manifest_path(directory: str) -> str:
    """Where its manifest is."""
    return f"{directory}/{MANIFEST}"


def read_manifest(directory: str) -> Manifest:
    """What the model in a directory is.  Raises FormatError, TargetError if there is none."""
    path = manifest_path(directory)
    _finish_replacing(os.path.realpath(directory))
    try:
        body = _body(path)
    except (FileNotFoundError, NotADirectoryError):
        raise TargetError(f"there is no model in '{directory}'", hint="`tiffin train` makes one") from None
    try:
        return _parsed(json.loads(body))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, ConfigError) as error:
        what = f"no field {error}" if isinstance(error, KeyError) else str(error)
        raise FormatError(f"this is no manifest of a model: {what}", path=path) from error


def _body(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(LARGEST)


def _parsed(fields: Any) -> Manifest:
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise ValueError(f"it does not say that its format is '{FORMAT}'")
    for name in ("model", "parts"):
        if not isinstance(fields[name], dict):
            raise TypeError(f"'{name}' is no mapping")
    settings = {name: value for name, value in fields["model"].items() if not _is_of_the_machine(name)}
    model = with_settings(Model(score_of(str(settings.pop("score")))), settings)
    if "columns" in fields:
        model = _with_columns(model, fields["columns"])
    outputs_of(model)
    return Manifest(
        model,
        str(fields["data_format"]),
        fields["state"] is True,
        count_in(fields, "trained_rows", 1 << 62),
        fields["parts"],
    )


def _with_columns(model: Model, fields: Any) -> Model:
    if not isinstance(fields, dict) or fields.get("format") != FEATURES:
        raise ValueError(f"the format of its features is not '{FEATURES}'")
    named = {name: fields.get(name, "") for name in _ROLES}
    if not all(isinstance(name, str) for name in named.values()):
        raise TypeError("the name of a column is no text")
    return model._replace(features=tuple(map(from_tree, fields["features"])), **named)


def count_in(fields: Mapping[str, Any], name: str, most: int) -> int:
    """A number of things.  Raises ValueError, KeyError."""
    value = fields[name]
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError(f"'{name}' goes from 0 to {most}, found {value!r}")
    return value


def finite_numbers(fields: Mapping[str, Any], name: str, count: int) -> tuple[float, ...]:
    """So many numbers.  Raises ValueError, KeyError, TypeError."""
    found = tuple(map(float, fields[name]))
    if len(found) != count:
        raise ValueError(f"'{name}' should be {count} numbers, found {len(found)}")
    for value in found:
        if not isfinite(value):
            raise ValueError(f"{value!r} is no finite number")
    return found


def check_place(directory: str) -> None:
    """Whether a model may be written there: to nothing, to an empty directory, over a model.  Raises TargetError."""
    target = os.path.realpath(directory)
    _finish_replacing(target)
    if not os.path.lexists(target) or (os.path.isdir(target) and not os.listdir(target)):
        return
    if not os.path.isdir(target) or not all(map(_is_ours, os.listdir(target))) or not _says_model(target):
        raise TargetError(f"'{directory}' is there, and no model", hint="name another directory, or remove it")


def _is_of_the_machine(name: str) -> bool:
    """Whether a setting is no part of a model: a stranger's must not say where something is written here."""
    return name in SETTINGS and SETTINGS[name].here


def _is_ours(name: str) -> bool:
    return name == MANIFEST or name in _OTHERS or name.endswith(_ENDINGS)


def _says_model(directory: str) -> bool:
    """Whether its manifest says that it is a model, of whatever version and however damaged the rest is."""
    try:
        fields = json.loads(_body(manifest_path(directory)))
    except (OSError, ValueError, RecursionError):
        return False  # whose it is cannot be told
    return isinstance(fields, dict) and str(fields.get("format")).startswith(f"{KIND} ")


def write_model(directory: str, write_parts: Callable[[str], Manifest]) -> None:
    """Write a model as a whole, or not at all; one that is there is replaced.

    write_parts: into a directory; says what it wrote.  Of several runs that write one model the last one's is there.
    Raises TargetError if something else is in the way.
    """
    check_place(directory)
    target = os.path.realpath(directory)
    clear_beside(target)
    fresh = beside(target)
    os.makedirs(fresh)
    try:
        finish_model(fresh, write_parts(fresh))
    except BaseException:
        remove_tree(fresh)  # a full disk would stay full
        raise
    replace(fresh, target, beside(target, "old"))


def finish_model(directory: str, manifest: Manifest) -> None:
    """Say in a directory what the parts in it are, once they are durable.  Raises TransferError, ConfigError."""
    text = _bounded(_text(manifest))
    for name in os.listdir(directory):
        descriptor = os.open(f"{directory}/{name}", os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    write_atomically(f"{directory}/{MANIFEST}", text)


def _finish_replacing(target: str) -> None:
    """A run may have been killed between the two renames: what was there before is there again."""
    if not os.path.lexists(target):
        clear_beside(target)


def fields_of(model: Model) -> dict[str, Any]:
    """What a manifest says of a model: its settings, and the columns it is made of if there are any."""
    kept = [name for name in SETTINGS if has_setting(model, name) and not _is_of_the_machine(name)]
    meant = {name: getattr(model, name) for name in kept}
    fields: dict[str, Any] = {"model": {"score": model.score, **meant}}
    if model.features or len(labels_of(model)) > 1:
        named = {name: getattr(model, name) for name in _ROLES if getattr(model, name)}
        fields["columns"] = {"format": FEATURES, "features": list(map(to_tree, model.features)), **named}
    return fields


def check_size(model: Model) -> None:
    """Raises ConfigError for a model whose manifest would be too large to be read again."""
    _bounded(json.dumps(fields_of(model), indent=2))


def _bounded(text: str) -> str:
    if len(text) > LARGEST:
        raise ConfigError(
            f"the manifest has {len(text):,} bytes, and at most {LARGEST:,} are read", hint="take fewer features"
        )
    return text


def _text(manifest: Manifest) -> str:
    return json.dumps({"format": FORMAT, **manifest._asdict(), **fields_of(manifest.model)}, indent=2) + "\n"
