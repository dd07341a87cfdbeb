"""The command `tiffin evaluate`."""

from typing import Annotated, NamedTuple

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
    tell_skipped,
)
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.stream import text_size
from tiffin.train import load

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Compare a model's predictions with the labels of examples it has not learned from."""

    model: Annotated[str, Argument("the directory of the model", metavar="DIR")]
    data: Data = []  # noqa: RUF012 - a named tuple's default is never changed
    json: Annotated[bool, Flag("print JSON")] = False
    data_format: Format = None
    threads: Threads = None
    max_bad: MaxBad = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    if not options.data:
        raise UsageError("no data was named", hint=f"tiffin evaluate {options.model} --data FILE...")
    trained = load(place(ui, options.model))
    with ui.progress("Evaluating", "row") as progress:
        progress.expect(0, text_size(places(ui, options.data)))
        found = trained.evaluate(
            places(ui, options.data),
            data_format=options.data_format,
            threads=options.threads or 0,
            max_bad=options.max_bad or 0,
            progress=progress,
        )
    tell_skipped(ui, trained, places(ui, options.data))
    if options.json:
        ui.json(evaluation_json(found))
    else:
        ui.write(loss_text(found))
    return 0
