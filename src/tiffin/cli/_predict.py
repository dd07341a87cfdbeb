"""The command `tiffin predict`."""

from array import array
from contextlib import nullcontext
from typing import Annotated, NamedTuple

from tiffin.cli._learning_options import Algorithm, Data, Format, MaxBad, Threads
from tiffin.cli._options import Argument, Flag
from tiffin.cli._training import load_model, place, places, tell_skipped
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.stream import amount_of
from tiffin.train import csv_lines, predictions_to

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Predict with a model: one line for each example, in order.

    Probabilities, expected counts or values, as the model's loss has it; with softmax, the probability of each class,
    separated by commas.  Features it never saw have no weight.  They are written as they come, so data of any size will
    do (but for trees, which look at all of it at once); a file has the column `score`, or with softmax `score_0`,
    `score_1` and so on, or of several labels `score_LABEL`.
    """

    model: Annotated[str, Argument("the directory of the model", metavar="DIR")]
    data: Data = []  # noqa: RUF012 - a named tuple's default is never changed
    out: Annotated[
        str | None,
        Flag("the .parquet or .csv file to write (default, and -: here)", ("-o", "--out"), metavar="FILE"),
    ] = None
    scores: Annotated[bool, Flag("scores before the loss's scale: logits, logarithms of rates")] = False
    data_format: Format = None
    threads: Threads = None
    max_bad: MaxBad = None
    algorithm: Algorithm = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    if not options.data:
        raise UsageError("no data was named", hint=f"tiffin predict {options.model} --data FILE...")
    paths = places(ui, options.data)
    out = None if options.out in (None, "-") else options.out
    trained = load_model(ui, options.model, options.algorithm)
    names = trained.output_names
    shown = nullcontext(lambda part: ui.table(csv_lines(part, len(names))))
    count = 0
    with shown if out is None else predictions_to(place(ui, out), names) as take:

        def counted(part: "array[float]") -> None:
            nonlocal count
            take(part)
            count += len(part) // len(names)

        with ui.progress("Predicting", "row") as progress:
            progress.expect(*amount_of(paths))
            trained.predict_each(
                paths,
                counted,
                scores=options.scores,
                data_format=options.data_format,
                threads=options.threads or 0,
                max_bad=options.max_bad or 0,
                progress=progress,
            )
    tell_skipped(ui, trained.skipped(paths))
    if trained.bad_rows:
        ui.warning(f"{trained.bad_rows:,} lines that are no examples have no prediction")
    if out is not None:
        ui.write(f"{count:,} predictions in '{out}'")
    return 0
