"""Parameter and metrics files: YAML, JSON, TOML or Python, read as nested maps.

The suffix decides; what is neither .json, .toml nor .py is YAML.  A dotted name goes down maps
and, by index, lists: "train.layers.0".
"""

import os.path
from collections.abc import Iterator, Mapping
from typing import Any

from tiffin.errors import FormatError
from tiffin.formats import yaml

__all__ = ["DEFAULT_FILE", "flatten", "get", "load", "load_metrics"]

DEFAULT_FILE = "params.yaml"


def load(text: str | bytes, path: str) -> Any:
    """Read a parameter file; an empty one is {}.  Raises FormatError.

    From Python come the constants of the module, of its classes and of their __init__ (self.x = 1).
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".json":
        return _load_json(text, path) or {}
    if suffix == ".toml":
        return _load_toml(text, path)
    if suffix == ".py":
        from tiffin.formats import _python  # noqa: PLC0415 - ast is slow to import, seldom needed

        return _python.constants(text, path)
    return yaml.load(text, path) or {}


def load_metrics(text: str | bytes, path: str) -> Any:
    """Read a metrics file: what is no number, text or map of them is left out.

    A file may hold a single number or text instead of a map.
    """
    return _metrics(load(text, path)) or {}


def get(values: Any, name: str) -> Any:
    """Give the value under a dotted name.  Raises KeyError."""
    if isinstance(values, Mapping) and name in values and "." not in name:
        return values[name]
    for part in name.split("."):
        values = _child(values, part, name)
    return values


def flatten(values: Any) -> dict[str, Any]:
    """Give the leaves by dotted name, as params diff and metrics diff compare them.

    A list is one leaf, as text; an empty map is none.
    """
    return dict(_leaves(values, "")) if isinstance(values, Mapping) else {}


def _leaves(values: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value) if isinstance(value, list) else value


def _child(values: Any, part: str, name: str) -> Any:
    if isinstance(values, Mapping):
        if part in values:
            return values[part]
        for key, value in values.items():
            if str(key) == part:
                return value
    elif isinstance(values, list | tuple) and part.isdecimal() and int(part) < len(values):
        return values[int(part)]
    raise KeyError(name)


def _metrics(value: Any) -> Any:
    if isinstance(value, int | float | str):
        return value
    if not isinstance(value, dict):
        return None
    kept = {key: _metrics(child) for key, child in value.items()}
    return {key: child for key, child in kept.items() if child is not None and child != {}}


def _load_json(text: str | bytes, path: str) -> Any:
    import json  # noqa: PLC0415 - loads only when such a file is there

    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise FormatError(f"not valid JSON: {error.msg}", path=path, line=error.lineno, column=error.colno) from error
    except UnicodeDecodeError as error:
        raise _not_utf8(text, path, error) from error
    except RecursionError as error:
        raise FormatError("nested too deeply", path=path) from error
    except ValueError as error:  # a number of thousands of digits
        raise FormatError(f"a value cannot be read: {error}", path=path) from error


def _load_toml(text: str | bytes, path: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - loads only when such a file is there

    try:
        return tomllib.loads(text if isinstance(text, str) else text.decode("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(error, text, path) from error
    except UnicodeDecodeError as error:
        raise _not_utf8(text, path, error) from error
    except RecursionError as error:
        raise FormatError("nested too deeply", path=path) from error
    except ValueError as error:
        raise FormatError(f"a value cannot be read: {error}", path=path) from error


def _not_utf8(text: str | bytes, path: str, error: UnicodeDecodeError) -> FormatError:
    from tiffin.formats._places import undecodable  # noqa: PLC0415 - needed for errors only

    line, column = undecodable(text, error) if isinstance(text, bytes) else (None, None)
    return FormatError("not valid UTF-8", path=path, line=line, column=column, hint="save the file as UTF-8")


def _not_toml(error: ValueError, text: str | bytes, path: str) -> FormatError:
    """tomllib has the place at the end of its message."""
    message, _, place = str(error).rpartition(" (at ")
    line, _, column = place.removesuffix(")").removeprefix("line ").partition(", column ")
    if line.isdecimal() and column.isdecimal():
        return FormatError(f"not valid TOML: {message}", path=path, line=int(line), column=int(column))
    end = len(text.splitlines()) if place == "end of document)" else None
    return FormatError(f"not valid TOML: {error}", path=path, line=end, column=1 if end else None)
