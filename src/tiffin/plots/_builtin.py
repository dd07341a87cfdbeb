"""The nine built-in templates, as Vega-Lite 5 specifications.

Where an anchor stands is part of the contract with the VS Code extension and with people's own copies.  Two rules of
the extension: it drops ZOOM_AND_PAN from where it stands, so that anchor is alone in its list; and it looks for a
top-level `facet`, or `column` in a top-level `encoding`, to know that a plot is several views.
"""

from collections.abc import Callable
from typing import Any

from tiffin.plots._template import Template, anchor

__all__ = ["DEFAULT", "builtin_names", "builtin_template"]

_Spec = dict[str, Any]

DEFAULT = "linear"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"


def builtin_names() -> list[str]:
    """Their names, in DVC's order."""
    return list(_MAKERS)


def builtin_template(name: str) -> Template | None:
    """One of them; None if there is none of that name."""
    make = _MAKERS.get(name)
    return None if make is None else Template(name, make(), builtin=True)


def _base(*, sized: bool = True) -> _Spec:
    size = {"width": anchor("plot_width"), "height": anchor("plot_height")} if sized else {}
    return {
        "$schema": _SCHEMA,
        "data": {"values": anchor("data")},
        "title": {"text": anchor("title"), "anchor": "middle"},
        **size,
    }


def _axis(name: str, **more: Any) -> _Spec:
    """The encoding of one axis; type=None leaves the type to the data."""
    spec = {"field": anchor(name), "title": anchor(f"{name}_label"), "type": "quantitative", **more}
    return {key: value for key, value in spec.items() if value is not None}


def _simple() -> _Spec:
    return {
        **_base(),
        "params": [anchor("zoom_and_pan")],
        "mark": {"type": "line", "tooltip": True},
        "encoding": {
            "x": _axis("x"),
            "y": _axis("y", scale={"zero": False}),
            "color": anchor("color"),
            "strokeDash": anchor("stroke_dash"),
            "tooltip": anchor("tooltip"),
        },
    }


def _linear() -> _Spec:
    """Lines with a slider that smooths them, the raw lines faint behind, and a rule that reads all off at one x."""
    hovered = {"param": "hover", "empty": False}
    y = {"y": _axis("y", scale={"zero": False})}
    smoothing = {"input": "range", "min": 0.001, "max": 1, "step": 0.001, "name": "smooth "}
    smoothed = {
        "transform": [
            {
                "loess": anchor("y"),
                "on": anchor("x"),
                "groupby": anchor("group_by"),
                "bandwidth": {"signal": "smooth"},
            }
        ],
        "encoding": y,
        "layer": [
            {"params": [anchor("zoom_and_pan")], "mark": {"type": "line"}},
            {"transform": [{"filter": hovered}], "mark": {"type": "point"}},
        ],
    }
    raw = {"mark": {"type": "line", "opacity": 0.2}, "encoding": y}
    last = {
        "mark": {"type": "circle", "size": 10},
        "encoding": {
            "x": _axis("x", aggregate="max"),
            "y": _axis("y", aggregate={"argmax": anchor("x")}, scale={"zero": False}),
        },
    }
    rule = {
        "transform": [
            {"calculate": anchor("pivot_field"), "as": "dvc_series"},
            {"pivot": "dvc_series", "value": anchor("y"), "groupby": [anchor("x")], "op": "mean"},
        ],
        "params": [
            {
                "name": "hover",
                "select": {
                    "type": "point",
                    "fields": [anchor("x")],
                    "nearest": True,
                    "on": "mouseover",
                    "clear": "mouseout",
                },
            }
        ],
        "mark": {"type": "rule", "tooltip": {"content": "data"}},
        "encoding": {
            "color": {"value": "grey"},
            "strokeDash": {"value": [1, 0]},
            "opacity": {"condition": {"value": 0.3, **hovered}, "value": 0},
        },
    }
    return {
        **_base(),
        "params": [{"name": "smooth", "value": 0.001, "bind": smoothing}],
        "encoding": {"x": _axis("x"), "color": anchor("color"), "strokeDash": anchor("stroke_dash")},
        "layer": [smoothed, raw, last, rule],
    }


def _scatter() -> _Spec:
    return {
        **_base(),
        "params": [anchor("zoom_and_pan")],
        "mark": {"type": "point", "tooltip": True},
        "encoding": {**{name: _axis(name, scale={"zero": False}) for name in ("x", "y")}, **_scattered()},
    }


