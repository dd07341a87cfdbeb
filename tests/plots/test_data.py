"""Data files, data points, and what is told of those that cannot be drawn."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiffin.errors import PlotError
from tiffin.plots import RevisionPlots, plots_of, read_data

# A mark of the byte order is none of a text that begins with it.
CELLS = st.text(st.characters(codec="utf-8", exclude_characters='\r\n",\x00\ufeff'), min_size=1, max_size=5)


def _plot(contents, properties=None, *, plot_id="p.csv"):
    (plot,) = plots_of([RevisionPlots("workspace", {"dvc.yaml": {plot_id: properties or {}}}, contents)])
    return plot


def _error(contents, properties=None, **named):
    (failed,) = _plot(contents, properties, **named).failures
    return failed.error


@given(names=st.lists(CELLS, min_size=1, max_size=4, unique=True), data=st.data())
def test_a_table_is_read_as_it_is_written(names, data):
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(names), max_size=len(names)), max_size=4))
    for suffix, delimiter in ((".csv", ","), (".tsv", "\t")):
        if any(delimiter in cell for row in [names, *rows] for cell in row):
            continue
        body = "".join(delimiter.join(row) + "\n" for row in [names, *rows]).encode()
        assert read_data(body, f"t{suffix}") == [dict(zip(names, row, strict=True)) for row in rows]
        whole = [{str(index): cell for index, cell in enumerate(row)} for row in [names, *rows]]
        assert read_data(body, f"t{suffix}", header=False) == whole


def test_a_byte_order_mark_is_no_part_of_the_first_name():
    assert read_data(b"\xef\xbb\xbfa,b\n1,2\n", "t.csv") == [{"a": "1", "b": "2"}]


def test_a_row_that_is_too_short_has_no_last_values():
    assert read_data(b"a,b\n1\n", "t.csv") == [{"a": "1", "b": None}]


@pytest.mark.parametrize(
    ("body", "path", "kind", "message"),
    [
        (
            b"a,b\n1,2\n1,2,3\n",
            "t.csv",
            "RaggedTable",
            "line 3 of 't.csv' has 3 cells, but there are 2 columns",
        ),
        (b"a\tb\n1\t2\t3\n", "t.tsv", "RaggedTable", "line 2 of 't.tsv' has 3 cells, but there are 2 columns"),
        (b"a\n\xff\n", "t.csv", "EncodingError", "'t.csv' is not UTF-8 text (byte 2)"),
        (
            b"hello",
            "t.txt",
            "PlotMetricTypeError",
            "'t.txt' cannot be plotted: it is no JSON, YAML, CSV or TSV file, and no image",
        ),
        (
            b"a,b\n1," + b"x" * 200_000,
            "t.csv",
            "Error",
            "line 2 of 't.csv' cannot be read: field larger than field limit (131072)",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_where(body, path, kind, message):
    with pytest.raises(PlotError) as caught:
        read_data(body, path)
    assert (caught.value.kind, str(caught.value)) == (kind, message)


def test_a_missing_column_is_named_beside_those_that_are_there():
    error = _error({"p.csv": [{"a": 1, "b": 2}]}, {"y": "c"})
    assert str(error) == "'p.csv' has no column 'c' (it has: a, b)"


@pytest.mark.parametrize("content", [{"x": 1}, [1, 2], {"rows": [{"a": 1}, {"b": 2}]}, "text"])
def test_a_file_without_data_points_says_so(content):
    assert "no list of objects with the same keys" in str(_error({"p.json": content}, plot_id="p.json"))


def test_columns_of_different_lengths_are_not_joined():
    contents = {"a.csv": [{"x": 1}], "b.csv": [{"y": 1}, {"y": 2}]}
    error = _error(contents, {"x": {"a.csv": "x"}, "y": {"b.csv": "y"}}, plot_id="both")
    assert str(error) == "column 'x' of 'a.csv' has 1 values, but column 'y' of 'b.csv' has 2"


def test_as_many_x_as_y_or_one():
    contents = {"a.csv": [{"x": 1, "z": 2, "y": 3}]}
    error = _error(contents, {"x": {"a.csv": ["x", "z"]}, "y": {"a.csv": "y"}}, plot_id="both")
    assert str(error) == "there are 2 columns for x and 1 for y"


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        _nested := lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
        ),
    )
)
def test_whatever_a_file_holds_there_is_a_plot_or_a_reason(content):
    plot = _plot({"p.json": content}, plot_id="p.json")
    assert plot.points or plot.failures or not content
    json.dumps(plot.points)


def test_a_property_counts_as_the_first_revision_says():
    revisions = [
        RevisionPlots(name, {"dvc.yaml": {"p.csv": {"title": title}}}, {"p.csv": [{"a": 1}]})
        for name, title in (("workspace", "new"), ("HEAD", "old"))
    ]
    (plot,) = plots_of(revisions)
    assert plot.title == "new"
    assert [point["rev"] for point in plot.points] == ["workspace", "HEAD"]


def test_an_empty_list_does_not_count():
    plot = _plot({"p.json": {"early": [], "late": [{"a": 1}]}}, plot_id="p.json")
    assert [point["a"] for point in plot.points] == [1]
