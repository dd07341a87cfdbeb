"""How much data there is, before it is read: what the time left is reckoned from."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from tiffin.stream._formats import COMPRESSED, is_table, table_format_of
from tiffin.stream._polars import polars_module

__all__ = ["Amount", "amount_of"]

SAMPLE = 1 << 17  # bytes of a file
MOST_TEXT = 1 << 20  # bytes that they may become


class Amount(NamedTuple):
    """rows: of tables.  size: bytes of text whose lines are examples.  One is 0, or both where nothing tells."""

    rows: int = 0
    size: int = 0

    def times(self, passes: int) -> "Amount":
        """What so many passes over it have to do."""
        return Amount(self.rows * passes, self.size * passes)


def amount_of(paths: Sequence[str]) -> Amount:
    """About how much is in files; nothing tells of pipes, of files elsewhere, or of tables beside other text.

    Of a compressed file the begin says how far it is compressed, and of CSV and its like how long a row is.  Raises
    MissingDependency where Polars is needed to tell, and not there.
    """
    if not all(map(os.path.isfile, paths)):
        return Amount()
    tables = [path for path in paths if is_table(path)]
    amounts = [*map(_rows_of, tables)] if tables else [*map(_size_of, paths)]
    if len(amounts) < len(paths) or not all(amounts):
        return Amount()
    return Amount(rows=sum(amounts)) if tables else Amount(size=sum(amounts))


def _size_of(path: str) -> int:
    size = os.path.getsize(path)
    if not path.endswith(COMPRESSED):
        return size
    text, packed = _begin(path)
    return round(size * len(text) / max(packed, 1))


def _rows_of(path: str) -> int:
    name = table_format_of(path)
    if name in ("parquet", "arrow"):
        return _counted(path, name)
    text, _ = _begin(path)
    return round(_size_of(path) * text.count(b"\n") / len(text)) if text else 0


def _counted(path: str, name: str) -> int:
    """By what the file says of itself; 0 if it cannot be read."""
    pl = polars_module()
    scan = pl.scan_parquet if name == "parquet" else pl.scan_ipc
    try:
        return int(scan(path, glob=False, hive_partitioning=False).select(pl.len()).collect().item())
    except (OSError, pl.exceptions.PolarsError):  # whoever reads the file says what is wrong
        return 0


def _begin(path: str) -> tuple[bytes, int]:
    """The first text of a file, and of how many of its bytes that is; nothing where it cannot be read."""
    try:
        with open(path, "rb") as file:
            packed = file.read(SAMPLE)
        if not path.endswith(COMPRESSED):
            return packed, len(packed)
        return _gunzipped(packed) if path.endswith(".gz") else _unzstandard(packed)
    except (ImportError, OSError, EOFError):  # as above
        return b"", 0


def _gunzipped(packed: bytes) -> tuple[bytes, int]:
    """Text, and of how many bytes it is."""
    import zlib  # noqa: PLC0415 - only who has such files has to pay for it

    member = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        text = member.decompress(packed, MOST_TEXT)
    except zlib.error:
        return b"", 0
    return text, len(packed) - len(member.unconsumed_tail) - len(member.unused_data)


def _unzstandard(packed: bytes) -> tuple[bytes, int]:
    import zstandard  # noqa: PLC0415 - an optional extra

    from tiffin.stream._unpacked import FRAME_PIECE  # noqa: PLC0415 - 1 ms

    frame = zstandard.ZstdDecompressor().decompressobj()
    text, at = bytearray(), 0
    try:
        while at < len(packed) and len(text) < MOST_TEXT and not frame.eof:
            text += frame.decompress(packed[at : at + FRAME_PIECE])
            at += FRAME_PIECE
    except zstandard.ZstdError as error:
        raise EOFError from error
    return bytes(text), min(at, len(packed)) - len(frame.unused_data)
