"""Expressions as trees of maps and lists, and as text (docs/formats/features.md).

tree := {"op": name, ["of": [tree, ...]], argument: value, ..., ["name": text], ["field": number]}
text := the Python expression that makes it: only calls of operators, `@`, and literals as arguments
"""

from collections.abc import Mapping
from typing import Any

from tiffin.errors import ConfigError
from tiffin.features._expression import Expression, applied
from tiffin.features._operators import OPERATORS, operator_of

__all__ = ["FORMAT", "from_tree", "parse", "to_tree"]

FORMAT = "tiffin features 1"
LONGEST = 10_000  # characters of an expression


def to_tree(expression: Expression) -> dict[str, Any]:
    """The expression as JSON and YAML hold it; arguments that are as by default are left out."""
    tree: dict[str, Any] = {"op": expression.operator}
    if expression.inputs:
        tree["of"] = [to_tree(one) for one in expression.inputs]
    declared = OPERATORS[expression.operator].arguments
    for argument, value in zip(declared, expression.arguments, strict=True):
        if value != argument.default:
            tree[argument.name] = list(value) if isinstance(value, tuple) else value
    if expression.label is not None:
        tree["name"] = expression.label
    if expression.number is not None:
        tree["field"] = expression.number
    return tree


def from_tree(tree: Any) -> Expression:
    """What `to_tree` gave, or an expression as text.  Raises ConfigError."""
    if isinstance(tree, str):
        return parse(tree)
    if not isinstance(tree, Mapping) or not isinstance(tree.get("op"), str):
        raise ConfigError(f"a feature is text, or a map with 'op', found {tree!r}")
    rest = {name: value for name, value in tree.items() if name not in {"op", "of", "name", "field"}}
    inputs = tree.get("of", [])
    if not isinstance(inputs, list):
        raise ConfigError(f"'of' should be a list of features, found {inputs!r}")
    operator_of(tree["op"])  # before its inputs are looked at
    found = applied(tree["op"], *map(from_tree, inputs), **{str(name): value for name, value in rest.items()})
    name, field = tree.get("name"), tree.get("field")
    if not isinstance(name, str | None) or not isinstance(field, int | None) or isinstance(field, bool):
        raise ConfigError(f"a feature's name is text and its field a number, found {name!r} and {field!r}")
    found = found if name is None else found.named(name)
    return found if field is None else found.field(field)


def parse(text: str) -> Expression:
    """An expression from text such as "cat('site') @ num('age').log_bucket()".  Raises ConfigError."""
    if len(text) > LONGEST:
        raise ConfigError(f"a feature has at most {LONGEST} characters, found {len(text)}")
    from tiffin.features._text import parsed  # noqa: PLC0415 - 1 ms, and most models name no features

    return parsed(text)
