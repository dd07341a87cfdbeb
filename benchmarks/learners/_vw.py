"""Vowpal Wabbit, as its wheel brings it."""

from pathlib import Path

from benchmarks.learners._program import THIS_PYTHON, Command, Place, Program, library_version

__all__ = ["VowpalWabbit"]


class VowpalWabbit(Program):
    """settings: options of `vw`, to which the logistic loss is added."""

    name = "VW"
    form = "vw"

    def __init__(self, *settings: str) -> None:
        self._command: Command = (THIS_PYTHON, "-m", "vowpalwabbit")
        self._settings = settings

    def train(self, data: Path, place: Place) -> Command:
        return [*self._command, "-d", data, "--loss_function", "logistic", *self._settings, "-f", place.model]

    def predict(self, data: Path, place: Place) -> Command:
        ask = ("-t", "-i", place.model, "--link", "logistic", "-p", place.predictions, "--quiet")
        return [*self._command, "-d", data, *ask]

    def version(self) -> str:
        return library_version(THIS_PYTHON, "vowpalwabbit")
