"""What a user names to be learned."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tiffin.models import BUILT_IN, Model, make_model, with_settings
from tiffin.models.named import is_named, named

if TYPE_CHECKING:
    from tiffin.train._algorithm import Algorithm

__all__ = ["kind_of", "specified"]


def specified(spec: str, directory: str = ".", settings: Mapping[str, Any] | None = None) -> "Model | Algorithm":
    """A model as `load_spec` finds it, or an Algorithm as `file.py:name`, with other settings, which may be text.

    Raises ConfigError, FormatError, UsageError, MissingDependency.
    """
    found = kind_of(spec, directory)
    if isinstance(found, Model):
        return with_settings(found, settings or {})
    from tiffin.train._algorithm import make_algorithm  # noqa: PLC0415 - it needs NumPy, an extra

    return make_algorithm(found, settings or {})


def kind_of(spec: str, directory: str = ".") -> "Model | type[Algorithm]":
    """The same without settings; of an Algorithm its class.  Raises as `specified`."""
    if spec in BUILT_IN:
        return make_model(spec)
    from tiffin.models.loading import load_spec, model_of  # noqa: PLC0415 - 3 ms: YAML, templates, parameters

    if not is_named(spec):
        return load_spec(spec, directory)
    found = named(spec, directory)
    if isinstance(found, type) and getattr(found, "score", None) == "algorithm":
        return found
    return model_of(found, spec, directory)
