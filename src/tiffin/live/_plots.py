"""Plots that are logged whole: rows of a table, and scikit-learn's curves."""

import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from tiffin.errors import LiveError
from tiffin.live._images import is_a

__all__ = ["KINDS", "Kind", "as_rows", "plot_config", "sklearn_rows"]


class Kind(NamedTuple):
    """A scikit-learn plot: its function, the columns of what that gives, and how the plot is labelled."""

    function: str  # module.name, called with (labels, predictions)
    columns: tuple[str, ...]
    x: str
    y: str
    title: str
    x_label: str
    y_label: str
    template: str = "simple"


KINDS: Final = {
    "calibration": Kind(
        "sklearn.calibration.calibration_curve",
        ("prob_true", "prob_pred"),
        "prob_pred",
        "prob_true",
        "Calibration Curve",
        "Mean Predicted Probability",
        "Fraction of Positives",
    ),
    "confusion_matrix": Kind(
        "",
        ("actual", "predicted"),
        "actual",
        "predicted",
        "Confusion Matrix",
        "True Label",
        "Predicted Label",
        "confusion",
    ),
    "det": Kind(
        "sklearn.metrics.det_curve",
        ("fpr", "fnr", "threshold"),
        "fpr",
        "fnr",
        "Detection error tradeoff (DET)",
        "False Positive Rate",
        "False Negative Rate",
    ),
    "precision_recall": Kind(
        "sklearn.metrics.precision_recall_curve",
        ("precision", "recall", "threshold"),
        "recall",
        "precision",
        "Precision-Recall Curve",
        "Recall",
        "Precision",
    ),
    "roc": Kind(
        "sklearn.metrics.roc_curve",
        ("fpr", "tpr", "threshold"),
        "fpr",
        "tpr",
        "Receiver operating characteristic (ROC)",
        "False Positive Rate",
        "True Positive Rate",
    ),
}


def sklearn_rows(
    kind: str, labels: Iterable[Any], predictions: Iterable[Any], options: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """One row per point of the curve, or per sample for a confusion matrix.  LiveError without scikit-learn."""
    chosen = KINDS[kind]
    if not chosen.function:
        return [{"actual": str(a), "predicted": str(p)} for a, p in zip(labels, predictions, strict=False)]
    curve = _sklearn_function(chosen.function)(labels, predictions, **options)
    # The last point of a precision-recall curve has no threshold and is left out, as by DVCLive.
    return [dict(zip(chosen.columns, values, strict=True)) for values in zip(*curve, strict=False)]


def as_rows(name: str, datapoints: Any) -> list[dict[Any, Any]]:
    """One mapping per data point: from such a list, a data frame, or a structured or two-dimensional array."""
    if isinstance(datapoints, list):
        if all(isinstance(point, dict) for point in datapoints):
            return datapoints
    elif is_a(datapoints, "pandas", "DataFrame"):
        rows: list[dict[Any, Any]] = datapoints.to_dict(orient="records")
        return rows
    elif is_a(datapoints, "numpy", "ndarray"):
        fields = datapoints.dtype.names
        if fields is not None:
            return [dict(zip(fields, row, strict=True)) for row in datapoints]
        if datapoints.ndim == 2:
            return [dict(enumerate(row)) for row in datapoints]
    raise LiveError(
        f"plot {name!r} cannot be logged: its data points are a {type(datapoints).__name__}",
        hint="give a list of dictionaries, a pandas DataFrame, or a structured or two-dimensional NumPy array",
    )


def plot_config(
    template: str | None, x: str, y: str | list[str], title: str | None, x_label: str | None, y_label: str | None
) -> dict[str, Any]:
    """The settings of a plot in the order of dvc.yaml, without those that are not set."""
    config = {
        "template": template or None,
        "x": x,
        "y": y,
        "title": title,
        "x_label": x_label,
        "y_label": y_label,
    }
    return {name: value for name, value in config.items() if value is not None}


def _sklearn_function(path: str) -> Callable[..., tuple[Any, ...]]:
    module, _, name = path.rpartition(".")
    try:
        function: Callable[..., tuple[Any, ...]] = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError:
        raise LiveError(
            "scikit-learn is needed for this plot and is not installed", hint="pip install scikit-learn"
        ) from None
    return function
