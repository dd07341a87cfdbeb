"""From the contents of data files to data points, with what is drawn on which axis.

A property `x` or `y` names a column of the plot's own file, or is a map `{file: column or columns}`.  Every y column
makes a series; an x column belongs to all of them, or there are as many x as y columns.
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tiffin.errors import PlotError
from tiffin.plots._content import lists_in, rows_in

__all__ = ["FIELD", "FILENAME", "REV", "Axes", "Point", "Properties", "points_of", "sources_of"]

Point = dict[str, Any]
Properties = Mapping[str, Any]

REV, FILENAME, FIELD = "rev", "filename", "field"
STEP = "step"
MANY_X, MANY_Y = "dvc_inferred_x_value", "dvc_inferred_y_value"


class Axes(NamedTuple):
    """What is drawn.  series: file and column of each y, the files without what all their paths start with."""

    x: str
    y: str
    x_label: str
    y_label: str
    series: tuple[tuple[str, str], ...]


def sources_of(plot_id: str, properties: Properties) -> list[str]:
    """The files a plot is drawn from, each once."""
    x, y = properties.get("x"), properties.get("y")
    files = [*y] if isinstance(y, dict) else [plot_id]
    if isinstance(x, dict):
        files += list(x)[:1]
    return list(dict.fromkeys(files))


def points_of(
    plot_id: str, contents: Mapping[str, Any], properties: Properties, revision: str
) -> tuple[list[Point], Axes | None]:
    """The data points of one revision; none, and no axes, where there are no data.  Raises PlotError.

    contents: path -> what is in it, without files that could not be read.
    """
    x_map, y_map = _axis_maps(plot_id, contents, properties)
    rows = {file: rows_in(content) for file, content in contents.items()}
    xs, ys = list(_columns(x_map, rows)), list(_columns(y_map, rows))
    if len(xs) > 1 and len(xs) != len(ys):
        raise PlotError(
            f"there are {len(xs)} columns for x and {len(ys)} for y",
            kind="DvcException",
            hint="name one column for x, or as many as for y",
        )
    if not ys and contents:
        raise PlotError(
            f"'{next(iter(contents))}' has nothing to draw: no list of objects with the same keys", kind="NoDataPoints"
        )
    files = {file for file, _ in ys}
    shared = len("/".join(posixpath.commonprefix([file.split("/") for file in files]))) if len(files) > 1 else 0
    fields = {field for _, field in ys}
    names = _Names(
        MANY_X if len({field for _, field in xs}) > 1 else xs[0][1] if xs else STEP,
        MANY_Y if len(fields) > 1 else next(iter(fields), ""),
    )
    points: list[Point] = []
    for index, (file, field) in enumerate(ys):
        source = (xs[index] if len(xs) > 1 else xs[0]) if xs else None
        tags = {REV: revision, FILENAME: file[shared:].strip("/"), FIELD: field}
        points += _series(rows, file, field, source, names, tags)
    if not points:
        return [], None
    return points, Axes(
        names.x,
        names.y,
        _label(properties.get("x_label"), x_map, STEP, "x"),
        _label(properties.get("y_label"), y_map, "y", "y"),
        tuple((file[shared:].strip("/"), field) for file, field in ys),
    )


class _Names(NamedTuple):
    """The fields that hold x and y in every data point."""

    x: str
    y: str


def _series(
    rows: Mapping[str, list[Point]],
    file: str,
    field: str,
    source: tuple[str, str] | None,
    names: _Names,
    tags: Mapping[str, str],
) -> list[Point]:
    points = [dict(row) for row in rows.get(file, [])]
    if names.y == MANY_Y:
        for point in points:
            if field in point:
                point[MANY_Y] = point[field]
    if source is None:
        for index, point in enumerate(points):
            point[STEP] = index
    else:
        _join(points, rows.get(source[0], []), source, names.x, (file, field))
    for point in points:
        point.update(tags)
    return points


def _join(
    points: Sequence[Point], rows: Sequence[Point], source: tuple[str, str], name: str, series: tuple[str, str]
) -> None:
    if len(rows) != len(points):
        raise PlotError(
            f"column '{source[1]}' of '{source[0]}' has {len(rows)} values, "
            f"but column '{series[1]}' of '{series[0]}' has {len(points)}",
            kind="DvcException",
            hint="x and y of a plot need the same number of rows",
        )
    for point, row in zip(points, rows, strict=True):
        if source[1] in row:
            point[name] = row[source[1]]


def _axis_maps(
    plot_id: str, contents: Mapping[str, Any], properties: Properties
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """x and y as {file: column or columns}; without a y it is the last column of the plot's own file."""
    x, y = properties.get("x"), properties.get("y")
    if y is None:
        last = _last_column(contents.get(plot_id))
        y_map = {} if last is None else {plot_id: last}
    else:
        y_map = y if isinstance(y, dict) else {plot_id: y}
    if not isinstance(x, str):
        return x or {}, y_map
    if not isinstance(y, dict):
        return {plot_id: x}, y_map
    return {file: [x] * len(fields) if isinstance(fields, list) else x for file, fields in y.items()}, y_map


def _last_column(content: Any) -> str | None:
    for items in lists_in(content):
        if items and all(isinstance(item, dict) for item in items):
            return next(reversed(items[0]), None)
    return None


def _columns(axis: Mapping[str, Any], rows: Mapping[str, list[Point]]) -> Iterator[tuple[str, str]]:
    """File and column of each, in order.  Raises PlotError for a column that a file does not have."""
    for file, fields in axis.items():
        for field in fields if isinstance(fields, list) else [fields]:
            if isinstance(field, str):
                if file in rows:
                    _check_column(file, field, rows[file])
                yield file, field


def _check_column(file: str, field: str, rows: Sequence[Point]) -> None:
    if not rows:
        raise PlotError(
            f"'{file}' has no list of objects with the same keys, so there is no column '{field}'", kind="NoDataPoints"
        )
    if field not in rows[0]:
        raise PlotError(
            f"'{file}' has no column '{field}' (it has: {', '.join(map(str, rows[0]))})", kind="FieldNotFoundError"
        )


def _label(given: str | None, axis: Mapping[str, Any], none: str, several: str) -> str:
    if given is not None:
        return given
    named = (fields if isinstance(fields, list) else [fields] for fields in axis.values())
    fields = {field for listed in named for field in listed if isinstance(field, str)}
    return none if not axis else next(iter(fields)) if len(fields) == 1 else several
