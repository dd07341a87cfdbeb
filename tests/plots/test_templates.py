"""Templates: built-in ones, one's own, and what is put into their places."""

import json
from itertools import cycle

import pytest

from tiffin.errors import PlotError
from tiffin.plots import RevisionPlots, Template, builtin_names, builtin_template, fill, plots_of, read_template
from tiffin.plots.drawing import as_svg

vl_convert = pytest.importorskip("vl_convert")

ROWS = [{"p": i, "q": i * i, "c": "xy"[i % 2], "d": "xy"[i % 3 > 0]} for i in range(6)]
AXES = {"confusion": ("c", "d"), "confusion_normalized": ("c", "d")}
AXES |= dict.fromkeys(("bar_horizontal", "bar_horizontal_sorted"), ("p", "c"))


def built_in(name):
    """A built-in template that there is."""
    template = builtin_template(name)
    assert template is not None
    return template


def plot_with(template, *, several=False, revisions=("workspace", "v1"), **properties):
    x, y = AXES.get(template, ("p", "q"))
    files = {"a.csv": y, "b.csv": y} if several else {"a.csv": y}
    given = {"x": x, "y": files, "template": template, **properties}
    contents = dict.fromkeys(files, ROWS)
    (plot,) = plots_of([RevisionPlots(name, {"dvc.yaml": {"drawn": given}}, contents) for name in revisions])
    return plot


@pytest.mark.parametrize(("name", "several"), list(zip(builtin_names(), cycle([False, True]), strict=False)))
def test_vega_draws_every_built_in_template(name, several):
    template = built_in(name)
    plot = plot_with(name, several=several)
    svg = vl_convert.vegalite_to_svg(fill(plot, template).content, vl_version="5.21")
    assert "drawn" in svg
    assert svg.count("<path") > 5
    # As the VS Code extension fills it: sizes by the container, and no zooming in a small plot.
    content, apart = fill(plot, template, split=True)
    text = json.dumps(content)
    for place, value in apart.items():
        filled = json.dumps("container" if "PLOT_" in place else value)
        text = text.replace(json.dumps(place), "" if "ZOOM" in place else filled)
    assert "<DVC_METRIC" not in text
    vl_convert.vegalite_to_svg(json.loads(text), vl_version="5.8")


def test_bars_start_at_zero():
    for name in ("bar_horizontal", "bar_horizontal_sorted"):
        assert "scale" not in built_in(name).content["encoding"]["x"]


def test_an_anchor_is_a_whole_value_or_text_inside_of_one():
    template = Template(
        "mine", {"a": "<DVC_METRIC_DATA>", "b": ["<DVC_METRIC_X>", "at <DVC_METRIC_X>"], "c": "<DVC_METRIC_X>!"}
    )
    assert template.filled({"data": [1], "x": "k"}) == {"a": [1], "b": ["k", "at <DVC_METRIC_X>"], "c": "k!"}
    assert template.has("x")
    assert not template.has("y")


def test_names_with_dots_and_brackets_are_escaped():
    content = fill(
        plot_with("simple", x="a.b[0]", y={"a.csv": "q"}),
        Template("t", {"x": "<DVC_METRIC_X>", "d": "<DVC_METRIC_DATA>"}),
    ).content
    assert content == {}, "a column that is not there has no points"
    rows = [{"a.b[0]": 1, "q": 2}]
    (plot,) = plots_of([RevisionPlots("w", {"": {"p": {"x": "a.b[0]", "y": {"f": "q"}}}}, {"f": rows})])
    filled = fill(plot, Template("t", {"x": "<DVC_METRIC_X>", "d": "<DVC_METRIC_DATA>"})).content
    assert filled["x"] == r"a\.b\[0\]"


def test_series_of_two_files_and_columns_are_told_apart_by_the_hovering_rule():
    plot = plot_with("linear", y={"a.csv": ["q", "p"], "b.csv": "q"})
    text = json.dumps(fill(plot, built_in("linear")).content)
    assert "datum.rev + '::' + datum['filename::field']" in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{",
            "the plot template 'mine' is not valid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
        ("[]", "the plot template 'mine' should be a JSON object, found list"),
    ],
)
def test_a_template_that_is_none(text, message):
    with pytest.raises(PlotError) as caught:
        read_template(text, "mine")
    assert str(caught.value) == message


def test_a_template_needs_a_place_for_the_data():
    with pytest.raises(PlotError) as caught:
        fill(plot_with("simple"), Template("mine", {"mark": "bar"}))
    assert str(caught.value) == "the plot template 'mine' has no place for the data"
    assert caught.value.hint == 'write `"data": {"values": "<DVC_METRIC_DATA>"}` into it'


def test_a_template_loads_nothing_from_elsewhere(tmp_path):
    (tmp_path / "data.csv").write_text("a\n7\n", encoding="utf-8")

    def picture(place):
        spec = {"data": {"url": place}, "mark": "point", "encoding": {"x": {"field": "a"}}}
        return as_svg(
            plot_with("simple"), Template("own", {"hconcat": [spec], "data": {"values": "<DVC_METRIC_DATA>"}})
        )

    with pytest.raises(PlotError) as caught:
        picture("https://example.org/data.csv")
    assert str(caught.value) == (
        "Vega cannot draw the specification: External data url not allowed: https://example.org/data.csv"
    )
    assert "a: 7" not in picture(f"file://{tmp_path}/data.csv")
