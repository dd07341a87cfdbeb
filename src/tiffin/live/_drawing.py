"""What the report draws for a logged plot: a few bounded numbers instead of the rows."""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from tiffin.live._curve import thin

__all__ = ["Drawing", "draw"]

# drawing := {"kind", "title", "x", "y", ...}
#   line, scatter: "series": [{"name", "points": [[x, ...], [y, ...]]}, ...], "diagonal": draw the line y = x
#   bar:           "labels": [text, ...], "values": [number, ...], "more": bars left out
#   confusion:     "labels": [text, ...], "counts": [[number, ...] per actual label], "normalized",
#                  "more": labels left out
#   none:          "reason": text
Drawing = dict[str, Any]

MOST_BARS: Final = 60
MOST_LABELS: Final = 40
DIAGONAL: Final = (("fpr", "tpr"), ("prob_pred", "prob_true"))  # chance, and perfect calibration
SCATTER: Final = ("scatter", "scatter_jitter")


def draw(rows: list[dict[str, Any]], config: Mapping[str, Any]) -> Drawing:
    """Reduce rows to what their template shows.  config: template, x, y, title, x_label, y_label, as in dvc.yaml."""
    template = str(config.get("template") or "linear")
    x, y = config.get("x"), config.get("y")
    names = [y] if not isinstance(y, list) else y
    labels = {
        "title": config.get("title"),
        "x": config.get("x_label") or str(x),
        "y": config.get("y_label") or ", ".join(str(name) for name in names),
    }
    if template.startswith("confusion"):
        return labels | _confusion(rows, x, names[0], normalized=template.endswith("normalized"))
    if template.startswith("bar"):
        # The horizontal bars of DVC: x holds the lengths, y the names.
        return labels | _bars(rows, names[0], x, ordered=template.endswith("sorted"))
    series = [{"name": str(name), "points": _points(rows, x, name)} for name in names]
    if any(one["points"][0] for one in series):
        return labels | {
            "kind": "scatter" if template in SCATTER else "line",
            "series": series,
            "diagonal": (x, y) in DIAGONAL,
        }
    return labels | _bars(rows, x, names[0], ordered=False)


def _points(rows: list[dict[str, Any]], x: Any, y: Any) -> list[list[float]]:
    pairs = ((_number(row.get(x)), _number(row.get(y))) for row in rows)
    points = thin((a, b) for a, b in pairs if a is not None and b is not None)
    return [[_short(a) for a, _ in points], [_short(b) for _, b in points]]


def _bars(rows: list[dict[str, Any]], name: Any, length: Any, *, ordered: bool) -> Drawing:
    bars = [(str(row.get(name)), number) for row in rows if (number := _number(row.get(length))) is not None]
    if not bars:
        return {"kind": "none", "reason": "no numbers to draw"}
    if ordered:
        bars.sort(key=lambda bar: -bar[1])
    shown = bars[:MOST_BARS]
    return {
        "kind": "bar",
        "labels": [label for label, _ in shown],
        "values": [_short(value) for _, value in shown],
        "more": len(bars) - len(shown),
    }


def _confusion(rows: list[dict[str, Any]], actual: Any, predicted: Any, *, normalized: bool) -> Drawing:
    counts = Counter((str(row.get(actual)), str(row.get(predicted))) for row in rows)
    sizes: Counter[str] = Counter()
    for pair, count in counts.items():
        for label in set(pair):
            sizes[label] += count
    labels = sorted((label for label, _ in sizes.most_common(MOST_LABELS)), key=_label_order)
    return {
        "kind": "confusion",
        "labels": labels,
        "counts": [[counts[a, p] for p in labels] for a in labels],
        "normalized": normalized,
        "more": len(sizes) - len(labels),
    }


def _label_order(label: str) -> tuple[float, str]:
    try:
        return float(label), label
    except ValueError:
        return math.inf, label


def _number(value: Any) -> float | None:
    if isinstance(value, str | bytes):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _short(number: float) -> float:
    return float(f"{number:.6g}")
