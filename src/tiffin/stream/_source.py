"""Files as one source of blocks."""

import gzip
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from errno import EMSGSIZE
from threading import Thread
from typing import Any

from tiffin._native.learning import BlockSource, FedSource, FileSource, RowsSource, TextRows
from tiffin.errors import ConfigError, FormatError, MissingDependency, TransferError, UsageError
from tiffin.stream._beside import beside
from tiffin.stream._formats import COMPRESSED
from tiffin.stream._places import check_there, is_remote, name_of, on_disk, opened_bytes

__all__ = ["opened", "parsed", "read_pieces"]

PIECE = 1 << 20  # bytes that are read at a time
FRAME_PIECE = 1 << 12  # compressed bytes at a time: they may become thousands of times as many
MOST_BLOCKS = 8  # that wait to be parsed
GZIP = b"\x1f\x8b"  # how such a file begins


@contextmanager
def opened(paths: Sequence[str]) -> Iterator[BlockSource]:
    """The blocks of all files, in order, for one pass.

    Compressed files (.gz, .zst) and what is no regular file here, such as a pipe or a URL, are read by a thread beside
    it.

    Raises MissingDependency before anything is read if a file is not there, and at the end TransferError, or
    FormatError for compressed data that is damaged.
    """
    if not paths:
        raise UsageError("no data files were named")
    for path in paths:
        check_there(path)
    paths = [path if is_remote(path) else on_disk(path) for path in paths]
    if not any(map(_is_fed, paths)):
        with _named_errors(paths):
            yield FileSource(paths)
        return
    source = FedSource(MOST_BLOCKS)
    failures: list[Exception] = []
    feeder = Thread(target=_feed, args=(paths, source, failures), name="decompress", daemon=True)
    with beside(feeder, source):
        yield source
    if failures:
        raise failures[0]


@contextmanager
def parsed(paths: Sequence[str], data_format: str, column: str | None = None) -> Iterator[RowsSource]:
    """The examples of all files, in order, for one pass.

    column: to compare predictions by, as the format calls it.  Raises as `opened` does, and ConfigError where there is
    no such column.
    """
    with opened(paths) as source:
        try:
            rows = TextRows(source, data_format, column)
        except ValueError as error:
            raise ConfigError(str(error)) from None
        yield rows


def _is_fed(path: str) -> bool:
    return name_of(path).endswith(COMPRESSED) or not os.path.isfile(path)


@contextmanager
def _named_errors(paths: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.filename not in paths:
            raise  # of whoever uses the examples
        if error.errno == EMSGSIZE:
            raise _too_long(error.filename) from None
        raise TransferError(f"cannot read '{error.filename}': {error.strerror}") from error


def _feed(paths: Sequence[str], source: FedSource, failures: list[Exception]) -> None:
    try:
        for path in paths:
            if not _feed_file(path, source):
                return
    except Exception as error:  # noqa: BLE001 - it is raised where the pass ends
        failures.append(error)
    finally:
        source.end()


def _feed_file(path: str, source: FedSource) -> bool:
    def fed(piece: bytes) -> bool:
        try:
            return source.feed(piece)
        except OSError as error:
            if error.errno == EMSGSIZE:
                raise _too_long(path) from None
            raise

    return all(map(fed, read_pieces(path))) and source.end_file()


def _too_long(path: str) -> FormatError:
    return FormatError("a line is longer than 64 MiB", path=path, hint="are these lines of examples?")


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
