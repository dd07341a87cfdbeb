"""Several values for a parameter: sweeps, in Hydra's grammar.

sweep  := [file ":"] [marker] name "=" values
values := value "," value {"," value} | "choice(" value {"," value} ")" | "range(" [start ","] stop ["," step] ")"
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from itertools import product

from tiffin.errors import OverrideError

__all__ = ["combinations", "is_sweep"]

_OPENING, _CLOSING = "([{", ")]}"
_OTHERS = frozenset(("interval", "glob", "shuffle", "sort", "tag"))
_MOST = 100_000  # combinations


def is_sweep(text: str) -> bool:
    """Whether a change asks for several values."""
    return len(_values(text)) > 1 or _call(text) is not None


def combinations(changes: Sequence[str]) -> list[list[str]]:
    """The changes with one value each, for all combinations of the values; the last change varies fastest.

    One list, the changes themselves, if none asks for several.  Raises OverrideError.
    """
    several = [_variants(text) for text in changes]
    count = 1
    for variants in several:
        count *= len(variants)
    if count > _MOST:
        raise OverrideError(f"these are {count} combinations of values", hint=f"up to {_MOST} can be queued at once")
    return [list(found) for found in product(*several)]


def _variants(text: str) -> list[str]:
    name, equals, _ = text.partition("=")
    called = _call(text)
    if called is None:
        values = _values(text)
        return [f"{name}{equals}{value}" for value in values] if len(values) > 1 else [text]
    function, arguments = called
    values = list(_range(arguments, text)) if function == "range" else arguments
    if not values:
        raise OverrideError(f"cannot set {text!r}: there is no value in it")
    return [f"{name}={value}" for value in values]


def _call(text: str) -> tuple[str, list[str]] | None:
    """The sweep's function and its arguments; None for another value.  Raises OverrideError for Hydra's others."""
    value = text.partition("=")[2].strip()
    function, opening, rest = value.partition("(")
    if opening and function.strip() in _OTHERS:
        raise OverrideError(
            f"cannot set {text!r}: {function.strip()}() is not known here",
            hint="write the values: NAME=1,2,3, or NAME=choice(...) or NAME=range(...)",
        )
    if function.strip() not in ("choice", "range") or not opening or not rest.endswith(")"):
        return None
    return function.strip(), [part.strip() for part in _split(rest[:-1])] if rest[:-1].strip() else []


def _values(text: str) -> list[str]:
    return [part.strip() for part in _split(text.partition("=")[2])]


def _range(arguments: Sequence[str], text: str) -> Iterator[str]:
    given = {"start": "0", "step": "1"}
    names = ("start", "stop", "step") if len([a for a in arguments if "=" not in a]) != 1 else ("stop", "step")
    for at, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        given[name.strip() if equals else names[min(at, len(names) - 1)]] = value.strip() if equals else argument
    try:
        start, stop, step = (Decimal(given[name]) for name in ("start", "stop", "step"))
    except (KeyError, InvalidOperation):
        step = Decimal(0)
    if not step or len(arguments) > 3 or len(given) > 3:
        raise OverrideError(
            f"cannot set {text!r}: a range has a start, a stop and a step other than 0",
            hint="write it like range(1,10) or range(0,1,0.25); the stop is not part of it",
        )
    if (stop - start) / step > _MOST:
        raise OverrideError(f"cannot set {text!r}: the range has more than {_MOST} values")
    whole = all(value == value.to_integral_value() and value.as_tuple().exponent == 0 for value in (start, stop, step))
    while (start < stop) if step > 0 else (start > stop):
        yield str(start) if whole else str(float(start))
        start += step


def _split(text: str) -> Iterator[str]:
    """The parts between commas that stand in no quotes and no brackets."""
    depth, quote, begun, at = 0, "", 0, 0
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in _OPENING:
            depth += 1
        elif char in _CLOSING:
            depth -= 1
        elif char == "," and depth == 0:
            yield text[begun:at]
            begun = at + 1
        at += 1
    yield text[begun:]
