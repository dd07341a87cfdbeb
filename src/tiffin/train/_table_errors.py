"""What befalls the tables of parameters, in words of their settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from tiffin._native.learning import ReadOnly
from tiffin.errors import TrainingError

__all__ = ["no_memory", "table_errors"]


class _Settings(Protocol):
    """Of a model, or of one table."""

    @property
    def table(self) -> str: ...
    @property
    def bits(self) -> int: ...
    @property
    def memory(self) -> int: ...
    @property
    def spill(self) -> str: ...


@contextmanager
def table_errors(*tables: _Settings) -> Iterator[None]:
    """Raise TrainingError where memory or the disk has no room for rows, or they are only read.

    tables: the settings of each there is.
    """
    try:
        yield
    except ReadOnly as error:
        raise TrainingError(
            "a mapped model only predicts, and here it should learn", hint="load it without mapped=True"
        ) from error
    except MemoryError:
        if not tables:
            raise
        raise no_memory(max(tables, key=lambda settings: settings.memory)) from None
    except OSError as error:
        settings = next((one for one in tables if one.memory and error.filename == one.spill), None)
        if settings is None:
            raise
        raise TrainingError(
            f"rows that memory has no room for cannot be kept in '{settings.spill}': {error.strerror}",
            hint="name another directory with spill=DIR, or set more memory",
        ) from error


def no_memory(settings: _Settings) -> TrainingError:
    """The error of a table that does not fit."""
    if settings.table == "fixed":
        return TrainingError(
            f"there is no memory for a table of 2^{settings.bits} rows", hint="set fewer bits, such as bits=22"
        )
    if settings.memory > 0:
        return TrainingError(
            f"a table of {settings.memory:,} bytes has no room for the features of one example",
            hint="set more memory, such as memory=1GB",
        )
    return TrainingError(
        "there is no memory for all features", hint="bound it, such as with memory=8GB; admit=3 keeps rare features out"
    )
