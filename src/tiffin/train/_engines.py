"""Which engine runs a model: the one that knows the terms of its score.

An engine is a module with `new(model, data_format)` and `load(directory, manifest)`, which give a Trained.
"""

from importlib import import_module
from types import ModuleType

from tiffin.errors import FormatError
from tiffin.models import Model, manifest_path, read_manifest, terms_of
from tiffin.train._trained import Trained

__all__ = ["load", "new"]

# The last term of a score -> the engine for it and for those before it.
_ENGINES = {"linear": "_sparse", "fm": "_sparse", "ffm": "_sparse"}


def new(model: Model, data_format: str) -> Trained:
    """A model that has learned nothing yet.  Raises ConfigError if there can be none, TrainingError without memory."""
    found: Trained = _engine(model).new(model, data_format)
    return found


def load(directory: str, model: Model | None = None) -> Trained:
    """A model from its directory.  Raises TargetError if there is none, FormatError if it is damaged.

    model: the same with settings of this machine, which are not saved.
    """
    manifest = read_manifest(directory)
    if model is not None:
        manifest = manifest._replace(model=model)
    try:
        found: Trained = _engine(manifest.model).load(directory, manifest)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        what = f"no field {error}" if isinstance(error, KeyError) else str(error)
        raise FormatError(f"this is no manifest of a model: {what}", path=manifest_path(directory)) from error
    return found


def _engine(model: Model) -> ModuleType:
    return import_module(f"tiffin.train.{_ENGINES[terms_of(model)[-1]]}")
