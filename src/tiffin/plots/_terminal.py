"""Plots as text: lines and points in braille dots, bars in blocks, matrices as tables.

A cell of braille is two dots wide and four high, so 60 columns show 120 places along x.  A library that draws in
terminals would be one more to keep; what is needed of it is below.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from tiffin.plots._figure import Bars, Chart, Figure, Matrix
from tiffin.plots._scale import Scale, scale_of, short

__all__ = ["sketch"]

HEIGHT = 14  # lines of a chart
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # of the dot in row and column of a cell
_COLORS = (35, 36, 33, 32, 34, 31)
_DASHES = ("⠤⠤", "⠄⠄", "⠄ ")  # as lines look of which every, every second and every third dot is set
_EIGHTHS = " ▏▎▍▌▋▊▉"


def sketch(figure: Figure, width: int, *, color: bool = False) -> str:
    """The figure in at most so many columns, every line with its end.  color: with the terminal's colours."""
    figure = _printable(figure)
    lines = [figure.texts.title.center(width).rstrip()]
    if isinstance(figure, Chart):
        lines += _chart(figure, width, color=color)
    else:
        lines += _bars(figure, width, color=color) if isinstance(figure, Bars) else _matrix(figure, width)
    lines += [figure.texts.note] if figure.texts.note else []
    return "".join(f"{line}\n" for line in lines)


def _printable(value: Any) -> Any:
    """The same without characters that a terminal would obey."""
    if isinstance(value, str):
        return "".join(letter if letter.isprintable() else "\ufffd" for letter in value)
    if isinstance(value, dict):
        return {_printable(key): _printable(child) for key, child in value.items()}
    if isinstance(value, tuple):
        children = [_printable(child) for child in value]
        return type(value)(*children) if hasattr(value, "_fields") else tuple(children)
    return [_printable(child) for child in value] if isinstance(value, list) else value


