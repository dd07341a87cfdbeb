"""What a user names to be learned."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tiffin.models import Model
from tiffin.models.loading import load_spec
from tiffin.train._named import is_named, named

if TYPE_CHECKING:
    from tiffin.train._algorithm import Algorithm

__all__ = ["specified"]


def specified(spec: str, directory: str = ".", settings: Mapping[str, Any] | None = None) -> "Model | Algorithm":
    """A model as `load_spec` finds it, or an Algorithm as `file.py:name`, with other settings, which may be text.

    Raises ConfigError, FormatError, UsageError, MissingDependency.
    """
    if is_named(spec):
        found = named(os.path.join(directory, spec))
        if isinstance(found, type) and getattr(found, "score", None) == "algorithm":
            from tiffin.train._algorithm import make_algorithm  # noqa: PLC0415 - it needs NumPy, an extra

            return make_algorithm(found, settings or {})
    return load_spec(spec, directory, settings)
