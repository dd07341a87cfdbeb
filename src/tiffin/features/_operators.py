"""The operators of feature expressions, each declared once: what it takes, what it gives, its arguments.

A new one is a line here, a case in native/encode/evaluate.cpp, a method in _expression, and its twin in the tests.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from tiffin.errors import ConfigError
from tiffin.formats.words import nearest

__all__ = ["OPERATORS", "Argument", "Operator", "Value", "checked_arguments", "operator_of"]

Value = float | str | bool | tuple[float, ...] | None

_REQUIRED = object()
_FARTHEST = 1e300


class Argument(NamedTuple):
    """An argument.  kind: column, number, bound (a number or none), bounds (numbers that go up), text or flag."""

    name: str
    kind: str
    default: Any = _REQUIRED


class Operator(NamedTuple):
    """takes: what each input may be; none: it reads a column.  gives: number, ids, or text, which is no feature yet."""

    help: str
    takes: tuple[tuple[str, ...], ...]
    gives: str
    arguments: tuple[Argument, ...] = ()


_NUMBER = (("number",),)
_COLUMN = (Argument("column", "column"),)

OPERATORS: Mapping[str, Operator] = {
    "cat": Operator("the value as a category", (), "ids", _COLUMN),
    "num": Operator("the value as a number", (), "number", _COLUMN),
    "text": Operator("text, to be cut into parts", (), "text", _COLUMN),
    "each": Operator("the elements of a list, each a category", (), "ids", _COLUMN),
    "split": Operator("the parts between separators", (("text",),), "ids", (Argument("separator", "text"),)),
    "tokens": Operator("the words", (("text",),), "ids", (Argument("lower", "flag", True),)),
    "log": Operator("sign(x) log(1 + |x|)", _NUMBER, "number"),
    "clip": Operator(
        "no less and no more", _NUMBER, "number", (Argument("least", "bound", None), Argument("most", "bound", None))
    ),
    "scale": Operator(
        "(x - center) / by", _NUMBER, "number", (Argument("by", "number"), Argument("center", "number", 0.0))
    ),
    "bucket": Operator("how many bounds x reaches", _NUMBER, "ids", (Argument("bounds", "bounds"),)),
    "log_bucket": Operator("x up to 2, then the square of its logarithm", _NUMBER, "ids"),
    "cross": Operator("each pair", (("ids", "number"), ("ids", "number")), "ids"),
}


def operator_of(name: str) -> Operator:
    """By its name.  Raises ConfigError."""
    found = OPERATORS.get(name)
    if found is None:
        near = nearest(name, list(OPERATORS))
        hint = f"did you mean '{near}'?" if near else f"there are {', '.join(OPERATORS)}"
        raise ConfigError(f"features have no operator '{name}'", hint=hint)
    return found


def checked_arguments(name: str, given: Mapping[str, Any]) -> tuple[Value, ...]:
    """The arguments of an operator in their order.  Raises ConfigError."""
    operator = operator_of(name)
    known = [argument.name for argument in operator.arguments]
    for word in given:
        if word not in known:
            near = nearest(str(word), known)
            hint = f"did you mean '{near}'?" if near else None
            raise ConfigError(f"'{name}' has no argument '{word}'", hint=hint)
    found = []
    for argument in operator.arguments:
        value = given.get(argument.name, argument.default)
        if value is _REQUIRED:
            raise ConfigError(f"'{name}' needs '{argument.name}': {operator.help}")
        found.append(_checked(name, argument, value))
    if name == "scale" and found[0] == 0:
        raise ConfigError("'scale' cannot divide by 0")
    return tuple(found)


def _checked(name: str, argument: Argument, value: Any) -> Value:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _FARTHEST
    match argument.kind:
        case "number" if is_number:
            return float(value)
        case "bound" if is_number or value is None:
            return None if value is None else float(value)
        case "bounds" if isinstance(value, list | tuple) and value:
            bounds = tuple(
                float(bound) for bound in value if isinstance(bound, int | float) and abs(bound) <= _FARTHEST
            )
            if len(bounds) == len(value) and all(a < b for a, b in pairwise(bounds)):
                return bounds
        case "flag" if isinstance(value, bool):
            return value
        case "text" | "column" if isinstance(value, str) and value:
            return value
    wanted = {
        "number": "a number",
        "bound": "a number or none",
        "bounds": "a list of numbers that go up",
        "flag": "true or false",
        "text": "text",
        "column": "the name of a column",
    }[argument.kind]
    raise ConfigError(f"'{argument.name}' of '{name}' should be {wanted}, found {value!r}")
