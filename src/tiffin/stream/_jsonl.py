"""JSON lines: each line a map, whose keys are columns."""

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from tiffin.errors import FormatError
from tiffin.stream._polars import polars_module
from tiffin.stream._rows_of_text import TextTable

__all__ = ["JsonText"]


class JsonText(TextTable):
    """A key that a line lacks is null."""

    is_sparse = True

    def whole(self, text: bytes) -> int:
        return text.rfind(b"\n") + 1

    def schema(self, text: bytes, path: str) -> dict[str, Any]:
        lines = [line for line in text.splitlines() if line.strip()]
        maps = [value for value in map(_value, lines) if isinstance(value, dict)]
        if not maps:
            raise FormatError("none of the first lines is a JSON object", path=path)
        names = dict.fromkeys(name for one in maps for name in one)
        found = {name: _type_of([one.get(name) for one in maps]) for name in names}
        return {name: dtype for name, dtype in found.items() if dtype is not None}

    def body(self, text: bytes) -> bytes:
        return text

    def parse(self, text: bytes, schema: Mapping[str, Any], columns: list[str]) -> Any:
        return polars_module().read_ndjson(BytesIO(text), schema={name: schema[name] for name in columns})

    def parse_slowly(
        self, text: bytes, schema: Mapping[str, Any], columns: list[str]
    ) -> tuple[Any, list[tuple[int, str]]]:
        pl = polars_module()
        faults: dict[int, str] = {}
        found: dict[str, list[Any]] = {name: [] for name in columns}
        rows = [line for line in text.splitlines() if line.strip()]
        for row, line in enumerate(rows):
            value = _value(line)
            if not isinstance(value, dict):
                faults[row] = "the line is no JSON object"
                value = {}
            for name in columns:
                given = value.get(name)
                if given is not None and not _fits(given, schema[name]):
                    faults.setdefault(row, f"'{name}' should be {_noun_of(schema[name])}, found {_noun(given)}")
                    given = None
                found[name].append(_as(given, schema[name]))
        return pl.DataFrame(found, schema={name: schema[name] for name in columns}, strict=False), sorted(
            faults.items()
        )


def _value(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _type_of(values: list[Any]) -> Any:
    """The type of Polars that all of them fit; None where there is none."""
    pl = polars_module()
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} and kinds:
        return pl.Float64() if float in kinds else pl.Int64()
    if kinds == {bool}:
        return pl.Boolean()
    if kinds == {list}:
        inner = _type_of([value for one in values if one is not None for value in one])
        return None if inner is None else pl.List(inner)
    return pl.String() if kinds <= {str, int, float, bool} else None


def _as(value: Any, dtype: Any) -> Any:
    """A value that fits; as text it is what Polars makes of it."""
    pl = polars_module()
    if isinstance(value, list):
        return [_as(one, dtype.inner) for one in value]
    if dtype != pl.String or not isinstance(value, int | float):
        return value
    if isinstance(value, bool):
        return json.dumps(value)
    from decimal import Decimal  # noqa: PLC0415 - slow to import, needed for numbers among text only

    return f"{Decimal(repr(value)).normalize():f}"


def _fits(value: Any, dtype: Any) -> bool:
    pl = polars_module()
    match value:
        case None:
            return True
        case bool():
            return dtype in {pl.Boolean, pl.String}
        case int():
            return dtype in {pl.Float64, pl.String} or (dtype == pl.Int64 and -(2**63) <= value < 2**63)
        case float():
            return dtype in {pl.Float64, pl.String}
        case str():
            return bool(dtype == pl.String)
        case list():
            return isinstance(dtype, pl.List) and all(_fits(one, dtype.inner) for one in value)
    return False


_NOUNS = {bool: "true or false", int: "a whole number", float: "a number", str: "text", list: "a list", dict: "a map"}


def _noun(value: Any) -> str:
    return _NOUNS[type(value)]


def _noun_of(dtype: Any) -> str:
    pl = polars_module()
    known = {pl.Boolean: bool, pl.Int64: int, pl.Float64: float, pl.String: str}
    return _NOUNS[known.get(dtype.base_type(), list)]
