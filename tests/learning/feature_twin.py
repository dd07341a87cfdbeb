"""A slow twin of the native encoder: features of one row at a time, in plain Python."""

import math
import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tiffin.features import Expression, fields_of

MASK = (1 << 48) - 1
WORD = (1 << 64) - 1
SECRET = (0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3)

# (key, value) of each feature, or None for a row that is none
Row = list[tuple[int, float]] | None


def fold(a: int, b: int) -> int:
    return (a * b & WORD) ^ (a * b >> 64)


def text_hash(text: bytes) -> int:
    state = SECRET[0]
    left = text
    while len(left) > 16 or left is text or left:
        piece = left[:16].ljust(16, b"\0")
        low, high = struct.unpack("<QQ", piece)
        state = fold(low ^ SECRET[1], high ^ state)
        left = left[16:]
    return fold(SECRET[2] ^ len(text), state)


def mix(key: int, seed: int = 0) -> int:
    return fold(key ^ SECRET[1], seed ^ SECRET[0])


def id_of_text(text: str) -> int:
    plain = text.isascii() and text.isdigit() and (text == "0" or text[0] != "0")
    return int(text) if plain and int(text) <= MASK else text_hash(text.encode()) & MASK


def id_of(value: Any) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return id_of_text(value)
    if isinstance(value, bool):
        return id_of_text("true" if value else "false")
    if isinstance(value, int):
        return id_of_text(str(value))
    if math.isnan(value):
        return None
    if math.isinf(value):
        return id_of_text(str(value))
    return id_of_text(str(int(value)) if value == int(value) else np.format_float_positional(value, trim="-"))


def words(text: str, *, lower: bool) -> list[str]:
    found, word = [], bytearray()
    for byte in text.encode() + b" ":
        if byte >= 0x80 or chr(byte).isalnum():
            word.append(byte + 32 if lower and 65 <= byte <= 90 else byte)
        elif word:
            found.append(word.decode())
            word = bytearray()
    return found


def bag(ids: Sequence[int | None]) -> list[tuple[int, float]]:
    return [(one, float(count)) for one, count in sorted(Counter(i for i in ids if i is not None).items())]


class Infinite(Exception):
    pass


def finite(number: float) -> float:
    if math.isinf(number):
        raise Infinite
    return number


def product(x: float, y: float) -> float:
    found = float(np.float32(x) * np.float32(y))
    if not math.isfinite(found):
        raise Infinite
    return found


def evaluate(node: Expression, row: Mapping[str, Any]) -> Any:
    """A number (NaN for none), or [(id, value), ...]."""
    inputs = [evaluate(one, row) for one in node.inputs]
    match node.operator, node.arguments, inputs:
        case "cat", (column,), _:
            one = id_of(row[str(column)])
            return [] if one is None else [(one, 1.0)]
        case "num", (column,), _:
            value = row[str(column)]
            return math.nan if value is None else finite(float(value))
        case "text", (column,), _:
            return row[str(column)] or ""
        case "each", (column,), _:
            return bag([id_of(one) for one in row[str(column)] or []])
        case "split", (separator,), [text]:
            return bag([id_of(part) for part in text.split(separator)])
        case "tokens", (lower,), [text]:
            return bag([id_of(word) for word in words(text, lower=bool(lower))])
        case "cross", _, [left, right]:
            left, right = (([] if math.isnan(s) else [(0, s)]) if isinstance(s, float) else s for s in (left, right))
            with np.errstate(over="ignore", invalid="ignore"):
                return [(mix(a, mix(b)) & MASK, product(x, y)) for a, x in left for b, y in right]
        case name, arguments, [x]:
            return transform(name, arguments, x)
    raise AssertionError(node)


def transform(name: str, arguments: Sequence[Any], x: float) -> Any:
    if math.isnan(x):
        return [] if name.endswith("bucket") else x
    match name:
        case "log":
            return math.copysign(math.log1p(abs(x)), x)
        case "clip":
            least, most = arguments
            return min(max(x, -math.inf if least is None else least), math.inf if most is None else most)
        case "scale":
            by, center = arguments
            return finite((x - center) / by)
        case "bucket":
            return [(sum(bound <= x for bound in arguments[0]), 1.0)]
    cut = (max(math.floor(x), -(2**47)) & MASK) if x <= 2 else (1 << 32) + int(math.log(x) ** 2)
    return [(cut, 1.0)]


def encoded(features: Sequence[Expression], rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    fields = fields_of(features)
    return [_row(features, fields, row) for row in rows]


def _row(features: Sequence[Expression], fields: Sequence[int], row: Mapping[str, Any]) -> Row:
    found = []
    try:
        for feature, field in zip(features, fields, strict=True):
            given = evaluate(feature, row)
            if isinstance(given, float):
                with np.errstate(over="ignore"):
                    given = [] if math.isnan(given) else [(id_of_text(feature.name), finite(float(np.float32(given))))]
            found += [(field << 48 | one, value) for one, value in given if value != 0]
    except Infinite:
        return None
    return found
