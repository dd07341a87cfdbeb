"""Data points and filled templates beside those of DVC's own code, on random plots."""

import json
from copy import deepcopy

from dvc.exceptions import DvcException
from dvc.render.converter.vega import VegaConverter
from dvc_render.vega import VegaRenderer
from dvc_render.vega_templates import Template as TheirTemplate
from hypothesis import assume, given
from hypothesis import strategies as st

from tiffin.errors import PlotError
from tiffin.plots import RevisionPlots, Template, fill, plots_of

FILES = ("d/f.csv", "d/g.csv", "h.csv")
COLUMNS = ("a", "b.c", "rev")
ANCHORS = [
    *("DATA", "TITLE", "X", "Y", "X_LABEL", "Y_LABEL", "COLOR", "COLUMN", "GROUP_BY_X", "GROUP_BY_Y", "GROUP_BY"),
    *("PLOT_HEIGHT", "PLOT_WIDTH", "ROW", "SHAPE", "STROKE_DASH", "TOOLTIP", "ZOOM_AND_PAN", "UNKNOWN"),
]

row_lists = st.sets(st.sampled_from(COLUMNS), min_size=1).flatmap(
    lambda columns: st.lists(
        st.fixed_dictionaries({name: st.integers(0, 9) for name in columns}), min_size=1, max_size=3
    )
)
file_contents = row_lists | st.fixed_dictionaries({"one": row_lists, "two": st.fixed_dictionaries({"deep": row_lists})})
columns = st.sampled_from(COLUMNS)
several = columns | st.lists(columns, min_size=1, max_size=2, unique=True)
file_maps = st.dictionaries(st.sampled_from(FILES), several, min_size=1, max_size=2)
texts = st.text("ab ", max_size=3)
properties = st.fixed_dictionaries(
    {},
    optional={
        "x": columns | st.dictionaries(st.sampled_from(FILES), several, min_size=1, max_size=1),
        "y": several | file_maps,
        "title": texts,
        "x_label": texts,
        "y_label": texts,
    },
)
anchors = st.sampled_from([f"<DVC_METRIC_{name}>" for name in ANCHORS])
# Of a list in a list DVC does not look for optional anchors.
templates = st.recursive(
    anchors | st.builds("at {} end".format, anchors) | st.integers(),
    lambda inner: (
        st.lists(inner.filter(lambda value: not isinstance(value, list)), max_size=2)
        | st.dictionaries(st.sampled_from("kl"), inner, max_size=2)
    ),
    max_leaves=8,
)


def _theirs(plot_id, contents, given_properties):
    """Their data points and properties; None where they refuse."""
    try:
        return VegaConverter(plot_id, deepcopy(contents), dict(given_properties)).flat_datapoints("workspace")
    except DvcException:
        return None


@given(
    contents=st.dictionaries(st.sampled_from(FILES), file_contents, min_size=1),
    given_properties=properties,
    content=st.dictionaries(st.sampled_from("mno"), templates, max_size=3),
    revisions=st.just(("workspace",)) | st.just(("workspace", "v1")),
)
def test_points_and_filled_templates_are_theirs(contents, given_properties, content, revisions):
    plot_id = "drawn" if isinstance(given_properties.get("y"), dict) else FILES[0]
    found = [RevisionPlots(name, {"dvc.yaml": {plot_id: given_properties}}, contents) for name in revisions]
    (plot,) = plots_of(found)
    theirs = _theirs(
        plot_id,
        {path: contents[path] for path in contents if path in _sources(plot_id, given_properties)},
        given_properties,
    )
    if theirs is None:
        assert not plot.points
        assert all(isinstance(failed.error, PlotError) for failed in plot.failures)
        return
    points, their_properties = theirs
    count = len(plot.points) // len(revisions)
    assert list(plot.points[:count]) == points
    if not points:
        return
    series = their_properties["anchors_y_definitions"]
    # DVC fails where several series are the same one.
    assume(len(series) == 1 or len({tuple(one.items()) for one in series}) > 1)
    spec = {**content, "data": {"values": "<DVC_METRIC_DATA>"}}
    for split in (False, True):
        renderer = VegaRenderer(
            deepcopy(list(plot.points)),
            plot.name,
            **{"title": plot.name, **their_properties, "template": TheirTemplate(deepcopy(spec), "own")},
            revs_with_datapoints=list(revisions),
        )
        their_content, rest = renderer.get_partial_filled_template() if split else (renderer.get_filled_template(), {})
        filled = fill(plot, Template("own", spec), split=split)
        assert json.loads(json.dumps(filled.content)) == json.loads(json.dumps(their_content))
        assert filled.apart == rest.get("anchor_definitions", {})


def _sources(plot_id, given_properties):
    x, y = given_properties.get("x"), given_properties.get("y")
    return [*(y if isinstance(y, dict) else [plot_id]), *(x if isinstance(x, dict) else [])]


def test_a_title_may_hold_what_looks_like_an_anchor():
    plot = plots_of([RevisionPlots("w", {"": {"p": {"title": "<DVC_METRIC_X>"}}}, {"p": [{"a": 1}]})])[0]
    filled = fill(plot, Template("own", {"t": "<DVC_METRIC_TITLE>", "d": "<DVC_METRIC_DATA>"}))
    assert filled.content["t"] == "<DVC_METRIC_X>"
