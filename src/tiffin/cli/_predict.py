"""The command `tiffin predict`."""

from typing import Annotated, NamedTuple

from tiffin.cli._options import Argument, Flag
from tiffin.cli._training import Data, Format, MaxBad, Threads, place, places, tell_skipped
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.fs import write_atomically
from tiffin.stream import text_size
from tiffin.train import load

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Predict with a model: one line for each example, in order.

    Probabilities, expected counts or values, as the model's loss has it.  Features it never saw have no weight.  A file
    begins with a line that says `score`.
    """

    model: Annotated[str, Argument("the directory of the model", metavar="DIR")]
    data: Data = []  # noqa: RUF012 - a named tuple's default is never changed
    out: Annotated[str | None, Flag("where to write (default: here)", ("-o", "--out"), metavar="FILE")] = None
    scores: Annotated[bool, Flag("scores before the loss's scale: logits, logarithms of rates")] = False
    data_format: Format = None
    threads: Threads = None
    max_bad: MaxBad = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    if not options.data:
        raise UsageError("no data was named", hint=f"tiffin predict {options.model} --data FILE...")
    trained = load(place(ui, options.model))
    with ui.progress("Predicting", "row") as progress:
        progress.expect(0, text_size(places(ui, options.data)))
        found = trained.predict(
            places(ui, options.data),
            scores=options.scores,
            data_format=options.data_format,
            threads=options.threads or 0,
            max_bad=options.max_bad or 0,
            progress=progress,
        )
    tell_skipped(ui, trained, places(ui, options.data))
    if trained.bad_rows:
        ui.warning(f"{trained.bad_rows:,} lines that are no examples have no prediction")
    text = "".join(f"{value:.7g}\n" for value in found)
    if options.out is None:
        ui.table(text)
    else:
        write_atomically(place(ui, options.out), f"score\n{text}", durable=False)
        ui.write(f"{len(found):,} predictions in '{options.out}'")
    return 0