def _scattered() -> _Spec:
    return {"color": anchor("color"), "shape": anchor("shape"), "tooltip": anchor("tooltip")}


def _scatter_jitter() -> _Spec:
    """Points of few distinct values, each put somewhere near its place so that they do not hide each other."""
    offsets = {"xOffset": "shift_x", "yOffset": "shift_y"}
    return {
        **_base(),
        "transform": [{"calculate": "random()", "as": field} for field in offsets.values()],
        "mark": {"type": "point", "tooltip": True},
        "encoding": {
            "x": _axis("x", type=None),
            "y": _axis("y", type=None),
            **{channel: {"field": field, "type": "quantitative"} for channel, field in offsets.items()},
            **_scattered(),
        },
    }


def _bars(sort: str | None) -> _Spec:
    return {
        **_base(),
        "params": [anchor("zoom_and_pan")],
        "mark": {"type": "bar", "tooltip": True},
        "encoding": {
            "x": _axis("x"),
            "y": _axis("y", type="nominal", sort=sort),
            "yOffset": {"field": "rev", "sort": []},
            "color": anchor("color"),
            "column": anchor("column"),
        },
    }


def _confusion(*, normalized: bool) -> _Spec:
    """A cell per pair of classes: counted, pairs that never occur filled in, shaded by the largest or by the row."""
    shown = "cell_share" if normalized else "cell_count"
    # Vega-Lite fails at a missing `groupby`.
    whole = {
        "joinaggregate": [{"op": "sum" if normalized else "max", "field": "cell_count", "as": "cell_whole"}],
        "groupby": [anchor("y")] if normalized else [],
    }
    scale = {"domain": [0, 1]} if normalized else {"domainMin": 0, "nice": True}
    number = {"field": shown, "type": "quantitative", **({"format": ".2f"} if normalized else {})}
    classes = {name: _axis(name, type="nominal", sort="ascending") for name in ("x", "y")}
    cell = {
        "params": [
            {
                "name": "cell",
                "select": {"type": "point", "encodings": ["x", "y"], "on": "mouseover", "clear": "mouseout"},
            }
        ],
        "width": anchor("plot_width"),
        "height": anchor("plot_height"),
        "mark": {"type": "rect", "strokeWidth": 2},
        "encoding": {
            "color": {"field": shown, "type": "quantitative", "title": "", "scale": scale},
            "stroke": {"condition": {"param": "cell", "empty": False, "value": "lightpink"}, "value": None},
            "tooltip": [
                {"field": anchor("x"), "type": "nominal"},
                {"field": anchor("y"), "type": "nominal"},
                number,
            ],
        },
    }
    value = {
        "mark": {"type": "text"},
        "encoding": {
            "text": number if normalized else {"condition": {"param": "showValues", **number}, "value": ""},
            "color": {"condition": {"test": "datum.cell_share > 0.5", "value": "white"}, "value": "black"},
        },
    }
    switch = {"name": "showValues", "value": True, "bind": {"input": "checkbox", "name": "show values "}}
    return {
        **_base(sized=False),
        **({} if normalized else {"params": [switch]}),
        "facet": {"column": {"field": "rev", "sort": []}, "row": anchor("row")},
        "spec": {
            "transform": [
                {"aggregate": [{"op": "count", "as": "cell_count"}], "groupby": [anchor("y"), anchor("x")]},
                *(
                    {"impute": "cell_count", "key": anchor(key), "groupby": groups, "value": 0}
                    for key, groups in (
                        ("x", ["rev", anchor("y")] if normalized else anchor("group_by_y")),
                        ("y", anchor("group_by_x")),
                    )
                ),
                whole,
                {"calculate": "datum.cell_count / datum.cell_whole", "as": "cell_share"},
            ],
            "encoding": classes,
            "layer": [cell, value],
        },
    }


_MAKERS: dict[str, Callable[[], _Spec]] = {
    "simple": _simple,
    "linear": _linear,
    "confusion": lambda: _confusion(normalized=False),
    "confusion_normalized": lambda: _confusion(normalized=True),
    "scatter": _scatter,
    "scatter_jitter": _scatter_jitter,
    "smooth": _linear,
    "bar_horizontal_sorted": lambda: _bars("-x"),
    "bar_horizontal": lambda: _bars(None),
}
