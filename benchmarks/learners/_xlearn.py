"""xLearn, whose Python package is made from source when it is installed."""

from pathlib import Path

from benchmarks.learners._program import BESIDE, SCRIPTS, Command, Place, Program, library_version

__all__ = ["XLearn"]


class XLearn(Program):
    """score: "fm" or "ffm".  k: numbers in a latent vector."""

    name = "xLearn"

    def __init__(self, score: str, k: int, *, python: Path = BESIDE) -> None:
        self.form = "ffm" if score == "ffm" else "svm"
        self._python = python
        self._words = (python, SCRIPTS / "xlearn_factors.py", score, str(k))

    def train(self, data: Path, place: Place) -> Command:
        return [*self._words, "train", data, place.model]

    def predict(self, data: Path, place: Place) -> Command:
        return [*self._words, "predict", data, place.model, place.predictions]

    def version(self) -> str:
        return library_version(self._python, "xlearn")
