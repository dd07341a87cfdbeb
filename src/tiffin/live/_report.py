"""The HTML report: one file without outside parts, drawn from bounded buffers.

The page holds the data as JSON and a script that draws them as SVG.  While the run is under way the open page loads
itself again in a hidden frame, takes the data from there and redraws what changed: a page opened from disk may not
fetch its neighbours, but it may be told by a frame.
"""

import binascii
import json
import os
import re
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from tiffin.live._curve import Curve
from tiffin.live._drawing import Drawing, draw
from tiffin.live._dvcyaml import Entry, entry_path
from tiffin.live._files import replace_file
from tiffin.live._images import IMAGE_SUFFIXES
from tiffin.live._metric import Row

__all__ = ["Report", "Status"]

Status = Literal["running", "finished", "failed"]


MOST_IMAGE_BYTES: Final = 2_000_000  # of one image; a larger one is named, not shown
MOST_IMAGES_BYTES: Final = 12_000_000  # of all together
ASSETS: Final = ("_report.css", "_report.js")
SERIES: Final = re.compile(r"(?P<folder>.+)/(?P<step>\d+)\.[a-z]+")


class Report:
    """What the page shows.  Filled by the writer's thread; plots and images by the caller's."""

    def __init__(self, path: str, title: str) -> None:
        self.changed = False
        self.running = False
        self._path = path
        self._title = title
        self._started = time.time()
        self._curves: dict[str, Curve] = {}
        self._params: Mapping[str, Any] = {}
        self._summary: Mapping[str, Any] = {}
        self._drawings: dict[str, Drawing] = {}
        self._images: dict[str, str] = {}
        self._encoded: dict[str, tuple[int, int, str]] = {}
        self._page: tuple[str, str] | None = None

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Take logged values into the curves."""
        for metric, step, value, _ in rows:
            self._add(metric.name, step, value)

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Show these parameters; the mapping is not changed afterwards."""
        self._params = params
        self.changed = True

    def set_summary(self, summary: Mapping[str, Any]) -> None:
        """Show these latest values; the mapping is not changed afterwards."""
        self._summary = summary
        self.changed = True

    def set_plot(self, name: str, rows: list[dict[str, Any]], config: Mapping[str, Any]) -> None:
        """Show a plot of these rows in place of the one of this name."""
        self._drawings[name] = draw(rows, config)
        self.changed = True

    def set_image(self, name: str, path: str) -> None:
        """Show the image at path; of `folder/STEP.png` only the last."""
        series = SERIES.fullmatch(name)
        self._images[series["folder"] if series else name] = path
        self.changed = True

    def read_earlier(self, plots_dir: str, entries: list[Entry], folder: str) -> None:
        """Take in what an earlier part of the run left: histories, images, the plots among the entries of a dvc.yaml.

        folder: where that dvc.yaml is.
        """
        for name, path in _files(os.path.join(plots_dir, "metrics"), (".tsv",)):
            self._read_history(name, path)
        for name, path in _files(os.path.join(plots_dir, "images"), IMAGE_SUFFIXES):
            self.set_image(name, path)
        for entry in entries:
            if isinstance(entry, dict) and entry_path(entry).endswith(".json"):
                self._read_plot(os.path.join(folder, entry_path(entry)), entry[entry_path(entry)] or {})

    def write(self, status: Status) -> None:
        """Replace the file by the present state."""
        self.changed = False
        self.running = status == "running"
        if self._page is None:
            self._page = _page()
        before, after = self._page
        replace_file(self._path, (before + self._data(status) + after).encode("utf-8"))

    def _add(self, name: str, step: int, value: Any) -> None:
        curve = self._curves.get(name)
        if curve is None:
            curve = self._curves[name] = Curve()
        if isinstance(value, str):
            curve.skipped += 1
        else:
            curve.add(step, float(value))
        self.changed = True

    def _read_history(self, name: str, path: str) -> None:
        with open(path, encoding="utf-8", errors="replace") as file:
            header = file.readline().rstrip("\n").split("\t")
            if "step" not in header:
                return
            at = header.index("step")
            for line in file:
                cells = line.rstrip("\n").split("\t")
                try:
                    self._add(name.removesuffix(".tsv"), int(cells[at]), float(cells[-1]))
                except (ValueError, IndexError):
                    continue  # a text value, or a row with a column too few

    def _read_plot(self, path: str, config: Mapping[str, Any]) -> None:
        try:
            with open(path, encoding="utf-8") as file:
                rows = json.load(file)
        except (FileNotFoundError, ValueError):
            return  # an entry whose file is gone or is not ours: nothing to draw
        if isinstance(rows, dict) and len(rows) == 1:
            rows = next(iter(rows.values()))
        if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
            self.set_plot(os.path.basename(path).removesuffix(".json"), rows, config)

    def _data(self, status: Status) -> str:
        head = {
            "title": self._title,
            "status": status,
            "started": round(self._started, 3),
            "updated": round(time.time(), 3),
            "step": self._summary.get("step"),
            "params": [[name, _text(value)] for name, value in _leaves(self._params, ".")],
            "summary": [
                self._summary_row(name, value) for name, value in _leaves(self._summary, "/") if name != "step"
            ],
            "plots": [{"name": name, **drawing} for name, drawing in list(self._drawings.items())],
            "images": self._image_items(),
        }
        curves = ",".join(
            f'{{"name":{json.dumps(name)},"skipped":{curve.skipped},"points":{curve.json()}}}'
            for name, curve in sorted(self._curves.items())
        )
        text = json.dumps(head, allow_nan=False, separators=(",", ":"))
        # "<" is written as an escape, so that no name can end the script element that holds the data.
        return f'{text[:-1]},"curves":[{curves}]}}'.replace("<", "\\u003c")

    def _summary_row(self, name: str, value: Any) -> list[str | None]:
        curve = self._curves.get(name)
        extremes = curve.extremes() if curve is not None else None
        if extremes is None:
            return [name, _text(value), None, None]
        return [name, _text(value), *(f"{y:.6g} at {x:g}" for x, y in extremes)]

    def _image_items(self) -> list[dict[str, str | None]]:
        left = MOST_IMAGES_BYTES
        items: list[dict[str, str | None]] = []
        for name, path in sorted(self._images.items()):
            try:
                status = os.stat(path)
            except FileNotFoundError:
                continue
            label = f"{name} ({os.path.basename(path)})" if not path.replace(os.sep, "/").endswith(name) else name
            if status.st_size > min(left, MOST_IMAGE_BYTES):
                items.append({"name": label, "source": None, "note": f"{status.st_size / 1e6:.1f} MB, see {path}"})
                continue
            left -= status.st_size
            items.append({"name": label, "source": self._encode(path, status), "note": None})
        return items

    def _encode(self, path: str, status: os.stat_result) -> str:
        known = self._encoded.get(path)
        if known is None or known[:2] != (status.st_mtime_ns, status.st_size):
            suffix = os.path.splitext(path)[1].lower().lstrip(".").replace("jpg", "jpeg")
            with open(path, "rb") as file:
                text = f"data:image/{suffix};base64,{binascii.b2a_base64(file.read(), newline=False).decode()}"
            known = self._encoded[path] = (status.st_mtime_ns, status.st_size, text)
        return known[2]


def _page() -> tuple[str, str]:
    folder = os.path.dirname(__file__)
    texts = {}
    for asset in ("_report.html", *ASSETS):
        with open(os.path.join(folder, asset), encoding="utf-8") as file:
            texts[asset] = file.read()
    page = texts["_report.html"]
    for asset in ASSETS:
        page = page.replace(f"{{{{{asset}}}}}", texts[asset])
    before, _, after = page.partition("{{data}}")
    return before, after


def _files(folder: str, suffixes: tuple[str, ...]) -> list[tuple[str, str]]:
    found = []
    for place, _, names in os.walk(folder):
        for name in names:
            if name.lower().endswith(suffixes):
                path = os.path.join(place, name)
                found.append((os.path.relpath(path, folder).replace(os.sep, "/"), path))
    return sorted(found, key=lambda item: _natural(item[0]))


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def _leaves(values: Mapping[str, Any], separator: str, prefix: str = "") -> list[tuple[str, Any]]:
    leaves = []
    for name, value in values.items():
        full = f"{prefix}{name}"
        leaves += _leaves(value, separator, full + separator) if isinstance(value, dict) and value else [(full, value)]
    return leaves


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value if isinstance(value, str) else {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)
