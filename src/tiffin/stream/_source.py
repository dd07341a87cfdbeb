"""Files as one source of blocks."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from errno import EMSGSIZE

from tiffin._native.learning import BlockSource, FedSource, FileSource, RowsSource, TextRows
from tiffin.errors import ConfigError, FormatError, TransferError, UsageError
from tiffin.stream._beside import beside
from tiffin.stream._formats import COMPRESSED
from tiffin.stream._places import check_there, is_remote, name_of, on_disk

__all__ = ["opened", "parsed"]

MOST_BLOCKS = 8  # that wait to be parsed


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
    with beside("decompress", lambda: _feed(paths, source), source):
        yield source


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


def _feed(paths: Sequence[str], source: FedSource) -> None:
    for path in paths:
        if not _feed_file(path, source):
            return


def _feed_file(path: str, source: FedSource) -> bool:
    from tiffin.stream._unpacked import read_pieces  # noqa: PLC0415 - 1 ms, and most files are as they are

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
