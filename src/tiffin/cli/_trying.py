"""`tiffin train lr,fm,trees`: several models, of which the best is kept."""

import json
from collections.abc import Mapping
from typing import Any

from tiffin.cli._table_text import plain
from tiffin.cli._text import human_size
from tiffin.cli._training import METRICS
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.fs import write_atomically
from tiffin.models import SETTINGS, Model, has_setting, make_model
from tiffin.stream import Amount, Flow, amount_of
from tiffin.train import Data, Evaluation, Options, Progress, Tried, compare, evaluation_fields

__all__ = ["models_of", "try_models"]

_HEADERS = ("model", "held-out loss", "AUC", "accuracy", "rows/s", "time", "size")


def models_of(spec: str, settings: Mapping[str, str]) -> dict[str, Model]:
    """The models that are named, separated by commas, each with those settings that it has.

    Raises ConfigError for a setting that none of them has.
    """
    names = [name.strip() for name in spec.split(",")]
    plain_models = {name: make_model(name) for name in names}
    for name, value in settings.items():
        if name not in SETTINGS or not any(has_setting(model, name) for model in plain_models.values()):
            make_model(names[0], {name: value})
    return {
        name: make_model(name, {one: value for one, value in settings.items() if has_setting(model, one)})
        for name, model in plain_models.items()
    }


def try_models(ui: Ui, models: Mapping[str, Model], data: Data, how: Options, out: str, *, state: bool) -> int:
    """Learn from the data, print how the models compare, and write the best one to `out`."""
    if not how.valid:
        raise UsageError("models are compared by held-out files, and none were named", hint="add --valid FILE...")
    with ui.progress("Training", "row") as progress:
        progress.expect(*(Amount() if isinstance(data, Flow) else amount_of(data)).times(len(models) * how.passes))
        found = compare(models, data, how.valid, how, progress=_Sum(progress))
    ui.table(plain(_HEADERS, [_cells(tried, tried.held_out) for tried in found.tried if tried.held_out is not None]))
    for tried in found.tried:
        if tried.failure is not None:
            ui.warning(f"{tried.name}: {tried.failure.message}", tried.failure.hint)
    found.best.save(out, state=state)
    best = found.tried[0]
    ui.write(f"the best is kept: {best.name}")
    figures = {"model": best.name, "tried": [_figures(tried) for tried in found.tried]}
    write_atomically(f"{out}/{METRICS}", json.dumps(figures, indent=2) + "\n", durable=False)
    return 0


class _Sum:
    """Progress of passes, each of which counts from 0, as that of one job."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._before, self._now = (0, 0), (0, 0)

    def __call__(self, rows: int, size: int) -> None:
        if rows < self._now[0]:
            self._before = (self._before[0] + self._now[0], self._before[1] + self._now[1])
        self._now = (rows, size)
        self._progress(self._before[0] + rows, self._before[1] + size)


def _cells(tried: Tried, held_out: Evaluation) -> list[str]:
    quality = [f"{held_out.loss:.6f}", _digits(held_out.auc), _digits(held_out.accuracy)]
    return [tried.name, *quality, f"{tried.rows_per_s:,.0f}", f"{tried.seconds:.1f} s", human_size(tried.size)]


def _digits(value: float | None) -> str:
    return "-" if value is None else f"{value:.5f}"


def _figures(tried: Tried) -> dict[str, Any]:
    """For metrics.json."""
    if tried.held_out is None:
        return {"model": tried.name, "failure": str(tried.failure)}
    figures = {name: getattr(tried, name) for name in ("passes", "seconds", "rows_per_s", "size")}
    return {"model": tried.name, "valid": evaluation_fields(tried.held_out), **figures}
