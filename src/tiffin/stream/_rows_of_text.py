"""Text with a row a record, in pieces of bounded size whose types are those of the first rows.

What a fast reader refuses as a whole is read again slowly, so that the rows that are to blame can be named.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

from tiffin.errors import FormatError
from tiffin.stream._column_error import check_columns
from tiffin.stream._pieces import Piece, Types
from tiffin.stream._polars import kind_of, polars_module
from tiffin.stream._unpacked import read_pieces

__all__ = ["TextTable", "read_text"]

CHUNK = 1 << 22  # bytes that are parsed at a time, and from whose first types are found
LONGEST = 1 << 26  # bytes of a record


class TextTable(ABC):
    """A format whose records are lines, more or less.

    is_sparse: whether a column may be missing in records, and so in the first ones.
    """

    is_sparse = False

    @abstractmethod
    def whole(self, text: bytes) -> int:
        """How many bytes are whole records: up to and with the last end of a line that ends a record; 0 for none."""

    @abstractmethod
    def schema(self, text: bytes, path: str) -> dict[str, Any]:
        """Column -> type of Polars, from the first records.  Raises FormatError."""

    @abstractmethod
    def body(self, text: bytes) -> bytes:
        """The first records without what comes before them, such as a header."""

    @abstractmethod
    def parse(self, text: bytes, schema: Mapping[str, Any], columns: list[str]) -> Any:
        """The records as a frame of these columns.  Raises an error of Polars if any is not as the schema says."""

    @abstractmethod
    def parse_slowly(
        self, text: bytes, schema: Mapping[str, Any], columns: list[str]
    ) -> tuple[Any, list[tuple[int, str]]]:
        """The same, and rows that are not as the schema says, with what is wrong; they are null in the frame."""

    def schema_of_file(self, path: str) -> dict[str, Any]:
        """Of the first records of a file; {} if it is empty."""
        first = next(_chunks(self, path), b"")
        return self.schema(first, path) if first.strip() else {}


def read_text(
    path: str, table: TextTable, wanted: frozenset[str] | None, types: Types, *, all_there: bool
) -> Iterator[Piece]:
    """The pieces of a file.

    Raises FormatError, and if all wanted columns have to be there, TrainingError: of a sparse table at the end.
    """
    pl = polars_module()
    schema: dict[str, Any] = {}
    columns: list[str] = []
    unseen: frozenset[str] = frozenset()
    row = 0
    for text in _chunks(table, path):
        if not schema:
            if not text.strip():
                continue
            schema = _fixed(table.schema(text, path), types)
            if all_there and table.is_sparse:
                unseen = (wanted or frozenset()) - schema.keys()
                schema |= {name: _asked(name, types) for name in sorted(unseen)}
            elif all_there:
                check_columns(wanted, schema, path)
            columns = [name for name in schema if wanted is None or name in wanted]
            text = table.body(text)  # noqa: PLW2901 - the rest of the same
        faults: list[tuple[int, str]] = []
        try:
            frame = table.parse(text, schema, columns)
        except pl.exceptions.NoDataError:
            continue
        except pl.exceptions.PolarsError:
            frame, faults = table.parse_slowly(text, schema, columns)
        yield Piece(frame, row, faults)
        row += frame.height
        unseen = frozenset(name for name in unseen if frame[name].null_count() == frame.height)
    if unseen:
        check_columns(wanted, {name: dtype for name, dtype in schema.items() if name not in unseen}, path)


def _asked(name: str, types: Types) -> Any:
    """The type of a column of which nothing was seen yet."""
    pl = polars_module()
    if name in types.lists:
        return pl.List(pl.String)
    return pl.Float64() if name in types.numbers else pl.String()


def _fixed(schema: dict[str, Any], types: Types) -> dict[str, Any]:
    """What is asked of a column counts more than its first rows: numbers may turn out not to be whole, and so on."""
    pl = polars_module()
    found = dict(schema)
    for name, dtype in schema.items():
        kind = kind_of(dtype)
        if name in types.numbers and kind in {"whole", "text"}:
            found[name] = pl.Float64()
        elif name in types.texts and kind in {"whole", "number", "flag"}:
            found[name] = pl.String()
        elif name in types.lists and kind == "list":
            found[name] = pl.List(pl.String)
    return found


def _chunks(table: TextTable, path: str) -> Iterator[bytes]:
    """Whole records, about CHUNK bytes of them at a time."""
    pending = bytearray()
    for piece in read_pieces(path):
        pending += piece
        if len(pending) < CHUNK:
            continue
        size = table.whole(bytes(pending))
        if size == 0:
            if len(pending) > LONGEST:
                raise FormatError(f"a record is longer than {LONGEST:,} bytes", path=path, hint="is a quote left open?")
            continue
        yield bytes(pending[:size])
        del pending[:size]
    if pending:
        yield bytes(pending)
