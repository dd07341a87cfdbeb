"""Tables that are wider than the terminal, made to fit.

A table that fits stays as it is.  Else, one after the other until it does: long values are cut, columns in which all
rows are the same are left out, rows become columns, and the table is broken into panels, each of which begins with what
a row is.  What was cut or left out is said below.  All this is for a terminal only: a pipe gets the whole table.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tiffin.cli._table_text import Column, plain, width

__all__ = ["Fitted", "Style", "drawn", "fit", "squeeze"]

# A cut value keeps so many places at least.
LEAST = 8
NAMED = 3
ELLIPSIS = "…"
CUT = "Long values are cut."
_DIGEST = re.compile(r"[0-9a-f]{32}(\.dir)?")
_DIGITS = 7


class Style(NamedTuple):
    """How a table will be drawn.  gap: blanks between columns; margin: a column is so much wider than its header."""

    gap: int
    margin: int = 0

    def width(self, columns: Sequence[Column]) -> int:
        """The width of the drawn table."""
        return sum(map(self.column, columns)) + self.gap * (len(columns) - 1)

    def column(self, column: Column) -> int:
        """The width of one column."""
        return max([width(column.header) + self.margin, *map(width, column.cells)])


class Fitted(NamedTuple):
    """Tables to be drawn one below the other, and lines to be written below them."""

    panels: list[list[Column]]
    notes: list[str]


def fit(columns: Sequence[Column], space: int, style: Style, *, labels: Sequence[str], keys: int = 1) -> Fitted:
    """Fit a table into so many places.

    keys: how many of the first columns say what a row is; labels: the same in short, for the head of a column.
    """
    size = max(LEAST, space // 3)
    whole = Fitted([list(columns)], [])
    without_same = _without_same(whole, keys)
    short = _shortened(without_same, size)
    for found in (whole, _shortened(whole, size), without_same, short):
        if style.width(found.panels[0]) <= space:
            return found
    (columns,), notes = short
    if len(columns) == keys:
        return short
    turned = _turned(columns, labels, keys)
    if style.width(turned) <= space:
        return Fitted([turned], notes)
    choices = [_panels(columns, space, style, keys), _panels(turned, space, style, 1)]
    return Fitted(min(choices, key=_lines), notes)


def squeeze(columns: Sequence[Column], space: int, style: Style, order: Sequence[int]) -> Fitted:
    """Fit a table of few columns by cutting values; order: the columns to cut first, those not in it stay whole."""
    columns, cut = list(columns), False
    for at in order:
        excess = style.width(columns) - space
        if excess <= 0:
            break
        size = max(LEAST, style.column(columns[at]) - excess)
        cells = [_cut(cell, size) for cell in columns[at].cells]
        cut = cut or cells != columns[at].cells
        columns[at] = columns[at]._replace(cells=cells)
    return Fitted([columns], [CUT] if cut else [])


def drawn(found: Fitted, draw: Callable[[Sequence[Column]], str] | None = None, *, whole: str) -> str:
    """The tables one below the other, and the notes.  whole: the options that give everything."""
    notes = [*found.notes, f"{whole} and a pipe get everything."] if found.notes else []
    return "\n".join(map(draw or _plain, found.panels)) + "".join(f"{note}\n" for note in notes)


def _plain(columns: Sequence[Column]) -> str:
    return plain([column.header for column in columns], list(zip(*(column.cells for column in columns), strict=True)))


def _shortened(found: Fitted, size: int) -> Fitted:
    """Cells of no more than `size` places, and hashes by their first digits."""
    (columns,) = found.panels
    short = [column._replace(cells=[_short(cell, size) for cell in column.cells]) for column in columns]
    return Fitted([short], found.notes if short == columns else [*found.notes, CUT])


def _short(cell: str, size: int) -> str:
    return cell[:_DIGITS] if _DIGEST.fullmatch(cell) else _cut(cell, size)


def _cut(text: str, size: int) -> str:
    """A text of no more than `size` places; its end says more than its middle."""
    if width(text) <= size:
        return text
    tail = size // 3
    head = size - tail - 1
    while width(text[:head]) + width(text[len(text) - tail :]) + 1 > size:  # some characters take two places
        head, tail = (head - 1, tail) if head > tail else (head, tail - 1)
    return f"{text[:head]}{ELLIPSIS}{text[len(text) - tail :]}"


def _without_same(found: Fitted, keys: int) -> Fitted:
    (columns,) = found.panels
    same = [column for column in columns[keys:] if len(set(column.cells)) == 1]
    if len(columns[0].cells) < 2 or not same or len(same) == len(columns) - keys:
        return found
    names = ", ".join(column.header for column in same[:NAMED]) + (", ..." if len(same) > NAMED else "")
    count = f"{len(same)} columns" if len(same) > 1 else "1 column"
    note = f"Left out, the same in all rows: {count} ({names})."
    kept = [column for at, column in enumerate(columns) if at < keys or len(set(column.cells)) > 1]
    return Fitted([kept], [*found.notes, note])


def _turned(columns: Sequence[Column], labels: Sequence[str], keys: int) -> list[Column]:
    """Rows as columns, and columns as rows."""
    values = columns[keys:]
    heads = Column(f"{columns[0].header} →", [column.header for column in values])
    rows = zip(*(column.cells for column in values), strict=True)
    return [heads, *(Column(label, list(row)) for label, row in zip(labels, rows, strict=True))]


def _panels(columns: Sequence[Column], space: int, style: Style, keys: int) -> list[list[Column]]:
    """The first columns with as many of the others as fit, and again with the next ones."""
    head, panels = list(columns[:keys]), [list(columns[:keys])]
    for column in columns[keys:]:
        if len(panels[-1]) > keys and style.width([*panels[-1], column]) > space:
            panels.append(list(head))
        panels[-1].append(column)
    return panels


def _lines(panels: Sequence[Sequence[Column]]) -> int:
    return sum(len(panel[0].cells) + 4 for panel in panels)
