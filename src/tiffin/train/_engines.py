"""Which engine runs a model: the one that knows the terms of its score.

An engine is a module with `new(model, data_format)` and `load(directory, manifest, mapped=)`, which give a Trained;
that of algorithms takes the algorithm, too.
"""

import os
from importlib import import_module
from types import ModuleType
from typing import Any

from tiffin.errors import FormatError, MissingDependency
from tiffin.models import Manifest, Model, manifest_path, outputs_of, read_manifest, terms_of
from tiffin.train._trained import Trained

__all__ = ["load", "new"]

# The last term of a score -> the engine for it and for those before it.
_ENGINES = {
    "linear": "_sparse",
    "fm": "_sparse",
    "ffm": "_sparse",
    "cross": "_deep",
    "mlp": "_deep",
    "trees": "_trees",
    "leaves": "_leaves",
    "algorithm": "_algorithm",
}
_ATTEMPTS = 10  # at a model that is replaced while it is read
# Library of an engine -> the extra that brings it.
_EXTRAS = {"numpy": "train", "torch": "torch"}


def new(model: Model, data_format: str, algorithm: Any = None) -> Trained:
    """A model that has learned nothing yet.  algorithm: one of one's own, which the model is of.

    Raises ConfigError if there can be none, TrainingError without memory, MissingDependency without a library.
    """
    outputs_of(model)
    more = () if algorithm is None else (algorithm,)
    found: Trained = _engine(model).new(model, data_format, *more)
    return found


def load(directory: str, model: Model | None = None, *, algorithm: Any = None, mapped: bool = False) -> Trained:
    """A model from its directory.

    model: the same with settings of this machine, which are not saved.  algorithm: the class of one's own that has
    learned it, whose code is not there, or one of that class, with the settings it had.

    mapped: to predict only; rows of tables stay in their files, which are mapped into memory, and are read when they
    are asked for, so that the model is there at once whatever its size, and processes share what they read.  Nothing is
    looked through, so a damaged row shows where it is asked for, and what is saved of it has no state.

    Raises TargetError if there is none, FormatError if it is damaged, UsageError without its algorithm.
    """
    for _ in range(_ATTEMPTS):
        version = _version(directory)
        try:
            found = _load(directory, read_manifest(directory), model, algorithm, mapped=mapped)
        except FormatError:
            if _version(directory) == version:
                raise
        else:
            if _version(directory) == version:
                return found
        # The model was replaced meanwhile, and files of both may have been read.
    raise FormatError("this model was replaced again and again while it was read", path=directory)


def _version(directory: str) -> tuple[int, ...] | None:
    """Another one for each model that is written there; None while there is none."""
    try:
        found = os.stat(manifest_path(directory))
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns


def _load(directory: str, manifest: Manifest, model: Model | None, algorithm: Any, *, mapped: bool) -> Trained:
    if model is not None:
        manifest = manifest._replace(model=model)
    if mapped:
        manifest = manifest._replace(state=False)
    more = (algorithm,) if terms_of(manifest.model)[-1] == "algorithm" else ()
    try:
        found: Trained = _engine(manifest.model).load(directory, manifest, *more, mapped=mapped)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        what = f"no field {error}" if isinstance(error, KeyError) else str(error)
        raise FormatError(f"this is no manifest of a model: {what}", path=manifest_path(directory)) from error
    return found


def _engine(model: Model) -> ModuleType:
    try:
        return import_module(f"tiffin.train.{_ENGINES[terms_of(model)[-1]]}")
    except ModuleNotFoundError as error:
        if error.name not in _EXTRAS:
            raise
        raise MissingDependency(
            f"a score of {model.score} needs {error.name}, which is not installed",
            hint=f"pip install 'tiffin[{_EXTRAS[error.name]}]'",
        ) from None
