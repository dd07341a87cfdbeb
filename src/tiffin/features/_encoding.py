"""Features over columns of Arrow: the native encoder, and what it gives."""

from array import array
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from tiffin._native.learning import BadColumns, Encoder, key
from tiffin.errors import ConfigError
from tiffin.features._expression import MOST_FIELDS, Expression
from tiffin.stream import BY, Types, column_error

__all__ = ["Encoded", "columns_of", "count_fields", "encode", "encoder", "fields_of", "types_of"]

_INFINITE = float("inf")

if TYPE_CHECKING:
    _Integers = array[int]
    _Floats = array[float]
else:
    # Python 3.11 has no array[int], and a type in quotes is compiled: the first one of a process takes 1.5 ms.
    _Integers = _Floats = array


class Encoded(NamedTuple):
    """Rows in compressed form: row r has the features [offsets[r], offsets[r + 1]) of keys and values.

    labels: NaN where they are not known.  values, weights: empty where all are 1.  bad_rows: rows of the data that are
    no examples and are left out, with reasons.
    """

    offsets: _Integers
    keys: _Integers
    values: _Floats
    labels: _Floats
    weights: _Floats
    bad_rows: list[tuple[int, str]]


def columns_of(features: Sequence[Expression]) -> tuple[str, ...]:
    """What they read, each once."""
    return tuple(dict.fromkeys(chain.from_iterable(feature.columns for feature in features)))


def types_of(features: Sequence[Expression], numbers: Sequence[str] = ()) -> Types:
    """What columns of text files are read as: numbers where one is asked for, text where none is.

    numbers: further columns that are some.
    """
    asked = {"num": set(numbers), "cat": set(), "text": set(), "each": set()}
    for leaf in chain.from_iterable(map(_leaves, features)):
        asked[leaf.operator].add(str(leaf.arguments[0]))
    texts = (asked["cat"] | asked["text"]) - asked["num"]
    return Types(frozenset(asked["num"]), frozenset(texts), frozenset(asked["each"]))


def _leaves(expression: Expression) -> Iterator[Expression]:
    if not expression.inputs:
        yield expression
    for one in expression.inputs:
        yield from _leaves(one)


def fields_of(features: Sequence[Expression], *, numbered: bool = False) -> list[int]:
    """The field of each: the one that was said, or else the hash of its name, and the next that is free.

    numbered: from 0 on instead, for models that count fields.  Raises ConfigError for names that are there twice, and
    for more than MOST_FIELDS.
    """
    if len(features) > MOST_FIELDS:
        raise ConfigError(f"there are at most {MOST_FIELDS:,} features, found {len(features):,}")
    names = [feature.name for feature in features]
    known: set[str] = set()
    for name in names:
        if name in known:
            raise ConfigError(f"two features are named '{name}'", hint="name one of them with .named('...')")
        known.add(name)
    taken = {feature.number for feature in features if feature.number is not None}
    found = []
    last = 0
    for name, feature in zip(names, features, strict=True):
        number = feature.number
        if number is None:
            number = last if numbered else key(0, name) % MOST_FIELDS
            while number in taken:
                number = (number + 1) % MOST_FIELDS
            taken.add(number)
            last = number
        found.append(number)
    return found


def count_fields(features: Sequence[Expression]) -> int:
    """How many fields a model that counts them has."""
    return max(fields_of(features, numbered=True)) + 1


def encoder(
    features: Sequence[Expression],
    labels: Sequence[str] = (),
    weight: str = "",
    *,
    numbered: bool = False,
    by: bool = False,
) -> Encoder:
    """The native form.

    labels: a column for each task.  weight: a column, or "" for none.  by: whether batches have BY.  Raises
    ConfigError.
    """
    if not features:
        raise ConfigError("there are no features")
    for feature in features:
        if feature.gives == "text":
            raise ConfigError(f"{feature} is no feature yet", hint="cut it with .tokens() or .split(), or take cat()")
    names = dict.fromkeys([*columns_of(features), *labels, *filter(None, (weight, BY if by else ""))])
    columns = {name: at for at, name in enumerate(names)}
    fields = fields_of(features, numbered=numbered)
    rows = [
        (feature.name, field, feature.name, _node(feature, columns))
        for feature, field in zip(features, fields, strict=True)
    ]
    return Encoder(list(columns), rows, [columns[label] for label in labels], columns.get(weight, -1))


def encode(
    features: Sequence[Expression], data: Any, *, label: str = "", weight: str = "", numbered: bool = False
) -> Encoded:
    """What features give for columns.  data: what has `__arrow_c_stream__`, such as a frame or a table of Arrow.

    Raises ConfigError, TrainingError for columns that are missing or of the wrong type.
    """
    native = encoder(features, [label] if label else [], weight, numbered=numbered)
    try:
        offsets, keys, values, labels, weights, bad_rows = native.encode(data)
    except BadColumns as error:
        raise column_error(error) from None
    return Encoded(
        array("I", offsets), array("Q", keys), array("f", values), array("f", labels), array("f", weights), bad_rows
    )


def _node(expression: Expression, columns: dict[str, int]) -> tuple[Any, ...]:
    inputs = tuple(_node(one, columns) for one in expression.inputs)
    if not inputs:
        return (expression.operator, columns[str(expression.arguments[0])], (), ())
    return (expression.operator, -1, _flat(expression), inputs)


def _flat(expression: Expression) -> tuple[float | str | bool, ...]:
    if expression.operator == "clip":
        least, most = expression.arguments
        return (-_INFINITE if least is None else least, _INFINITE if most is None else most)  # type: ignore[return-value]
    flat: list[float | str | bool] = []
    for value in expression.arguments:
        if isinstance(value, tuple):
            flat += value
        elif value is not None:
            flat.append(value)
    return tuple(flat)
