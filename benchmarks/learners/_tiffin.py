"""Tiffin, from the shell and from Python."""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.learners._program import SCRIPTS, THIS_PYTHON, Command, Place, Program, Script, library_version

__all__ = ["NativeFactors", "Tiffin", "numpy_factors", "tiffin_script"]


class Tiffin(Program):
    """The command.  settings: of the model, and further options."""

    name = "tiffin"

    def __init__(
        self, model: str, form: str, *settings: str, options: tuple[str, ...] = (), command: Path | None = None
    ) -> None:
        self.form = form
        self._model = model
        self._settings = [word for setting in settings for word in ("--set", setting)]
        self._options = options
        self._command = command or THIS_PYTHON.with_name("tiffin")

    def train(self, data: Path, place: Place) -> Command:
        words = [*self._settings, *self._options]
        return [self._command, "train", self._model, "--data", data, *words, "--out", place.model]

    def predict(self, data: Path, place: Place) -> Command:
        words = ["--algorithm", self._model] if ".py:" in self._model else []
        out = place.predictions.with_suffix(".csv")
        return [self._command, "predict", place.model, "--data", data, "--out", out, *words]

    def chances(self, place: Place) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.loadtxt(place.predictions.with_suffix(".csv"), skiprows=1)

    def version(self) -> str:
        return library_version(THIS_PYTHON, "tiffin")


class NativeFactors(Tiffin):
    """The command, where tiffin is its own rival."""

    name = "tiffin fm"


def numpy_factors() -> Tiffin:
    """The command, with a factorisation machine that a user might write in NumPy."""
    return Tiffin(f"{SCRIPTS / 'numpy_fm.py'}:FM", "svm", "k=8")


def tiffin_script() -> Script:
    """The Python interface."""
    return Script("tiffin", "criteo", "tiffin_lr.py", "tiffin", THIS_PYTHON)
