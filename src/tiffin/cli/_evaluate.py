"""The command `tiffin evaluate`."""

from typing import Annotated, Any, NamedTuple

from tiffin.cli._learning_options import Algorithm, Data, Format, MaxBad, Threads
from tiffin.cli._options import Argument, Flag
from tiffin.cli._table_text import plain
from tiffin.cli._training import load_model, places, quality_text, tell_skipped
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.stream import amount_of
from tiffin.train import Evaluation, Slices, evaluation_fields

__all__ = ["Options", "run"]

_HEADERS = ("rows", "base rate", "loss", "AUC", "PR-AUC", "calibration error")


class Options(NamedTuple):
    """Compare a model's predictions with the labels of examples it has not learned from.

    Of classes it tells the area under the ROC curve (AUC), that under the curve of precision over recall (PR-AUC), and
    how far predictions are from the share of positive labels where they are alike (calibration error).
    """

    model: Annotated[str, Argument("the directory of the model", metavar="DIR")]
    data: Data = []  # noqa: RUF012 - a named tuple's default is never changed
    by: Annotated[str | None, Flag("also for each value of this column, most frequent first", metavar="COLUMN")] = None
    most: Annotated[int | None, Flag("so many values of it; the others together (default: 20)", metavar="N")] = None
    json: Annotated[bool, Flag("print JSON")] = False
    data_format: Format = None
    threads: Threads = None
    max_bad: MaxBad = None
    algorithm: Algorithm = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    if not options.data:
        raise UsageError("no data was named", hint=f"tiffin evaluate {options.model} --data FILE...")
    if options.most is not None and options.by is None:
        raise UsageError("--most counts the values of a column, and none was named", hint="add --by COLUMN")
    trained = load_model(ui, options.model, options.algorithm)
    paths = places(ui, options.data)
    with ui.progress("Evaluating", "row") as progress:
        progress.expect(*amount_of(paths))
        how: dict[str, Any] = {
            "data_format": options.data_format,
            "threads": options.threads or 0,
            "max_bad": options.max_bad or 0,
            "progress": progress,
        }
        if options.by is None:
            found = Slices(trained.evaluate(paths, **how), [], None)
        else:
            most = 20 if options.most is None else options.most
            found = trained.evaluate_by(paths, options.by, most=most, **how)
    tell_skipped(ui, trained.skipped(paths))
    if options.json:
        ui.json(_json(found, options.by))
        return 0
    ui.write(quality_text(found.whole))
    if options.by is not None:
        ui.table(f"\n{_table(found, options.by)}")
        if any(one.missed for one in found.slices):
            ui.warning("there are too many values to follow all: some rows of those shown may be among the others")
    return 0


def _json(found: Slices, column: str | None) -> dict[str, Any]:
    whole = evaluation_fields(found.whole)
    if column is None:
        return whole
    slices = [{"value": one.value or None, "missed_rows": one.missed, **_figures(one.found)} for one in found.slices]
    others = None if found.others is None else _figures(found.others)
    return {**whole, "by": {"column": column, "slices": slices, "others": others}}


def _figures(found: Evaluation) -> dict[str, Any]:
    return {name: value for name, value in evaluation_fields(found).items() if name != "bad_rows"}


def _table(found: Slices, column: str) -> str:
    rows = [(_shown(one.value), *_cells(one.found)) for one in found.slices]
    if found.others is not None:
        rows.append(("(others)", *_cells(found.others)))
    return plain((column or "(no name)", *_HEADERS), rows)


def _shown(value: str) -> str:
    """A value of somebody's file: what a terminal might obey is escaped."""
    return (value if value.isprintable() else ascii(value)[1:-1]) or "(none)"


def _cells(found: Evaluation) -> tuple[str, ...]:
    numbers = (found.base_rate, found.loss, found.auc, found.pr_auc, found.calibration_error)
    return (f"{found.rows:,}", *("-" if number is None else f"{number:.5f}" for number in numbers))
