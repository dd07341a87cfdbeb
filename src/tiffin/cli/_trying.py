"""`tiffin train lr,fm,trees`: several models, of which the best is kept."""

import json
from collections.abc import Mapping
from typing import Any

from tiffin.cli._table_text import plain
from tiffin.cli._text import human_size
from tiffin.cli._training import METRICS, tell_skipped
from tiffin.cli._ui import Ui
from tiffin.errors import ConfigError, UsageError
from tiffin.fs import write_atomically
from tiffin.models import SETTINGS, Model, has_setting, with_settings
from tiffin.stream import Amount, Flow, amount_of
from tiffin.train import Data, Evaluation, Options, Progress, Tried, compare, evaluation_fields, specified

__all__ = ["models_of", "try_models"]

_HEADERS = ("model", "held-out loss", "AUC", "accuracy", "rows/s", "time", "size")


def models_of(spec: str, directory: str, settings: Mapping[str, str]) -> dict[str, Model]:
    """The models that are named, separated by commas, each with those settings that it has.

    directory: where files are looked up.  Raises UsageError for a model that is there twice, ConfigError for a setting
    that none of them has, and what `specified` raises.
    """
    names = [name.strip() for name in spec.split(",")]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"'{name}' is there twice in '{spec}'", hint="name each model once")
    plain_models = {name: _model(name, directory) for name in names}
    own = {name: _own(model, settings) for name, model in plain_models.items()}
    for name, value in settings.items():
        if not any(name in found for found in own.values()):
            with_settings(_with_table(plain_models[names[0]], settings), {name: value})  # which says what is wrong
    return {name: with_settings(model, own[name]) for name, model in plain_models.items()}


def _model(name: str, directory: str) -> Model:
    found = specified(name, directory)
    if not isinstance(found, Model):
        raise ConfigError(f"'{name}' is an algorithm of your own, and only models are compared", hint="train it alone")
    return found


def _own(model: Model, settings: Mapping[str, str]) -> dict[str, str]:
    """Those of the settings that it has."""
    kind = _with_table(model, settings)
    return {name: value for name, value in settings.items() if name in SETTINGS and has_setting(kind, name)}


def _with_table(model: Model, settings: Mapping[str, str]) -> Model:
    """The same on another kind of table, which says what else can be set."""
    return (
        with_settings(model, {"table": settings["table"]})
        if "table" in settings and has_setting(model, "table")
        else model
    )


def try_models(ui: Ui, models: Mapping[str, Model], data: Data, how: Options, out: str, *, state: bool) -> int:
    """Learn from the data, print how the models compare, and write the best one to `out`."""
    if not how.valid:
        raise UsageError("models are compared by held-out files, and none were named", hint="add --valid FILE...")
    with ui.progress("Training", "row") as progress:
        progress.expect(*(Amount() if isinstance(data, Flow) else amount_of(data)).times(len(models) * how.passes))
        found = compare(models, data, how.valid, how, progress=_Sum(progress), tell=ui.status)
    tell_skipped(ui, next((tried.skipped for tried in found.tried if tried.skipped), ()))
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
