"""How much text there is, before it is read: what the time left is reckoned from."""

import os
import zlib
from collections.abc import Iterable

from tiffin.stream._formats import COMPRESSED, is_table

__all__ = ["text_size"]

SAMPLE = 1 << 17  # compressed bytes


def text_size(paths: Iterable[str]) -> int:
    """About how many bytes of text the files have; 0 where there is no telling, as with a pipe, or no such text.

    Of a compressed file the begin says how far it is compressed.
    """
    sizes = [_size_of(path) for path in paths]
    return sum(sizes) if all(sizes) else 0


def _size_of(path: str) -> int:
    if not os.path.isfile(path) or is_table(path):
        return 0
    size = os.path.getsize(path)
    return round(size * _expansion(path)) if path.endswith(COMPRESSED) else size


def _expansion(path: str) -> float:
    """How many bytes of text one byte is; 0: not known."""
    with open(path, "rb") as file:
        packed = file.read(SAMPLE)
    try:
        return _gzip(packed) if path.endswith(".gz") else _zstandard(packed)
    except (ImportError, EOFError, zlib.error):  # whoever reads the file says what is wrong
        return 0.0


def _gzip(packed: bytes) -> float:
    member = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    text = member.decompress(packed)
    return len(text) / max(len(packed) - len(member.unused_data), 1)


def _zstandard(packed: bytes) -> float:
    import zstandard  # noqa: PLC0415 - an optional extra

    frame = zstandard.ZstdDecompressor().decompressobj()
    try:
        text = frame.decompress(packed)
    except zstandard.ZstdError as error:
        raise EOFError from error
    return len(text) / max(len(packed) - len(frame.unused_data), 1)
