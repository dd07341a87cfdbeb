"""What our own drawings show of a plot with a built-in template: series of points, bars, or counts of pairs."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from tiffin.plots._filling import series_key
from tiffin.plots._plot import Plot
from tiffin.plots._points import FIELD, FILENAME, REV, Axes, Point

__all__ = ["Bars", "Chart", "Figure", "Matrix", "Panel", "Series", "Texts", "figure_of"]

_LARGEST = 1e300  # beyond, the distance of two numbers may not be one
MOST_POINTS = 1000  # of one line: more than there are pixels
MOST_BARS = 60
MOST_CLASSES = 60
_SEPARATOR = "::"


class Texts(NamedTuple):
    """What is written at a drawing.  note: what is not drawn."""

    title: str
    x: str
    y: str
    note: str = ""


class Series(NamedTuple):
    """The points of one revision and one column, by x."""

    revision: str
    name: str
    points: Sequence[tuple[float, float]]


class Chart(NamedTuple):
    """Lines or points.  x_names, y_names: what the places 0, 1, ... of an axis stand for; empty for a scale."""

    kind: Literal["line", "scatter"]
    texts: Texts
    revisions: Sequence[str]
    names: Sequence[str]  # of the series of a revision; one empty name for a single series
    series: Sequence[Series]
    x_names: Sequence[str] = ()
    y_names: Sequence[str] = ()
    jitter: bool = False


class Panel(NamedTuple):
    """One of several views.  values: (row, column) -> number."""

    title: str
    values: Mapping[tuple[str, str], float]


class Bars(NamedTuple):
    """Horizontal bars: rows are labels, columns revisions."""

    texts: Texts
    revisions: Sequence[str]
    labels: Sequence[str]
    panels: Sequence[Panel]


class Matrix(NamedTuple):
    """Counts of pairs of classes, or their shares of a row: rows are y, columns x."""

    texts: Texts
    rows: Sequence[str]
    columns: Sequence[str]
    panels: Sequence[Panel]
    normalized: bool


Figure = Chart | Bars | Matrix


def figure_of(plot: Plot, template: str) -> Figure | None:
    """What to draw; None where there are no data points.  template: the name of a built-in one."""
    if plot.axes is None:
        return None
    groups = _groups(plot.points, plot.axes)
    if template.startswith("confusion"):
        return _matrix(plot, plot.axes, groups, normalized=template == "confusion_normalized")
    if template.startswith("bar"):
        return _bars(plot, plot.axes, groups, ordered=template == "bar_horizontal_sorted")
    return _chart(plot, plot.axes, groups, template)


def _groups(points: Iterable[Point], axes: Axes) -> dict[tuple[str, str], list[Point]]:
    """(revision, series) -> its points."""
    key, _ = series_key(axes)
    fields = key.split(_SEPARATOR) if key else []
    found: dict[tuple[str, str], list[Point]] = {}
    for point in points:
        name = _SEPARATOR.join(point[field] for field in fields if field in (FILENAME, FIELD))
        found.setdefault((point[REV], name), []).append(point)
    return found


def _chart(plot: Plot, axes: Axes, groups: Mapping[tuple[str, str], list[Point]], template: str) -> Chart:
    scattered = template.startswith("scatter")
    x_names, y_names = (_names_on(plot.points, field) for field in (axes.x, axes.y))
    series = []
    left_out = 0
    for (revision, name), points in groups.items():
        places = [(_place(point.get(axes.x), x_names), _place(point.get(axes.y), y_names)) for point in points]
        pairs = [(x, y) for x, y in places if x is not None and y is not None]
        left_out += len(places) - len(pairs)
        series.append(Series(revision, name, pairs if scattered else _thinned(sorted(pairs, key=lambda pair: pair[0]))))
    note = f"{left_out} of {len(plot.points)} values are no numbers" if left_out else ""
    return Chart(
        "scatter" if scattered else "line",
        Texts(plot.title, axes.x_label, axes.y_label, note),
        plot.revisions,
        series_key(axes)[1] or [""],
        series,
        list(x_names),
        list(y_names),
        jitter=template == "scatter_jitter",
    )


def _bars(plot: Plot, axes: Axes, groups: Mapping[tuple[str, str], list[Point]], *, ordered: bool) -> Bars:
    panels: dict[str, dict[tuple[str, str], float]] = {}
    lengths: dict[str, float] = {}
    for (revision, name), points in groups.items():
        values = panels.setdefault(name, {})
        for point in points:
            length, label = _number(point.get(axes.x)), str(point.get(axes.y))
            if length is not None:
                values[label, revision] = values.get((label, revision), 0.0) + length
                lengths[label] = lengths.get(label, 0.0) + length
    labels = sorted(lengths, key=lambda label: -lengths[label]) if ordered else sorted(lengths, key=_order)
    note = f"{len(labels) - MOST_BARS} more bars are not shown" if len(labels) > MOST_BARS else ""
    texts = Texts(plot.title, axes.x_label, axes.y_label, note)
    return Bars(texts, plot.revisions, labels[:MOST_BARS], [Panel(name, values) for name, values in panels.items()])


def _matrix(plot: Plot, axes: Axes, groups: Mapping[tuple[str, str], list[Point]], *, normalized: bool) -> Matrix:
    panels = []
    sizes: list[dict[str, int]] = [{}, {}]
    for (revision, name), points in groups.items():
        counts: dict[tuple[str, str], float] = {}
        for point in points:
            pair = (str(point.get(axes.y)), str(point.get(axes.x)))
            counts[pair] = counts.get(pair, 0) + 1
            for size, label in zip(sizes, pair, strict=True):
                size[label] = size.get(label, 0) + 1
        title = f"{revision}, {name}" if name else revision
        panels.append(Panel(title, _shares(counts) if normalized else counts))
    rows, columns = (_largest(size) for size in sizes)
    hidden = max(len(size) for size in sizes) - MOST_CLASSES
    texts = Texts(plot.title, axes.x_label, axes.y_label, f"{hidden} more classes are not shown" if hidden > 0 else "")
    return Matrix(texts, rows, columns, panels, normalized)


def _shares(counts: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    whole: dict[str, float] = {}
    for (row, _), count in counts.items():
        whole[row] = whole.get(row, 0) + count
    return {pair: count / whole[pair[0]] for pair, count in counts.items()}


def _largest(sizes: Mapping[str, int]) -> list[str]:
    """The classes that occur most, in the order of their names."""
    return sorted(sorted(sizes, key=lambda label: -sizes[label])[:MOST_CLASSES], key=_order)


def _number(value: Any) -> float | None:
    """A value as a finite number; text counts where it is one, as in tables."""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if abs(found) < _LARGEST else None


def _names_on(points: Iterable[Point], field: str) -> dict[str, float]:
    """The texts on an axis and their places, in order, where none of the values is a number."""
    values = [value for point in points if (value := point.get(field)) is not None]
    if not values or any(_number(value) is not None for value in values):
        return {}
    return {name: float(index) for index, name in enumerate(dict.fromkeys(map(str, values)))}


def _place(value: Any, names: Mapping[str, float]) -> float | None:
    return names.get(str(value)) if names else _number(value)


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most about MOST_POINTS: of each stretch the lowest and the highest, so that no peak is lost."""
    if len(points) <= MOST_POINTS:
        return points
    size = math.ceil(2 * len(points) / MOST_POINTS)
    kept = [points[0]]
    for start in range(0, len(points), size):
        part = points[start : start + size]
        kept += sorted({min(part, key=lambda pair: pair[1]), max(part, key=lambda pair: pair[1])})
    return [*kept, points[-1]]


def _order(label: str) -> tuple[float, str]:
    """Numbers by size, then texts."""
    value = _number(label)
    return (math.inf if value is None else value), label
