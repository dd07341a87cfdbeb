"""The command `tiffin train`."""

from typing import Annotated, NamedTuple

from tiffin.cli._learning_options import Data, Format, MaxBad, Threads
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui

__all__ = ["Options", "run"]

_TABLES = ("lr", "fm", "ffm")  # whose rows are in a table, all of it used from the first examples on
_LEAST_ROW = 8  # bytes: a weight and what an optimiser keeps beside it


class Options(NamedTuple):
    """Learn a model from files of examples, and write it to a directory.

    Each example is predicted before it is learned from, so the loss of the first pass is that of predictions.  Of
    several models, separated by commas, the one with the least loss on the --valid files is written.
    """

    spec: Annotated[
        str,
        Argument(
            "lr, fm, ffm, widedeep, deepfm, dcn, trees, gbdt_lr, gbdt_fm, a YAML file, or file.py:name; or several, "
            "such as lr,fm,trees",
            metavar="SPEC",
        ),
    ]
    data: Data = []  # noqa: RUF012 - a named tuple's default is never changed
    out: Annotated[str | None, Flag("the directory to write the model to", ("-o", "--out"), metavar="DIR")] = None
    valid: Annotated[
        list[str],
        Flag("files to predict after each pass; passes end when that gets no better", metavar="FILE", many=True),
    ] = []  # noqa: RUF012 - as above
    label: Annotated[str | None, Flag("tables: the column to predict; several tasks: A,B", metavar="COL")] = None
    weight: Annotated[str | None, Flag("tables: the column of weights", metavar="COL")] = None
    time: Annotated[str | None, Flag("tables: the column by which rows are in order", metavar="COL")] = None
    valid_from: Annotated[str | None, Flag("hold out the rows from this time on", metavar="TIME")] = None
    holdout: Annotated[
        str | None, Flag("hold out this part of the rows, such as 0.2, the last by time", metavar="PART")
    ] = None
    explain_plan: Annotated[bool, Flag("say what would run where, and learn nothing")] = False
    set: Annotated[list[str], Flag("a setting of the model", ("-S", "--set"), metavar="NAME=VALUE")] = []  # noqa: RUF012 - as above
    start: Annotated[str | None, Flag("go on from this model", ("--from",), metavar="DIR")] = None
    passes: Annotated[int, Flag("how often to go over the data (default: once)", metavar="N")] = 1
    patience: Annotated[
        int, Flag("with --valid: end after so many passes in a row that are no better (default: 1)", metavar="N")
    ] = 1
    negatives: Annotated[
        str | None,
        Flag("learn from this part of the negative examples, and let them stand for all", metavar="PART"),
    ] = None
    data_format: Format = None
    threads: Threads = None
    deterministic: Annotated[bool, Flag("the same model, bit for bit, for any number of threads")] = False
    max_bad: MaxBad = None
    slim: Annotated[bool, Flag("leave out what further training would need")] = False
    cache: Annotated[str | None, Flag("keep parsed examples here, for later runs too", metavar="DIR")] = None
    checkpoint: Annotated[
        str | None, Flag("write here, now and then, what a run that is ended early goes on from", metavar="DIR")
    ] = None
    checkpoint_every: Annotated[int, Flag("seconds between two of them (default: 60)", metavar="SECONDS")] = 60
    resume: Annotated[
        bool, Flag("go on from the last checkpoint, if there is one; without --checkpoint they are in OUT.checkpoint")
    ] = False
    on: Annotated[str, Flag("where training runs: this machine", choices=("local",))] = "local"
    live: Annotated[str | None, Flag("log each pass to this folder, as `tiffin.live` does", metavar="DIR")] = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    _get_memory_ready(options)
    from tiffin.cli._learning import learn  # noqa: PLC0415 - while memory is on its way

    return learn(options, ui)


def _get_memory_ready(options: Options) -> None:
    """Have memory for a table cleared by another processor while modules are loaded: both take as long."""
    said = dict(setting.partition("=")[::2] for setting in options.set)
    bits = said.get("bits", "")
    if options.spec not in _TABLES or said.get("table", "fixed") != "fixed" or options.explain_plan:
        return
    if bits.isascii() and bits.isdigit():
        from tiffin._native.learning import get_memory_ready  # noqa: PLC0415 - as above

        get_memory_ready(_LEAST_ROW << min(int(bits), 32))
