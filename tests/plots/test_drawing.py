"""Our own drawings: what is on them, whatever the data."""

import math
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plots.test_templates import built_in, plot_with
from tiffin.errors import PlotError
from tiffin.plots import RevisionPlots, Template, builtin_names, plots_of
from tiffin.plots._scale import scale_of, short
from tiffin.plots.drawing import as_text, drawn

SVG = "{http://www.w3.org/2000/svg}"
NUMBERS = st.floats(-1e299, 1e299)
VALUES = st.none() | st.text(max_size=3) | st.booleans() | st.integers() | st.floats()


def _texts(svg):
    return [node.text or "" for node in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("name", builtin_names())
def test_every_built_in_template_is_drawn(name, several):
    plot = plot_with(name, several=several, title="a < b", x_label="the x", y_label="the y")
    svg = drawn(plot, built_in(name))
    texts = _texts(svg)
    assert {"a < b", "the x", "the y"} <= set(texts)
    assert any("v1" in text for text in texts)
    if several:
        assert any("b.csv" in text for text in texts)
    sketch = as_text(plot, built_in(name), 80)
    assert "a < b" in sketch
    assert max(map(len, sketch.splitlines())) <= 80


@given(
    rows=st.lists(st.fixed_dictionaries({"x": VALUES, "y": VALUES}), min_size=1, max_size=8),
    name=st.sampled_from(builtin_names()),
)
def test_no_data_break_a_drawing(rows, name):
    (plot,) = plots_of([RevisionPlots("w", {"": {"p": {"x": "x", "y": {"f": "y"}}}}, {"f": rows})])
    svg = drawn(plot, built_in(name))
    # A control character is no XML; everything else must parse.
    ET.fromstring(svg)
    assert "nan" not in svg.replace("nan", "", 0) or any("nan" in str(value) for row in rows for value in row.values())
    assert as_text(plot, built_in(name), 60)


@given(values=st.lists(NUMBERS, max_size=5), zero=st.booleans())
def test_every_value_lies_on_its_scale(values, zero):
    scale = scale_of(values, 10, 110, zero=zero)
    for value in values:
        assert -1 <= scale(value) - 10 <= 101
    places = [scale(value) for value, _ in scale.ticks]
    assert places == sorted(places)
    assert len(places) <= 8


@given(NUMBERS)
def test_a_short_number_is_nearly_the_number(value):
    assert math.isclose(float(short(value)), value, rel_tol=0.01, abs_tol=1e-5)


def test_a_long_line_keeps_its_peaks():
    rows = [{"x": index, "y": 100 if index == 77_777 else index % 7} for index in range(100_000)]
    (plot,) = plots_of([RevisionPlots("w", {"": {"p": {"x": "x", "y": {"f": "y"}}}}, {"f": rows})])
    svg = drawn(plot, built_in("linear"))
    (line,) = ET.fromstring(svg).iter(f"{SVG}polyline")
    places = [tuple(map(float, place.split(","))) for place in (line.get("points") or "").split()]
    assert len(places) < 1100
    assert all(a[0] <= b[0] for a, b in pairwise(places))
    lowest = min(y for _, y in places)
    assert sum(y == lowest for _, y in places) == 1


def test_values_that_are_no_numbers_are_counted():
    rows = [{"x": 0, "y": "1.5"}, {"x": 1, "y": "NaN"}, {"x": 2, "y": None}]
    (plot,) = plots_of([RevisionPlots("w", {"": {"p": {"x": "x", "y": {"f": "y"}}}}, {"f": rows})])
    assert "2 of 3 values are no numbers" in _texts(drawn(plot, built_in("simple")))


def test_counts_and_shares_of_a_matrix():
    rows = [
        {"a": a, "p": p} for a, p in (("cat", "cat"), ("cat", "dog"), ("dog", "dog"), ("dog", "dog"), ("dog", "dog"))
    ]
    (plot,) = plots_of([RevisionPlots("w", {"": {"m": {"x": "a", "y": {"f": "p"}}}}, {"f": rows})])
    texts = _texts(drawn(plot, built_in("confusion")))
    assert [text for text in texts if text.isdigit()] == ["1", "1", "0", "3"]
    texts = _texts(drawn(plot, built_in("confusion_normalized")))
    assert [text for text in texts if "." in text] == ["1.00", "0.25", "0.00", "0.75"]


def test_a_template_of_one_s_own_is_vega_s_to_draw():
    with pytest.raises(PlotError) as caught:
        drawn(plot_with("simple"), Template("mine", {}))
    assert str(caught.value) == "the template 'mine' is drawn by Vega alone"


def test_a_terminal_obeys_nothing_that_data_say():
    rows = [{"x": "\x1b[2Jred", "y": 1}]
    for name in ("simple", "bar_horizontal", "confusion"):
        x, y = ("y", "x") if name == "bar_horizontal" else ("x", "y")
        given = {"x": x, "y": {"f": y}, "title": "\x1b]0;owned\a"}
        (plot,) = plots_of([RevisionPlots("w", {"": {"p": given}}, {"f": rows})])
        assert "\x1b" not in as_text(plot, built_in(name), 60)
        assert "\x1b[3" in as_text(plot, built_in("simple"), 60, color=True)
