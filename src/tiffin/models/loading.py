"""The model that a word of the command line names: built in, in a YAML file, or in a file of Python."""

import os
from collections.abc import Mapping
from typing import Any

from tiffin.errors import ConfigError, MissingDependency, TemplateError
from tiffin.formats import params as params_files
from tiffin.formats import template, yaml
from tiffin.models._model import SETTINGS, Model, make_model, score_of, with_settings
from tiffin.models._parts import meant, parse_score, parse_table
from tiffin.models.named import is_named, named
from tiffin.models.spec import model

__all__ = ["from_mapping", "load_spec", "model_of"]

_COLUMNS = ("label", "weight", "time")


def from_mapping(fields: Mapping[str, Any]) -> Model:
    """A model from what its YAML file holds.  Raises ConfigError."""
    known = ("features", *_COLUMNS, "score", "table", "model", *SETTINGS)
    for name in fields:
        if name not in known:
            raise ConfigError(f"a model has no '{name}'", hint=meant(str(name), known))
    found = dict(fields)
    features = found.pop("features", [])
    if not isinstance(features, list):
        raise ConfigError(f"'features' should be a list, found {features!r}")
    label = found.get("label")
    if isinstance(label, list) and label and all(isinstance(one, str) for one in label):
        found["label"] = ", ".join(label)
    for name in (*_COLUMNS, "score", "model"):
        if name in found and not isinstance(found[name], str):
            raise ConfigError(f"'{name}' should be text, found {found[name]!r}")
    if "table" in found:
        found["table"] = parse_table(found["table"])
    if "model" in found:
        begun = make_model(named_model := found.pop("model")).score  # whose settings it brings along
        if score_of(" + ".join(parse_score(found.setdefault("score", begun)).terms)) != begun:
            raise ConfigError(
                f"'model' is {named_model}, which adds up {begun}, and 'score' says {found['score']}",
                hint="leave one of them out",
            )
    return model(features=features, **found)


def load_spec(spec: str, directory: str = ".", settings: Mapping[str, Any] | None = None) -> Model:
    """The model that a word of the command line names: a built-in one, `file.yaml`, or `file.py:name`.

    directory: where it is looked up, and where params.yaml is, whose numbers a file may use.  settings: on top of it.
    Raises ConfigError, FormatError, MissingDependency.
    """
    if spec.endswith((".yaml", ".yml")):
        found = _from_yaml(spec, directory)
    elif is_named(spec):
        found = model_of(named(spec, directory), spec, directory)
    elif spec.endswith(".py"):
        raise ConfigError(
            f"'{spec}' does not say which model", hint=f"{spec}:NAME, of a model or a function that gives one"
        )
    else:
        return make_model(spec, settings)
    return with_settings(found, settings or {})


def _from_yaml(spec: str, directory: str) -> Model:
    context = template.Context(lambda path: _read(path, directory))
    context.add_default(params_files.DEFAULT_FILE)
    fields = yaml.load(_text(spec, directory), spec)
    if not isinstance(fields, Mapping):
        raise ConfigError(f"'{spec}' should hold a map, found {type(fields).__name__}")
    try:
        resolved = template.resolve(dict(fields), context)
    except template.Unresolved as error:
        raise TemplateError(error.message, path=spec, hint=error.hint) from error
    try:
        return from_mapping(resolved)
    except ConfigError as error:
        raise ConfigError(f"{spec}: {error.message}", hint=error.hint) from error


def model_of(found: object, spec: str, directory: str = ".") -> Model:
    """The model that `file.py:name` stands for: it is one, or a function that makes one of the values of params.yaml.

    Raises ConfigError.
    """
    if not isinstance(found, Model) and callable(found):
        try:
            given = _read(params_files.DEFAULT_FILE, directory)
        except FileNotFoundError:
            given = {}
        found = found(given)
    if not isinstance(found, Model):
        path, _, name = spec.rpartition(":")
        raise ConfigError(f"'{name}' of '{path}' should be a model, or a function that gives one, found {found!r}")
    return found


def _text(path: str, directory: str) -> bytes:
    try:
        with open(os.path.join(directory, path), "rb") as file:
            return file.read()
    except (FileNotFoundError, IsADirectoryError):
        raise MissingDependency(f"there is no model file '{path}'") from None


def _read(path: str, directory: str) -> Any:
    with open(os.path.join(directory, path), "rb") as file:
        return params_files.load(file.read(), path)
