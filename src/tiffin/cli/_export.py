"""The command `tiffin export`."""

from typing import Annotated, NamedTuple

from tiffin.cli._learning_options import Algorithm
from tiffin.cli._options import Argument, Flag
from tiffin.cli._text import human_size
from tiffin.cli._training import load_model, place, size_of_model
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.models import check_place

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Write a model in the form that predictions need: without what further training would, and in fewer bytes.

    `float16` keeps three digits of each number, `int8` one byte: so many 127ths of the largest weight, or of the
    largest number in a row of latent vectors.
    """

    model: Annotated[str, Argument("the directory of the model", metavar="DIR")]
    out: Annotated[str | None, Flag("the directory to write to", ("-o", "--out"), metavar="DIR")] = None
    dtype: Annotated[str, Flag("how numbers are kept (default: float32)", choices=("float32", "float16", "int8"))] = (
        "float32"
    )
    algorithm: Algorithm = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    if options.out is None:
        raise UsageError("no directory for the model was named", hint="add --out DIR")
    source, out = place(ui, options.model), place(ui, options.out)
    check_place(out)
    load_model(ui, options.model, options.algorithm).save(out, state=False, dtype=options.dtype)
    before, now = (human_size(size_of_model(one)) for one in (source, out))
    ui.write(f"'{options.out}' has {now}B, and '{options.model}' {before}B")
    return 0
