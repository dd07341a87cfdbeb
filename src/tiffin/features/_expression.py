"""Feature expressions: immutable trees of operators over columns."""

from collections.abc import Sequence
from typing import Any, NoReturn

from tiffin.errors import ConfigError
from tiffin.features._operators import OPERATORS, Value, checked_arguments, operator_of

__all__ = ["MOST_FIELDS", "Expression", "applied", "cat", "each", "num", "text"]

MOST_FIELDS = 1 << 16
_FIELDS = ("operator", "arguments", "inputs", "label", "number")
_BARE = ("cat", "num", "each")  # their features are named as the column


class Expression:
    """An operator, its arguments, and what it is applied to.

    arguments: as OPERATORS[operator] lists them.  label, number: what the feature is called and which field it has, if
    that was said.
    """

    # No dataclass: that module takes a sixth of the time to import all that trains.
    __slots__ = ("arguments", "inputs", "label", "number", "operator")

    operator: str
    arguments: tuple[Value, ...]
    inputs: tuple["Expression", ...]
    label: str | None
    number: int | None

    def __init__(
        self,
        operator: str,
        arguments: tuple[Value, ...] = (),
        inputs: tuple["Expression", ...] = (),
        label: str | None = None,
        number: int | None = None,
    ) -> None:
        for name, value in zip(_FIELDS, (operator, arguments, inputs, label, number), strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"an expression does not change: .named() and .field() give another one (set {name!r})")

    def __eq__(self, other: object) -> bool:
        return self._fields() == other._fields() if isinstance(other, Expression) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._fields())

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle and copy."""
        return Expression, self._fields()

    def _fields(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in _FIELDS)

    def __repr__(self) -> str:
        return f"Expression({', '.join(f'{name}={getattr(self, name)!r}' for name in _FIELDS)})"

    @property
    def gives(self) -> str:
        """number, ids or text."""
        return OPERATORS[self.operator].gives

    @property
    def name(self) -> str:
        """Of the feature: as it was said, or else its column or the expression itself."""
        if self.label is not None:
            return self.label
        return str(self.arguments[0]) if self.operator in _BARE else _unnamed_text(self)

    @property
    def columns(self) -> tuple[str, ...]:
        """What it reads, each once."""
        if not self.inputs:
            return (str(self.arguments[0]),)
        return tuple(dict.fromkeys(column for one in self.inputs for column in one.columns))

    def named(self, name: str) -> "Expression":
        """The feature under another name."""
        if not name:
            raise ConfigError("a feature's name is not empty")
        return Expression(self.operator, self.arguments, self.inputs, name, self.number)

    def field(self, number: int) -> "Expression":
        """The feature in a field of this number; else it has one of its own, by the hash of its name."""
        if not 0 <= number < MOST_FIELDS:
            raise ConfigError(f"fields go from 0 to {MOST_FIELDS - 1}, found {number!r}")
        return Expression(self.operator, self.arguments, self.inputs, self.label, number)

    def log(self) -> "Expression":
        """The logarithm of 1 + |x|, with the sign of x."""
        return applied("log", self)

    def clip(self, least: float | None = None, most: float | None = None) -> "Expression":
        """No less than `least` and no more than `most`."""
        return applied("clip", self, least=least, most=most)

    def scale(self, by: float, center: float = 0.0) -> "Expression":
        """(x - center) / by."""
        return applied("scale", self, by=by, center=center)

    def bucket(self, bounds: Sequence[float]) -> "Expression":
        """A category: how many of the bounds x reaches."""
        return applied("bucket", self, bounds=list(bounds))

    def log_bucket(self) -> "Expression":
        """A category: x rounded down up to 2, then the square of its logarithm, as in the Criteo competition."""
        return applied("log_bucket", self)

    def tokens(self, *, lower: bool = True) -> "Expression":
        """The words of text, each a category whose value is how often it is there."""
        return applied("tokens", self, lower=lower)

    def split(self, separator: str) -> "Expression":
        """The parts of text between separators, each a category."""
        return applied("split", self, separator=separator)

    def __matmul__(self, other: "Expression") -> "Expression":
        return applied("cross", self, other)

    def __str__(self) -> str:
        named = "" if self.label is None else f".named({self.label!r})"
        field = "" if self.number is None else f".field({self.number})"
        own = _unnamed_text(self)
        return f"({own}){named}{field}" if self.operator == "cross" and (named or field) else f"{own}{named}{field}"


def applied(operator: str, /, *inputs: Any, **arguments: Any) -> Expression:
    """An operator applied to expressions.  Raises ConfigError where they do not fit."""
    takes = operator_of(operator).takes
    if len(inputs) != len(takes):
        raise ConfigError(f"'{operator}' is applied to {len(takes)} expressions, found {len(inputs)}")
    for one, kinds in zip(inputs, takes, strict=True):
        if not isinstance(one, Expression) or one.gives not in kinds:
            found = f"{one}, which gives {one.gives}" if isinstance(one, Expression) else repr(one)
            raise ConfigError(f"'{operator}' is applied to {' or '.join(kinds)}, found {found}", hint=_way(operator))
    # A name or field is of the whole feature.
    bare = tuple(Expression(one.operator, one.arguments, one.inputs) for one in inputs)
    return Expression(operator, checked_arguments(operator, arguments), bare)


def _way(operator: str) -> str | None:
    known = {"tokens": "text('...').tokens()", "split": "text('...').split('|')"}
    return known.get(operator, "num('...') reads numbers, and cat('...') categories")


def cat(column: str) -> Expression:
    """The value as a category: whole numbers stand for themselves, text is hashed."""
    return applied("cat", column=column)


def num(column: str) -> Expression:
    """The value as a number."""
    return applied("num", column=column)


def text(column: str) -> Expression:
    """Text, to be cut by `.tokens()` or `.split()`."""
    return applied("text", column=column)


def each(column: str) -> Expression:
    """The elements of a list, each a category."""
    return applied("each", column=column)


def _unnamed_text(expression: Expression) -> str:
    if expression.operator == "cross":
        left, right = expression.inputs
        # `@` goes from left to right.
        other = _unnamed_text(right)
        return f"{_unnamed_text(left)} @ {f'({other})' if right.operator == 'cross' else other}"
    declared = OPERATORS[expression.operator].arguments
    given = [
        _literal(value)
        if argument.name in {"column", "separator", "bounds", "by"}
        else f"{argument.name}={_literal(value)}"
        for argument, value in zip(declared, expression.arguments, strict=True)
        if value != argument.default
    ]
    call = f"{expression.operator}({', '.join(given)})"
    return call if not expression.inputs else f"{_unnamed_text(expression.inputs[0])}.{call}"


def _literal(value: Value) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_literal, value))}]"
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else repr(value)
