"""The command `tiffin train`."""

import os
from typing import Annotated, Any, NamedTuple

from tiffin.cli._options import Argument, Flag
from tiffin.cli._training import Data, Format, MaxBad, Threads, evaluation_json, loss_text, place, places, size_of
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.fs import write_atomically
from tiffin.models import make_model
from tiffin.train import Evaluation, Pass, Trained, load, train
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
        list[str], Flag("files to compare predictions with after each pass", metavar="FILE", many=True)
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
    model = make_model(options.spec, dict(map(_setting, options.set)))
    how = How(
        options.passes,
        options.threads or 0,
        options.deterministic,
        options.max_bad or 0,
        options.data_format,
    )
    start = None if options.start is None else load(place(ui, options.start))
    paths, valid = places(ui, options.data), places(ui, options.valid)
    found: list[dict[str, Any]] = []

    before = [0, 0]  # rows and bytes of the passes that are done

    def tell(number: int, done: Pass) -> None:
        ui.write(_line(number, done))
        before[0] += done.learned.rows
        before[1] += done.bytes
        found.append({**evaluation_json(done.learned), "rows_per_s": done.rows_per_s, "bottleneck": done.bottleneck})

    with ui.progress("Training", "row") as progress:
        progress.expect(0, options.passes * size_of(paths))

        def moved(rows: int, size: int) -> None:
            progress(before[0] + rows, before[1] + size)

        trained = train(model, paths, how, start=start, progress=moved, after_pass=tell)
    held_out = None
    if valid:
        held_out = trained.evaluate(valid, data_format=options.data_format, threads=how.threads, max_bad=how.max_bad)
        ui.write(f"held out: {loss_text(held_out)}")
    out = place(ui, options.out)
    trained.save(out, state=not options.slim)
    _write_metrics(os.path.join(out, METRICS), found, held_out, trained)
    return 0


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--set: expected NAME=VALUE, found '{text}'")
    return name, value


def _line(number: int, done: Pass) -> str:
    rate = f"{done.rows_per_s:,.0f} rows/s, {done.bottleneck}"
    return f"pass {number + 1}: {loss_text(done.learned)} ({rate})"


def _write_metrics(path: str, passes: list[dict[str, Any]], held_out: Evaluation | None, trained: Trained) -> None:
    import json  # noqa: PLC0415

    fields: dict[str, Any] = {"rows": trained.trained_rows, "train": passes[-1]}
    if held_out is not None:
        fields["valid"] = evaluation_json(held_out)
    write_atomically(path, json.dumps(fields, indent=2) + "\n", durable=False)
