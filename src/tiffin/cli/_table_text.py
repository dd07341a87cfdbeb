"""Tables as text: aligned columns, or Markdown as GitHub reads it.

Lines are never broken: a table that is wider than the terminal is for `_fitting`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["DIGITS", "MARGIN", "Column", "cell", "columns_of", "markdown", "plain", "width"]

# So many digits of a number are shown unless something else is asked.
DIGITS = 5
# A column is never narrower than its header and this.
MARGIN = 2


class Column(NamedTuple):
    """A column: its header and its cells from above.  right: they are aligned there."""

    header: str
    cells: list[str]
    right: bool = False


def columns_of(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Column]:
    """A table by columns."""
    return [Column(header, [row[at] for row in rows]) for at, header in enumerate(headers)]


def plain(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns two blanks apart, under their headers; without rows nothing."""
    if not rows:
        return ""
    widths = _widths(headers, rows)
    lines = ("  ".join(map(_padded, row, widths)) for row in (headers, *rows))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def markdown(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, and the empty line that ends it."""
    escaped = [[text.replace("|", "\\|") for text in row] for row in (headers, *rows)]
    widths = _widths(escaped[0], escaped[1:])
    lines = [f"| {' | '.join(map(_padded, row, widths))} |" for row in escaped]
    lines.insert(1, f"|{'|'.join('-' * (size + 2) for size in widths)}|")
    return "\n".join(lines) + "\n\n"


def cell(value: Any, precision: int | None = None, *, significant: bool = False) -> str:
    """A value as a table shows it, in one line.

    precision: digits after the decimal point, or with significant, in all.
    """
    return str(_rounded(value, precision, significant=significant)).replace("\n", "\\n")


def width(text: str) -> int:
    """The columns a text takes on a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # noqa: PLC0415 - few tables need it

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def _rounded(value: Any, precision: int | None, *, significant: bool) -> Any:
    if isinstance(value, float) and precision:
        return _Number(f"{value:.{precision}g}") if significant else round(value, precision)
    if isinstance(value, Mapping):
        return {key: _rounded(child, precision, significant=significant) for key, child in value.items()}
    if isinstance(value, list):
        return [_rounded(child, precision, significant=significant) for child in value]
    return value


class _Number(str):
    """Shown without quotes inside a list."""

    __slots__ = ()
    __repr__ = str.__str__


def _widths(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    columns = zip(*rows, strict=True) if rows else [() for _ in headers]
    return [
        max([width(header) + MARGIN, *(width(text) for text in column)])
        for header, column in zip(headers, columns, strict=True)
    ]


def _padded(text: str, size: int) -> str:
    return text + " " * (size - width(text))
