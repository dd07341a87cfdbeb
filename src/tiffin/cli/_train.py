"""The command `tiffin train`."""

import os
from typing import Annotated, Any, NamedTuple

from tiffin.cli._options import Argument, Flag
from tiffin.cli._training import (
    Data,
    Format,
    MaxBad,
    Threads,
    evaluation_json,
    loss_text,
    place,
    places,
    size_of,
    tell_skipped,
)
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.fs import write_atomically
from tiffin.models import check_place, make_model
from tiffin.train import Evaluation, Pass, Progress, Trained, load, train
from tiffin.train import Options as How

__all__ = ["Options", "run"]

METRICS = "metrics.json"


class Options(NamedTuple):
    """Learn a model from files of examples, and write it to a directory.

    Each example is predicted before it is learned from, so the loss of the first pass is that of predictions.
    """

    spec: Annotated[str, Argument("lr, fm or ffm", metavar="MODEL")]
    data: Data = []  # noqa: RUF012 - a named tuple's default is never changed
    out: Annotated[str | None, Flag("the directory to write the model to", ("-o", "--out"), metavar="DIR")] = None
    valid: Annotated[
        list[str],
        Flag("files to predict after each pass; passes end when that gets no better", metavar="FILE", many=True),
    ] = []  # noqa: RUF012 - as above
    set: Annotated[list[str], Flag("a setting of the model", ("-S", "--set"), metavar="NAME=VALUE")] = []  # noqa: RUF012 - as above
    start: Annotated[str | None, Flag("go on from this model", ("--from",), metavar="DIR")] = None
    passes: Annotated[int, Flag("how often to go over the data (default: once)", metavar="N")] = 1
    data_format: Format = None
    threads: Threads = None
    deterministic: Annotated[bool, Flag("the same model, bit for bit, for any number of threads")] = False
    max_bad: MaxBad = None
    slim: Annotated[bool, Flag("leave out what further training would need")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    if not options.data:
        raise UsageError("no data was named", hint=f"tiffin train {options.spec} --data FILE... --out DIR")
    if options.out is None:
        raise UsageError("no directory for the model was named", hint="add --out DIR")
    if options.passes < 1:
        raise UsageError(f"--passes: expected a number from 1 on, found {options.passes}")
    if options.start is not None and options.set:
        raise UsageError(
            "a model that goes on keeps its settings", hint="leave --set out, or train anew without --from"
        )
    model = make_model(options.spec, dict(map(_setting, options.set)))
    check_place(place(ui, options.out))
    how = How(
        options.passes,
        options.threads or 0,
        options.deterministic,
        options.max_bad or 0,
        options.data_format,
    )
    start = None if options.start is None else load(place(ui, options.start))
    if start is not None and start.model.score != model.score:
        raise UsageError(f"the model in '{options.start}' is no {options.spec}", hint="name the model that it is")
    paths, valid = places(ui, options.data), places(ui, options.valid)
    out = place(ui, options.out)
    told = _Telling(ui, out, paths, valid, options)
    with ui.progress("Training", "row") as progress:
        progress.expect(0, options.passes * size_of(paths))
        told.progress = progress
        trained = train(model, paths, how, start=start, progress=told.moved, after_pass=told.after_pass)
    if not valid:
        trained.save(out, state=not options.slim)
    told.write_metrics()
    return 0


class _Telling:
    """What is said and kept after each pass; with held-out files, the best model."""

    def __init__(self, ui: Ui, out: str, data: list[str], valid: list[str], options: Options) -> None:
        self.progress: Progress | None = None
        self._ui = ui
        self._out = out
        self._data = data
        self._valid = valid
        self._options = options
        self._rows, self._bytes = 0, 0  # of the passes that are done
        self._best: Evaluation | None = None  # of held-out files
        self._kept: dict[str, Any] = {}  # the figures of the model that is kept

    def moved(self, rows: int, size: int) -> None:
        if self.progress is not None:
            self.progress(self._rows + rows, self._bytes + size)

    def after_pass(self, trained: Trained) -> bool:
        """Whether another pass may help."""
        number, done = len(trained.passes), trained.passes[-1]
        self._ui.write(_line(number, done))
        if number == 1:
            tell_skipped(self._ui, trained, self._data)
        self._rows += done.learned.rows
        self._bytes += done.bytes
        figures = {
            "rows": trained.trained_rows,
            "passes": number,
            "train": {**evaluation_json(done.learned), "rows_per_s": done.rows_per_s, "bottleneck": done.bottleneck},
        }
        if not self._valid:
            self._kept = figures
            return True
        found = trained.evaluate(
            self._valid,
            data_format=self._options.data_format,
            threads=self._options.threads or 0,
            max_bad=self._options.max_bad or 0,
        )
        self._ui.write(f"held out: {loss_text(found)}")
        if self._best is None or found.loss < self._best.loss:
            self._best, self._kept = found, {**figures, "valid": evaluation_json(found)}
            trained.save(self._out, state=not self._options.slim)
            return True
        if number < self._options.passes:
            self._ui.write(f"no better than after pass {self._kept['passes']}, whose model is kept")
        return False

    def write_metrics(self) -> None:
        import json  # noqa: PLC0415 - the model's own manifest needs it, too

        text = json.dumps(self._kept, indent=2) + "\n"
        write_atomically(os.path.join(self._out, METRICS), text, durable=False)


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--set: expected NAME=VALUE, found '{text}'")
    return name, value


def _line(number: int, done: Pass) -> str:
    return f"pass {number}: {loss_text(done.learned)} ({done.rows_per_s:,.0f} rows/s, {done.bottleneck})"
