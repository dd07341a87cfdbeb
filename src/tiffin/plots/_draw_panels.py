"""Drawings of several views side by side: bars and confusion matrices, as SVG."""

from collections.abc import Iterable, Sequence
from itertools import cycle, islice

from tiffin.plots._figure import Bars, Matrix, Panel, Texts
from tiffin.plots._filling import COLORS
from tiffin.plots._scale import scale_of, short
from tiffin.plots._svg import element, picture, text, title, wide

__all__ = ["draw_bars", "draw_matrix"]

TOP, BOTTOM, GAP = 52, 48, 36
BAR = 14
AREA = 300


def draw_bars(bars: Bars) -> str:
    """Horizontal bars: one a revision for each label, a view for each series."""
    colors = list(islice(cycle(COLORS), len(bars.revisions)))
    row = BAR * len(bars.revisions) + 10
    gutter = min(220.0, 16 + wide(bars.labels))
    floor = TOP + row * max(1, len(bars.labels))
    values = [value for panel in bars.panels for value in panel.values.values()]
    parts = [*_heads(bars.texts, gutter, floor, len(bars.panels))]
    parts += [_fitting(label, gutter - 8, TOP + row * (index + 0.5) + 4) for index, label in enumerate(bars.labels)]
    for number, panel in enumerate(bars.panels):
        left = gutter + number * (AREA + GAP)
        x = scale_of(values, left, left + AREA, zero=True, ticks=6)
        parts.append(text(panel.title, left + AREA / 2, TOP - 10))
        for value, label in x.ticks:
            parts.append(element("line", x1=x(value), x2=x(value), y1=TOP, y2=floor, stroke="#e5e5e5"))
            parts.append(text(label, x(value), floor + 16))
        for (label, revision), value in panel.values.items():
            if label in bars.labels:
                index = bars.revisions.index(revision)
                y = TOP + bars.labels.index(label) * row + 5 + index * BAR
                tip = title(f"{label}, {revision}: {short(value)}")
                start, end = sorted((x(0), x(value)))
                shape = {"x": start, "y": y, "width": max(1.0, end - start), "height": BAR - 1}
                parts.append(element("rect", tip, **shape, fill=colors[index]))
        parts.append(element("line", x1=x(0), x2=x(0), y1=TOP, y2=floor, stroke="#888"))
    right = gutter + len(bars.panels) * (AREA + GAP) - GAP + 16
    parts += _legend(bars.revisions, colors, right)
    height = max(floor + BOTTOM + (16 if bars.texts.note else 0), TOP + 20 * len(bars.revisions))
    return picture(right + 36 + wide(bars.revisions), height, parts)


def draw_matrix(matrix: Matrix) -> str:
    """A cell for each pair of classes, the darker the more."""
    cell = max(12.0, min(60.0, AREA / max(1, len(matrix.rows), len(matrix.columns))))
    width, height = cell * len(matrix.columns), cell * len(matrix.rows)
    gutter = min(200.0, 44 + wide(matrix.rows))
    step = max(width, wide(panel.title for panel in matrix.panels)) + GAP
    parts = [*_heads(matrix.texts, gutter, TOP + height, len(matrix.panels), step - GAP)]
    parts += [_fitting(label, gutter - 6, TOP + (index + 0.5) * cell + 4) for index, label in enumerate(matrix.rows)]
    for number, panel in enumerate(matrix.panels):
        parts += _cells(matrix, panel, gutter + number * step, cell)
    bottom = TOP + height + BOTTOM + (16 if matrix.texts.note else 0)
    return picture(gutter + len(matrix.panels) * step, bottom, parts)


def _cells(matrix: Matrix, panel: Panel, left: float, cell: float) -> Iterable[str]:
    most = 1.0 if matrix.normalized else max(panel.values.values(), default=1.0)
    floor = TOP + cell * len(matrix.rows)
    yield text(panel.title, left + cell * len(matrix.columns) / 2, TOP - 10)
    for column, x_label in enumerate(matrix.columns):
        x = left + column * cell
        if cell >= 20 or column % 3 == 0:
            fits = max(1, int(cell / 6.2))
            yield text(x_label if len(x_label) <= fits else f"{x_label[: max(1, fits - 1)]}…", x + cell / 2, floor + 16)
        for row, y_label in enumerate(matrix.rows):
            y = TOP + row * cell
            value = panel.values.get((y_label, x_label), 0.0)
            written = f"{value:.2f}" if matrix.normalized else f"{value:g}"
            tip = title(f"{matrix.texts.y} {y_label}, {matrix.texts.x} {x_label}: {written}")
            share = value / most
            yield element("rect", tip, x=x, y=y, width=cell - 1, height=cell - 1, fill=_shade(share))
            if cell >= 20:
                ink = "#fff" if share > 0.5 else "#333"
                yield text(written, x + cell / 2, y + cell / 2 + 4, fill=ink, pointer_events="none")


def _shade(share: float) -> str:
    """From nearly white to a deep blue."""
    light, dark = (237, 244, 250), (8, 64, 129)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(light, dark, strict=True))


def _heads(texts: Texts, gutter: float, floor: float, panels: int, width: float = AREA) -> Iterable[str]:
    middle = gutter + (panels * (width + GAP) - GAP) / 2
    yield text(texts.title, middle, 18, font_size=13, font_weight="bold")
    yield text(texts.x, middle, floor + 36, font_weight="bold")
    place = f"translate(12 {(TOP + floor) / 2:.0f}) rotate(-90)"
    yield text(texts.y, 0, 0, transform=place, font_weight="bold")
    if texts.note:
        yield text(texts.note, gutter, floor + 54, "start", fill="#888")


def _fitting(label: str, x: float, y: float) -> str:
    fits = int((x - 18) / 6.2)
    shown = label if len(label) <= fits else f"{label[: max(1, fits - 1)]}…"
    return text(shown, x, y, "end")


def _legend(revisions: Sequence[str], colors: Sequence[str], left: float) -> Iterable[str]:
    for index, revision in enumerate(revisions):
        top = TOP + 4 + index * 18
        yield element("rect", x=left, y=top - 5, width=12, height=10, fill=colors[index])
        yield text(revision, left + 18, top + 4, "start")
