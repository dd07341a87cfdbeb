r"""CSV and TSV with a header.

record := field (separator field)* "\n"        field := text | '"' (other | '""')* '"'
"""

import csv
from collections.abc import Mapping
from io import BytesIO, StringIO
from threading import Lock
from typing import Any

from tiffin.errors import FormatError
from tiffin.stream._polars import kind_of, polars_module
from tiffin.stream._rows_of_text import TextTable

__all__ = ["CsvText"]


class CsvText(TextTable):
    """Fields between separators; what is empty is null."""

    def __init__(self, separator: str) -> None:
        self._separator = separator

    def whole(self, text: bytes) -> int:
        end = len(text)
        quotes = text.count(b'"')
        while (at := text.rfind(b"\n", 0, end)) >= 0:
            quotes -= text.count(b'"', at, end)
            if quotes % 2 == 0:
                return at + 1
            end = at
        return 0

    def schema(self, text: bytes, path: str) -> dict[str, Any]:
        pl = polars_module()
        try:
            schema = pl.read_csv(
                BytesIO(text),
                separator=self._separator,
                infer_schema_length=None,
                truncate_ragged_lines=True,
                ignore_errors=True,
            ).schema
        except pl.exceptions.PolarsError as error:
            raise FormatError(f"this cannot be read as CSV: {str(error).splitlines()[0]}", path=path) from error
        return dict(schema)

    def body(self, text: bytes) -> bytes:
        quotes, at = 0, -1
        while True:
            begin, at = at + 1, text.find(b"\n", at + 1)
            if at < 0:
                return b""
            quotes += text.count(b'"', begin, at)
            if quotes % 2 == 0 and text[:at].strip():
                return text[at + 1 :]

    def parse(self, text: bytes, schema: Mapping[str, Any], columns: list[str]) -> Any:
        names = list(schema)
        return polars_module().read_csv(
            BytesIO(text.rstrip(b"\r\n")),
            has_header=False,
            separator=self._separator,
            schema=dict(schema),
            columns=[names.index(name) for name in columns],
            truncate_ragged_lines=False,
        )

    def parse_slowly(
        self, text: bytes, schema: Mapping[str, Any], columns: list[str]
    ) -> tuple[Any, list[tuple[int, str]]]:
        pl = polars_module()
        width = len(schema)
        faults: dict[int, str] = {}
        kept: list[list[str | None]] = []
        for fields in _lines(text.rstrip(b"\r\n").decode("utf-8", "surrogateescape"), self._separator):
            row = len(kept)
            if len(fields) > width:
                faults[row] = f"{len(fields)} fields, and the header has {width}"
            elif not all(map(_is_utf8, fields)):
                faults[row] = "this is no valid UTF-8"
            kept.append(
                [None] * width
                if row in faults
                else [*(text or None for text in fields), *[None] * (width - len(fields))]
            )
        found = {}
        for at, (name, dtype) in enumerate(schema.items()):
            if name not in columns:
                continue
            given = pl.Series(name, [fields[at] for fields in kept], dtype=pl.String)
            found[name] = _cast(given, dtype)
            for row in (given.is_not_null() & found[name].is_null()).arg_true().to_list():
                faults.setdefault(row, f"'{name}' should be {_expected(dtype)}, found '{given[row]}'")
        return pl.DataFrame(found, schema={name: schema[name] for name in columns}), sorted(faults.items())


def _lines(text: str, separator: str) -> list[list[str]]:
    """The fields of each record, however long: the limit is one of the whole process, and for others it stays."""
    with _limit:
        before = csv.field_size_limit(max(csv.field_size_limit(), len(text)))
        try:
            return list(csv.reader(StringIO(text, newline=""), delimiter=separator))
        finally:
            csv.field_size_limit(before)


_limit = Lock()


def _cast(given: Any, dtype: Any) -> Any:
    pl = polars_module()
    if dtype != pl.Boolean:
        return given.cast(dtype, strict=False)
    known = {"true": True, "false": False}
    return pl.Series(given.name, [known.get((text or "").lower()) for text in given], dtype=pl.Boolean)


def _expected(dtype: Any) -> str:
    known = {"whole": "a whole number", "number": "a number", "flag": "true or false"}
    return known.get(kind_of(dtype), f"of type {dtype}")


def _is_utf8(text: str) -> bool:
    return not any("\udc80" <= c <= "\udcff" for c in text)