class _Canvas:
    """Braille dots in cells, each in the colour of who set the last dot in it."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._cells = [[0] * width for _ in range(height)]
        self._owners = [[0] * width for _ in range(height)]

    def dot(self, x: int, y: int, owner: int) -> None:
        if 0 <= x < 2 * self.width and 0 <= y < 4 * self.height:
            self._cells[y // 4][x // 2] |= _BITS[y % 4][x % 2]
            self._owners[y // 4][x // 2] = owner

    def line(self, start: tuple[int, int], end: tuple[int, int], owner: int, *, every: int = 1) -> None:
        steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
        for step in range(steps + 1):
            x = start[0] + (end[0] - start[0]) * step / steps
            y = start[1] + (end[1] - start[1]) * step / steps
            if round(x) % every == 0:
                self.dot(round(x), round(y), owner)

    def rows(self, *, color: bool) -> Iterable[str]:
        for cells, owners in zip(self._cells, self._owners, strict=True):
            yield "".join(
                _painted(chr(0x2800 + cell), owner, color=color) if cell else " "
                for cell, owner in zip(cells, owners, strict=True)
            ).rstrip()


def _chart(chart: Chart, width: int, *, color: bool) -> Iterable[str]:
    points = [point for series in chart.series for point in series.points]
    y = scale_of((y for _, y in points), 4 * HEIGHT - 1, 0, names=chart.y_names, ticks=4)
    gutter = min(max((len(label) for _, label in y.ticks), default=0), 12)
    canvas = _Canvas(max(10, width - gutter - 2), HEIGHT)
    x = scale_of((x for x, _ in points), 0, 2 * canvas.width - 1, names=chart.x_names, margin=0)
    for number, series in enumerate(chart.series):
        owner = chart.revisions.index(series.revision)
        places = [(round(x(a)), round(y(b))) for a, b in series.points]
        # Without colours, dashes are all that tells lines apart.
        every = 1 + (chart.names.index(series.name) if color else number) % 3
        for start, end in pairwise(places) if chart.kind == "line" else ():
            canvas.line(start, end, owner, every=every)
        for left, top in places if chart.kind == "scatter" or len(places) == 1 else ():
            for corner in ((0, 0), (1, 0), (0, 1), (1, 1)):
                canvas.dot(left + corner[0], top + corner[1], owner)
    labels = {round(y(value)) // 4: label for value, label in y.ticks}
    for number, row in enumerate(canvas.rows(color=color)):
        yield f"{labels.get(number, '')[:gutter]:>{gutter}} ┤{row}"
    yield f"{'':{gutter}} └{'─' * canvas.width}"
    yield f"{'':{gutter + 2}}{_below(x, canvas.width)}".rstrip()
    yield f"{chart.texts.x} →  {chart.texts.y} ↑".center(width).rstrip()
    yield from _legend(chart, width, color=color)


def _below(x: Scale, width: int) -> str:
    line = ""
    for value, label in x.ticks:
        start = max(0, min(round(x(value)) // 2 - len(label) // 2, width - len(label)))
        if not line or start > len(line):
            line = f"{line:{start}}{label}"
    return line


def _legend(chart: Chart, width: int, *, color: bool) -> Iterable[str]:
    signs = _DASHES if chart.kind == "line" else ("•",)
    if not color:
        labels = [f"{series.revision}, {series.name}" if series.name else series.revision for series in chart.series]
        yield from _beside([(signs[index % len(signs)], label) for index, label in enumerate(labels)], width)
        return
    colors = [("━━", revision) for revision in chart.revisions]
    yield from _beside(colors, width, painted=True)
    if len(chart.names) > 1:
        yield from _beside([(signs[index % len(signs)], name) for index, name in enumerate(chart.names)], width)


def _beside(entries: Sequence[tuple[str, str]], width: int, *, painted: bool = False) -> Iterable[str]:
    """Signs and what they stand for, as many in a line as fit."""
    line, used = "", 0
    for index, (sign, label) in enumerate(entries):
        size = len(sign) + len(label) + 1
        if line and used + 3 + size > width:
            yield line
            line, used = "", 0
        gap = "   " if line else ""
        line += f"{gap}{_painted(sign, index, color=painted)} {label}"
        used += len(gap) + size
    yield line


def _bars(bars: Bars, width: int, *, color: bool) -> Iterable[str]:
    gutter = min(max((len(text) for text in bars.labels), default=0), width // 3)
    names = min(max((len(text) for text in bars.revisions), default=0), 16) if len(bars.revisions) > 1 else 0
    room = max(8, width - gutter - names - 12)
    most = max((abs(value) for panel in bars.panels for value in panel.values.values()), default=0) or 1
    for panel in bars.panels:
        if panel.title:
            yield panel.title
        for label in bars.labels:
            shown = [revision for revision in bars.revisions if (label, revision) in panel.values]
            for number, revision in enumerate(shown):
                value = panel.values[label, revision]
                bar = _painted(_block(abs(value) / most * room), bars.revisions.index(revision), color=color)
                head = f"{label[:gutter] if number == 0 else '':>{gutter}}"
                name = f" {revision[:names]:{names}}" if names else ""
                yield f"{head}{name} {bar}{' ' if bar else ''}{short(value)}"
    yield f"{bars.texts.x} of {bars.texts.y}"


def _block(length: float) -> str:
    eighths = round(length * 8)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


def _matrix(matrix: Matrix, width: int) -> Iterable[str]:
    gutter = min(max((len(label) for label in matrix.rows), default=0), width // 3)
    for panel in matrix.panels:
        cells = [
            [_cell(matrix, panel.values.get((row, column), 0.0)) for column in matrix.columns] for row in matrix.rows
        ]
        fits = max([*(len(cell) for line in cells for cell in line), *(min(len(name), 8) for name in matrix.columns)])
        shown = max(1, (width - gutter) // (fits + 1))
        yield panel.title
        yield _row("", gutter, matrix.columns[:shown], fits)
        for name, line in zip(matrix.rows, cells, strict=True):
            yield _row(name, gutter, line[:shown], fits)
        if len(matrix.columns) > shown:
            yield f"{len(matrix.columns) - shown} more columns do not fit"
    yield f"{matrix.texts.x} →  {matrix.texts.y} ↓"


def _cell(matrix: Matrix, value: float) -> str:
    return f"{value:.2f}" if matrix.normalized else f"{value:g}"


def _row(name: str, gutter: int, cells: Sequence[str], fits: int) -> str:
    return f"{name[:gutter]:>{gutter}} " + " ".join(f"{cell[:fits]:>{fits}}" for cell in cells)


def _painted(text: str, owner: int, *, color: bool) -> str:
    return f"\033[{_COLORS[owner % len(_COLORS)]}m{text}\033[0m" if color and text else text
