"""Training: data and a model's settings in, a model out; and asking a model."""

from tiffin.train._trained import Evaluation, Pass, Progress, Trained, load
from tiffin.train._training import Options, train

__all__ = ["Evaluation", "Options", "Pass", "Progress", "Trained", "load", "train"]
