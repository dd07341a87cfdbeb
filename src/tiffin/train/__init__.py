"""Training: data and a model's settings in, a model out; and asking a model."""

from tiffin.train._checkpoints import remove_checkpoints
from tiffin.train._data import Data, Readable
from tiffin.train._engines import load
from tiffin.train._plan import explain
from tiffin.train._predictions import csv_lines, predictions_to
from tiffin.train._profile import profile
from tiffin.train._trained import Evaluation, Options, Pass, Progress, Slice, Slices, Trained
from tiffin.train._training import train

__all__ = [
    "Data",
    "Evaluation",
    "Options",
    "Pass",
    "Progress",
    "Readable",
    "Slice",
    "Slices",
    "Trained",
    "csv_lines",
    "explain",
    "load",
    "predictions_to",
    "profile",
    "remove_checkpoints",
    "train",
]
