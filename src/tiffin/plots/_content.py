"""The files that plots are drawn from: JSON, YAML, TOML, CSV and TSV; and images, which are taken as they are."""

import csv
import io
import os.path
from collections.abc import Iterator
from typing import Any

from tiffin.errors import PlotError
from tiffin.formats import params

__all__ = ["is_image", "lists_in", "read_data", "rows_in"]

IMAGES = frozenset((".jpg", ".jpeg", ".gif", ".png", ".svg"))
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_NESTED = frozenset((".json", ".yaml", ".yml", ".toml", ".py"))


def is_image(path: str) -> bool:
    """Whether a path is shown as a picture rather than drawn."""
    return os.path.splitext(path)[1] in IMAGES


def read_data(body: bytes, path: str, *, header: bool = True) -> Any:
    """What a data file says: a list of rows for a table, else what is in it.  Raises PlotError and FormatError.

    header: whether the first line of a table names the columns; without it they are "0", "1", ...
    """
    suffix = os.path.splitext(path)[1]
    if suffix not in _DELIMITERS and suffix not in _NESTED:
        raise PlotError(
            f"'{path}' cannot be plotted: it is no JSON, YAML, CSV or TSV file, and no image",
            kind="PlotMetricTypeError",
            hint="plots are drawn from .json, .yaml, .csv and .tsv files; images are .png, .jpg, .gif and .svg",
        )
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PlotError(
            f"'{path}' is not UTF-8 text (byte {error.start})", kind="EncodingError", hint="save the file as UTF-8"
        ) from None
    return _table(text, path, _DELIMITERS[suffix], header=header) if suffix in _DELIMITERS else params.load(text, path)


def rows_in(content: Any) -> list[dict[str, Any]]:
    """The data points of a file: the lists of like objects in it, side by side."""
    rows: list[dict[str, Any]] = []
    for items in lists_in(content):
        if items and all(isinstance(item, dict) for item in items) and _alike(items):
            rows.extend({} for _ in range(len(items) - len(rows)))
            for row, item in zip(rows, items, strict=False):
                row.update(item)
    return rows


def lists_in(content: Any) -> Iterator[list[Any]]:
    """The lists that a file holds: itself, or those in its map and the maps in that."""
    if isinstance(content, list):
        yield content
    elif isinstance(content, dict):
        for value in content.values():
            yield from lists_in(value)


def _alike(items: list[dict[str, Any]]) -> bool:
    keys = items[0].keys()
    return all(item.keys() <= keys for item in items)


def _table(text: str, path: str, delimiter: str, *, header: bool) -> list[dict[str, Any]]:
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    rows: list[dict[str, Any]] = []
    names: list[str] | None = None
    try:
        for cells in lines:
            if not cells:
                continue
            if names is None:
                names = cells if header else [str(index) for index in range(len(cells))]
                if header:
                    continue
            if len(cells) > len(names):
                raise PlotError(
                    f"line {lines.line_num} of '{path}' has {len(cells)} cells, but there are {len(names)} columns",
                    kind="RaggedTable",
                    hint="quote cells that hold a delimiter, or name every column in the first line",
                )
            rows.append(dict(zip(names, [*cells, *[None] * (len(names) - len(cells))], strict=True)))
    except csv.Error as error:
        raise PlotError(f"line {lines.line_num} of '{path}' cannot be read: {error}", kind="Error") from error
    return rows
