"""The bytes of files here and elsewhere, decompressed."""

import gzip
import zlib
from collections.abc import Iterator
from typing import Any

from tiffin.errors import FormatError, MissingDependency, TransferError
from tiffin.stream._places import is_remote, name_of, opened_bytes

__all__ = ["read_pieces"]

PIECE = 1 << 20  # bytes that are read at a time
FRAME_PIECE = 1 << 12  # compressed bytes at a time: they may become thousands of times as many
GZIP = b"\x1f\x8b"  # how such a file begins


def read_pieces(path: str) -> Iterator[bytes]:
    """The bytes of a file, decompressed if it is.  Raises FormatError, TransferError."""
    try:
        yield from _pieces(path)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FormatError(f"the compressed data is damaged: {error}", path=path) from error
    except OSError as error:
        raise TransferError(f"cannot read '{path}': {error.strerror or error}") from error


def _pieces(path: str) -> Iterator[bytes]:
    """The bytes of a file, decompressed.  Raises OSError, EOFError, zlib.error."""
    name = name_of(path)
    with opened_bytes(path) as packed:
        file = gzip.GzipFile(fileobj=packed) if name.endswith(".gz") and not _is_unpacked(path, packed) else packed
        pieces = iter(lambda: file.read(PIECE), b"")
        yield from _zstandard(pieces) if name.endswith(".zst") else pieces


def _is_unpacked(path: str, packed: Any) -> bool:
    """Whether a server has said that what it sends is packed, so that it comes unpacked, whatever its name says."""
    return is_remote(path) and packed.peek(2)[:2] not in (GZIP, b"")


def _zstandard(pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        import zstandard  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise MissingDependency(
            "files that end with .zst need the library zstandard", hint="pip install 'tiffin[train]'"
        ) from None
    frame = None  # a file may be several, one after the other
    try:
        for piece in pieces:
            for at in range(0, len(piece), FRAME_PIECE):
                left = piece[at : at + FRAME_PIECE]
                while left:
                    frame = frame or zstandard.ZstdDecompressor().decompressobj()
                    yield frame.decompress(left)
                    left = frame.unused_data
                    frame = None if frame.eof else frame
    except zstandard.ZstdError as error:
        raise EOFError(str(error)) from error
    if frame is not None:
        raise EOFError("it ends in the middle of a frame")
