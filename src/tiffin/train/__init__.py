"""Training: data and a model's settings in, a model out; and asking a model.

`Algorithm` and `sigmoid` are for algorithms of one's own (docs/how-to/write-an-algorithm.md).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tiffin.models.named import named
from tiffin.train._counts import Counting, Counts
from tiffin.train._data import Data, Readable
from tiffin.train._engines import load
from tiffin.train._profile import profile
from tiffin.train._specified import kind_of, specified
from tiffin.train._trained import (
    Evaluation,
    Options,
    Pass,
    Progress,
    Slice,
    Slices,
    Trained,
    bottleneck_of,
    evaluation_fields,
)
from tiffin.train._training import train

if TYPE_CHECKING:
    from tiffin.train._algorithm import Algorithm, sigmoid
    from tiffin.train._checkpoints import remove_checkpoints
    from tiffin.train._comparison import Comparison, Tried, compare
    from tiffin.train._plan import explain
    from tiffin.train._predictions import csv_lines, predictions_to

__all__ = [
    "Algorithm",
    "Comparison",
    "Counting",
    "Counts",
    "Data",
    "Evaluation",
    "Options",
    "Pass",
    "Progress",
    "Readable",
    "Slice",
    "Slices",
    "Trained",
    "Tried",
    "bottleneck_of",
    "compare",
    "csv_lines",
    "evaluation_fields",
    "explain",
    "kind_of",
    "load",
    "named",
    "predictions_to",
    "profile",
    "remove_checkpoints",
    "sigmoid",
    "specified",
    "train",
]


# Where names are that not every run needs: loading all of them takes as long as many a run.
_MODULES = {
    "Algorithm": "_algorithm",  # needs NumPy, an extra
    "Comparison": "_comparison",
    "Tried": "_comparison",
    "compare": "_comparison",
    "csv_lines": "_predictions",
    "explain": "_plan",
    "predictions_to": "_predictions",
    "remove_checkpoints": "_checkpoints",
    "sigmoid": "_algorithm",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
