"""Some rows of a file or a frame, and what is said of their columns beforehand."""

from typing import Any, NamedTuple

__all__ = ["Piece", "Types"]


class Piece(NamedTuple):
    """Some rows: a frame of Polars.

    first_row: in the file, from 0.  faults: rows of the frame that are none, and why.
    """

    frame: Any
    first_row: int
    faults: list[tuple[int, str]]


class Types(NamedTuple):
    """Columns that are read as numbers or as text, whatever their first rows look like."""

    numbers: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()  # of text
