"""The report is one file that needs nothing else, whatever was logged."""

import json
import re
import time
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from tiffin.live import Live
from tiffin.live._drawing import draw
from tiffin.live._report import Report

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--",
    '"><img src=x onerror=alert(1)>',
    "{{_report.js}}",
    "\u2028",
    "{{data}}",
]


class _Page(HTMLParser):
    """The scripts and attributes of a page, as a browser finds them."""

    def __init__(self, text):
        super().__init__()
        self.scripts, self.attributes, self._inside = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.attributes += attrs
        self._inside = tag == "script"
        if self._inside:
            self.scripts.append("")

    def handle_endtag(self, _tag):
        self._inside = False

    def handle_data(self, data):
        if self._inside:
            self.scripts[-1] += data


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def _text():
    return Path("dvclive/report.html").read_text(encoding="utf-8")


def _data():
    return json.loads(_Page(_text()).scripts[0])


def test_it_shows_what_was_logged():
    with Live(report="html") as live:
        live.log_params({"lr": 0.1, "model": {"depth": 3, "flag": True, "none": None}})
        for step in range(3):
            live.log_metric("train/loss", 1 / (step + 1))
            live.log_metric("text", "abc")
            live.next_step()
    data = _data()
    assert data["status"] == "finished"
    assert data["step"] == 2
    assert data["params"] == [["lr", "0.1"], ["model.depth", "3"], ["model.flag", "true"], ["model.none", "null"]]
    assert data["summary"] == [["train/loss", "0.333333", "0.333333 at 2", "1 at 0"], ["text", "abc", None, None]]
    assert [(curve["name"], curve["points"], curve["skipped"]) for curve in data["curves"]] == [
        ("text", [[], []], 3),
        ("train/loss", [[0, 1, 2], [1, 0.5, 0.33333333]], 0),
    ]


def test_it_asks_for_nothing_from_outside():
    with Live(report="html") as live:
        live.log_metric("loss", 1)
    text = _text()
    assert "default-src 'none'" in text
    assert not [value for name, value in _Page(text).attributes if name in {"src", "href"}]
    assert set(re.findall(r"https?://[^\"'` ]+", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\b(fetch|XMLHttpRequest|import|WebSocket)\s*\(|@import|url\(|innerHTML", text)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name):
    with Live(report="html") as live:
        live.log_param(name, name)
        live.log_metric(f"a/{name}", 1)
        live.log_metric(name.replace("/", "_"), name)
        live.log_plot("p", [{name: name, "y": 1}], x=name, y="y", title=name, x_label=name)
    page = _Page(_text())
    assert len(page.scripts) == 2
    data = json.loads(page.scripts[0])
    assert data["params"] == [[name, name]]
    assert data["plots"][0]["title"] == name
    assert page.scripts[1].strip().startswith('"use strict"')


def test_it_follows_the_run_and_is_not_written_more_than_once_a_second(monkeypatch):
    written = []
    write = Report.write

    def timed(*arguments):
        written.append(time.monotonic())
        write(*arguments)

    monkeypatch.setattr(Report, "write", timed)
    live = Live(report="html")
    until = time.monotonic() + 2.6
    while time.monotonic() < until:
        live.log_metric("loss", 1)
        live.next_step()
        time.sleep(0.001)
    assert _data()["status"] == "running"
    assert 2 <= len(written) <= 4
    assert all(later - earlier > 0.9 for earlier, later in pairwise(written))
    live.end()
    assert _data()["status"] == "finished"


def test_its_size_does_not_grow_with_the_number_of_steps():
    live = Live(report="html")
    for step in range(30_000):
        live.log_metric("loss", step * 1.01)
        live.next_step()
    live.end()
    assert len(_data()["curves"][0]["points"][0]) <= 2002
    assert len(_text()) < 100_000


def test_a_resumed_run_shows_its_first_part():
    with Live(report="html") as live:
        live.log_param("lr", 1)
        live.log_plot("custom", [{"a": 1, "b": 2}, {"a": 2, "b": 3}], x="a", y="b", title="A plot")
        for step in range(5):
            live.log_metric("a/loss", step, timestamp=True)
            live.log_metric("nan", float("nan"))
            live.next_step()
    with Live(report="html", resume=True) as live:
        live.log_metric("a/loss", 7)
        live.next_step()
    data = _data()
    assert data["params"] == [["lr", "1"]]
    assert [curve["points"] for curve in data["curves"]] == [[[0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 7]], [[], []]]
    assert [plot["title"] for plot in data["plots"]] == ["A plot"]


def test_images_are_inside_and_bounded(monkeypatch):
    report = Report("report.html", "title")
    Path("small.png").write_bytes(b"12")
    Path("large.png").write_bytes(b"1" * 2_500_000)
    report.set_image("small.png", "small.png")
    report.set_image("large.png", "large.png")
    report.set_image("gone.png", "gone.png")
    for step in (1, 2):
        Path(f"{step}.gif").write_bytes(b"%d" % step)
        report.set_image(f"series/{step}.gif", f"{step}.gif")
    report.write("running")
    images = {image["name"]: image for image in json.loads(_Page(Path("report.html").read_text()).scripts[0])["images"]}
    assert images["small.png"]["source"] == "data:image/png;base64,MTI="
    assert images["series (2.gif)"]["source"] == "data:image/gif;base64,Mg=="
    assert images["large.png"] == {"name": "large.png", "source": None, "note": "2.5 MB, see large.png"}
    assert len(images) == 3


def test_a_confusion_matrix_is_counted():
    rows = [{"actual": a, "predicted": p} for a, p in ["00", "00", "01", "11", ("10", "2")]]
    drawing = draw(rows, {"template": "confusion", "x": "actual", "y": "predicted"})
    assert drawing["labels"] == ["0", "1", "2", "10"]
    assert drawing["counts"] == [[2, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]]


def test_many_rows_are_drawn_with_few_points():
    rows = [{"x": x, "y": x % 7, "name": str(x)} for x in range(50_000)]
    assert len(draw(rows, {"x": "x", "y": "y"})["series"][0]["points"][0]) <= 2002
    assert len(draw(rows, {"x": "y", "y": "name", "template": "bar_horizontal"})["labels"]) == 60
    matrix = draw(rows, {"x": "name", "y": "name", "template": "confusion_normalized"})
    assert (len(matrix["labels"]), matrix["more"]) == (40, 49_960)


@pytest.mark.parametrize("rows", [[], [{}], [{"x": None, "y": "a"}], [{"x": float("inf"), "y": float("nan")}]])
def test_a_plot_without_numbers_says_so(rows):
    assert draw(rows, {"x": "x", "y": "y"})["kind"] == "none"
    assert draw(rows, {"x": "x", "y": ["y", "z"], "template": "scatter"})["kind"] == "none"


def test_text_over_numbers_becomes_bars():
    drawing = draw([{"model": "a", "auc": 0.5}, {"model": "b", "auc": 0.75}], {"x": "model", "y": "auc"})
    assert (drawing["labels"], drawing["values"]) == (["a", "b"], [0.5, 0.75])
