"""Our own drawings, for who has no Vega: a built-in template as SVG."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle, islice

from tiffin.plots._draw_panels import draw_bars, draw_matrix
from tiffin.plots._figure import Chart, Figure, Matrix, Series
from tiffin.plots._filling import COLORS, DASHES
from tiffin.plots._scale import Scale, scale_of, short
from tiffin.plots._svg import element, picture, text, title, wide

__all__ = ["draw"]

WIDTH, HEIGHT = 420, 300  # of the area between the axes
LEFT, TOP, BOTTOM = 64, 34, 46
MOST_MARKS = 120  # points of a line that can be read off


def draw(figure: Figure) -> str:
    """The figure as SVG."""
    if isinstance(figure, Chart):
        return _draw_chart(figure)
    return draw_matrix(figure) if isinstance(figure, Matrix) else draw_bars(figure)


def _draw_chart(chart: Chart) -> str:
    points = [point for series in chart.series for point in series.points]
    right, floor = LEFT + WIDTH, TOP + HEIGHT
    x = scale_of(
        (x for x, _ in points), LEFT, right, names=chart.x_names, ticks=8, margin=0.1 if chart.jitter else 0.02
    )
    y = scale_of((y for _, y in points), floor, TOP, names=chart.y_names, ticks=8, margin=0.1 if chart.jitter else 0.04)
    colors = dict(zip(chart.revisions, islice(cycle(COLORS), len(chart.revisions)), strict=True))
    dashes = dict(zip(chart.names, islice(cycle(DASHES), len(chart.names)), strict=True))
    parts = [*_frame(chart, x, y)]
    for series in chart.series:
        color, dash = colors[series.revision], " ".join(map(str, dashes[series.name]))
        parts += _scattered(chart, series, color, x, y) if chart.kind == "scatter" else _line(series, color, dash, x, y)
    legend = list(_legend(chart, colors, dashes, right + 16))
    entries = [*chart.revisions, *(chart.names if len(chart.names) > 1 else ())]
    width = right + 16 + (46 + wide(entries) if legend else 0)
    height = max(floor + BOTTOM + (16 if chart.texts.note else 0), TOP + 20 * (len(entries) + 2))
    return picture(width, height, [*parts, *legend])


def _frame(chart: Chart, x: Scale, y: Scale) -> Iterable[str]:
    right, floor = LEFT + WIDTH, TOP + HEIGHT
    for value, label in y.ticks:
        yield element("line", x1=LEFT, x2=right, y1=y(value), y2=y(value), stroke="#e5e5e5")
        yield text(label if len(label) < 9 else f"{label[:8]}…", LEFT - 6, y(value) + 4, "end")
    for value, label in x.ticks:
        yield element("line", x1=x(value), x2=x(value), y1=floor, y2=floor + 4, stroke="#888")
        yield text(label if len(label) < 13 else f"{label[:12]}…", x(value), floor + 16)
    yield element("line", x1=LEFT, x2=right, y1=floor, y2=floor, stroke="#888")
    yield element("line", x1=LEFT, x2=LEFT, y1=TOP, y2=floor, stroke="#888")
    yield text(chart.texts.title, LEFT + WIDTH / 2, 18, font_size=13, font_weight="bold")
    yield text(chart.texts.x, LEFT + WIDTH / 2, floor + 36, font_weight="bold")
    place = f"translate(14 {TOP + HEIGHT / 2:.0f}) rotate(-90)"
    yield text(chart.texts.y, 0, 0, transform=place, font_weight="bold")
    if chart.texts.note:
        yield text(chart.texts.note, LEFT, floor + 54, "start", fill="#888")


def _line(series: Series, color: str, dash: str, x: Scale, y: Scale) -> Iterable[str]:
    if len(series.points) > 1:
        places = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in series.points)
        yield element(
            "polyline",
            points=places,
            fill="none",
            stroke=color,
            stroke_width=2,
            stroke_dasharray=dash,
            stroke_linejoin="round",
        )
    shown: Sequence[tuple[float, float]] = series.points if len(series.points) <= MOST_MARKS else ()
    for point in shown:
        # An unseen mark is large enough to be hit by a pointer; a lone point is all there is to see.
        size, opacity = (3, 1) if len(series.points) == 1 else (5, 0)
        yield _mark(series, point, x, y, r=size, fill=color, fill_opacity=opacity)
    if len(series.points) > 1:
        yield _mark(series, series.points[-1], x, y, r=2.5, fill=color)


def _scattered(chart: Chart, series: Series, color: str, x: Scale, y: Scale) -> Iterable[str]:
    hollow = chart.names.index(series.name) % 2
    style = {"fill": "none", "stroke": color} if hollow else {"fill": color, "fill_opacity": "0.6"}
    for index, point in enumerate(series.points):
        moved = (_jitter(index, 0), _jitter(index, 1)) if chart.jitter else (0.0, 0.0)
        yield _mark(series, point, x, y, moved, r=3, **style)


def _jitter(index: int, axis: int) -> float:
    """A few pixels to a side, another for each point, the same every time: the parts of a low-discrepancy sequence."""
    return ((index + 1) * (0.7548776662466927, 0.5698402909980532)[axis] % 1 - 0.5) * 24


def _mark(
    series: Series,
    point: tuple[float, float],
    x: Scale,
    y: Scale,
    moved: tuple[float, float] = (0, 0),
    **style: float | str,
) -> str:
    label = f"{series.revision}, {series.name}" if series.name else series.revision
    tip = title(f"{label}: {short(point[0])}, {short(point[1])}")
    return element("circle", tip, cx=x(point[0]) + moved[0], cy=y(point[1]) + moved[1], **style)


def _legend(chart: Chart, colors: dict[str, str], dashes: Mapping[str, Sequence[int]], left: float) -> Iterable[str]:
    """Revisions by colour, then the series of each by dash or fill."""
    top = TOP + 8.0
    for revision in chart.revisions:
        yield element("line", x1=left, x2=left + 22, y1=top, y2=top, stroke=colors[revision], stroke_width=3)
        yield text(revision, left + 28, top + 4, "start")
        top += 18
    if len(chart.names) < 2:
        return
    top += 10
    for index, name in enumerate(chart.names):
        if chart.kind == "scatter":
            fill = "none" if index % 2 else "#888"
            yield element("circle", cx=left + 11, cy=top, r=3.5, fill=fill, stroke="#888")
        else:
            dash = " ".join(map(str, dashes[name]))
            yield element(
                "line", x1=left, x2=left + 22, y1=top, y2=top, stroke="#888", stroke_width=2, stroke_dasharray=dash
            )
        yield text(name, left + 28, top + 4, "start")
        top += 18
