"""Filling a template with a plot: the whole specification, or its parts apart as the VS Code extension wants them."""

from collections.abc import Iterable, Sequence
from itertools import cycle, islice
from typing import Any, NamedTuple

from tiffin.errors import PlotError
from tiffin.plots._plot import Plot
from tiffin.plots._points import FIELD, FILENAME, REV, Axes, Point
from tiffin.plots._template import Template, anchor

__all__ = ["COLORS", "DASHES", "Filled", "fill", "series_key"]

COLORS = ("#945dd6", "#13adc7", "#f46837", "#48bb78", "#4299e1", "#ed8936", "#f56565")
DASHES = ([1, 0], [8, 8], [8, 4], [4, 4], [4, 2], [2, 1], [1, 1])
_SHAPES = ("circle", "square", "triangle", "diamond")
_ZOOM = {"name": "grid", "select": "interval", "bind": "scales"}
_SIZE = 300

# Left in the content and told apart, so that a program can put its own in their place.
_APART = frozenset(
    (
        *("color", "data", "plot_height", "plot_width", "shape", "stroke_dash"),
        *("title", "tooltip", "x_label", "y_label", "zoom_and_pan"),
    )
)
_ALWAYS = frozenset(("title", "x", "y", "x_label", "y_label", "data"))
# What is empty where a plot has a single series.
_OF_SERIES = ("row", "column", "shape", "stroke_dash")
_SEPARATOR = "::"


class Filled(NamedTuple):
    """content: the specification.  apart: anchor -> what would stand there, for anchors that were left."""

    content: dict[str, Any]
    apart: dict[str, Any]


def fill(plot: Plot, template: Template, *, split: bool = False) -> Filled:
    """Put a plot's data and texts into a template.  Raises PlotError.

    split: leave the anchors of data, texts, colours and sizes in place and give their values apart.
    """
    if plot.axes is None:
        return Filled({}, {})
    if not (split or template.has("data")):
        raise PlotError(
            f"the plot template '{template.name}' has no place for the data",
            hint=f'write `"data": {{"values": "{anchor("data")}"}}` into it',
        )
    key, domain = series_key(plot.axes)
    optional = {name: value for name, value in _optional(plot, key, domain).items() if template.has(name)}
    values = {
        **optional,
        "title": plot.title,
        "x": _escaped(plot.axes.x),
        "y": _escaped(plot.axes.y),
        "x_label": plot.axes.x_label,
        "y_label": plot.axes.y_label,
        # A template that tells no series apart may want to do that itself.
        "data": list(map(_marked(key), plot.points)) if optional else list(plot.points),
    }
    left = {name for name in values if split and name in _APART and (name in _ALWAYS or values[name] != {})}
    content = template.filled({name: value for name, value in values.items() if name not in left})
    return Filled(content, {anchor(name): values[name] for name in values if name in left})


def series_key(axes: Axes) -> tuple[str | None, list[str]]:
    """The field that tells the series of a revision apart, and its values; None for a single series."""
    files, fields = ({part[index] for part in axes.series} for index in (0, 1))
    if len(files) > 1 and len(fields) > 1:
        return _SEPARATOR.join((FILENAME, FIELD)), sorted({_SEPARATOR.join(part) for part in axes.series})
    if len(files) > 1:
        return FILENAME, sorted(files)
    return (FIELD, sorted(fields)) if len(fields) > 1 else (None, [])


def _marked(key: str | None) -> Any:
    """A function that leaves in a data point only that mark which tells its series."""

    def mark(point: Point) -> Point:
        kept = {name: value for name, value in point.items() if name == key or name not in (FILENAME, FIELD)}
        if key is not None and key not in kept:
            kept[key] = _SEPARATOR.join((point[FILENAME], point[FIELD]))
        return kept

    return mark


def _optional(plot: Plot, key: str | None, domain: Sequence[str]) -> dict[str, Any]:
    """What a template may ask for: how to tell revisions and series apart, sizes, tooltips."""
    x, y = (plot.axes.x, plot.axes.y) if plot.axes else ("", "")
    group = [REV] if key is None else [REV, key]
    values: dict[str, Any] = {
        "color": _scale(REV, plot.revisions, COLORS),
        "zoom_and_pan": _ZOOM,
        "plot_height": _SIZE,
        "plot_width": _SIZE,
        "group_by": group,
        "group_by_x": [*group, x],
        "group_by_y": [*group, y],
        "pivot_field": f" + '{_SEPARATOR}' + ".join(map(_datum, group)),
        "tooltip": [{"field": field} for field in (REV, x, y, *group[1:])],
    }
    if key is None:
        return {**values, **{name: {} for name in _OF_SERIES}}
    # Legend entries are hollow: a filled one would show the colour of one revision.
    legend = {"legend": {"symbolFillColor": "transparent", "symbolStrokeColor": "grey"}}
    facet = {"field": key, "sort": []}
    return {
        **values,
        "row": facet,
        "column": facet,
        "shape": _scale(key, domain, _SHAPES) | legend,
        "stroke_dash": _scale(key, domain, DASHES) | legend,
    }


def _datum(field: str) -> str:
    return f"datum['{field}']" if _SEPARATOR in field else f"datum.{field}"


def _scale(field: str, domain: Sequence[str], values: Iterable[Any]) -> dict[str, Any]:
    return {"field": field, "scale": {"domain": list(domain), "range": list(islice(cycle(values), len(domain)))}}


def _escaped(field: str) -> str:
    r"""A name of a field as Vega-Lite takes it: a dot in it would go down a level."""
    for character in ".[]":
        field = field.replace(character, f"\\{character}")
    return field
