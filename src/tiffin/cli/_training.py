"""What `train`, `predict` and `evaluate` share: places, and how results are told."""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tiffin.cli._ui import Ui
from tiffin.models import read_manifest
from tiffin.train import Evaluation, Trained, load, named

__all__ = [
    "METRICS",
    "load_model",
    "loss_text",
    "place",
    "places",
    "quality_text",
    "size_of_model",
    "tell_skipped",
]

METRICS = "metrics.json"  # beside the model

_MOST_NAMED = 5


def place(ui: Ui, path: str) -> str:
    """A path as the user gave it, but seen from where the command runs."""
    is_seen_from_anywhere = ui.context.directory == os.getcwd() or "://" in path
    return path if is_seen_from_anywhere else os.path.join(ui.context.directory, path)


def load_model(ui: Ui, directory: str, algorithm: str | None) -> Trained:
    """The model of a directory, to predict with.

    One whose memory is bounded stays in its files, so that it needs none, nor a disk to spill to.
    """
    kind: Any = None if algorithm is None else named(place(ui, algorithm))
    where = place(ui, directory)
    return load(where, algorithm=kind, mapped=read_manifest(where).model.memory > 0)


def places(ui: Ui, paths: Iterable[str]) -> list[str]:
    """The same of many."""
    return [place(ui, path) for path in paths]


def size_of_model(directory: str) -> int:
    """Bytes of its files."""
    return sum(entry.stat().st_size for entry in os.scandir(directory))


def tell_skipped(ui: Ui, skipped: Sequence[str]) -> None:
    """Name the first of the rows that were skipped."""
    for line in skipped[:_MOST_NAMED]:
        ui.warning(f"skipped {line}")


def loss_text(found: Evaluation, more: str = "") -> str:
    """One line for people, and one more for each task.  more: for the end of the first."""
    return f"{_loss(found)}{_accuracy(found)}{_rows(found)}{more}{_tasks(found, _loss)}"


def quality_text(found: Evaluation) -> str:
    """All figures in one line, and one more for each task."""
    return f"{_figures(found)}{_accuracy(found)}{_rows(found)}{_tasks(found, _figures)}"


def _loss(found: Evaluation) -> str:
    return f"loss {found.loss:.6f}{_figure(', AUC {:.5f}', found.auc)}"


def _figures(found: Evaluation) -> str:
    return "".join(
        (
            _loss(found),
            _figure(", PR-AUC {:.5f}", found.pr_auc),
            _figure(", calibration error {:.5f}", found.calibration_error),
            _figure(", base rate {:.5f}", found.base_rate),
        )
    )


def _tasks(found: Evaluation, text: Callable[[Evaluation], str]) -> str:
    return "".join(f"\n  {name}: {text(one)}" for name, one in (found.tasks or {}).items())


def _accuracy(found: Evaluation) -> str:
    return _figure(", accuracy {:.5f}", found.accuracy)


def _figure(form: str, value: float | None) -> str:
    return "" if value is None else form.format(value)


def _rows(found: Evaluation) -> str:
    bad = "" if not found.bad_rows else f", {found.bad_rows:,} bad rows skipped"
    return f", {found.rows:,} rows{bad}"
