"""What all programs have in common."""

import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

__all__ = ["BESIDE", "Command", "Place", "Program", "Script"]

Command = Sequence[str | Path]

# Rivals that are no part of the development environment have one of their own (`make bench-training`).
BESIDE = Path(__file__).parents[2] / "build" / "bench" / "learners" / "bin" / "python"
SCRIPTS = Path(__file__).parent / "scripts"


class Place(NamedTuple):
    """Where a program writes: its model, and its predictions."""

    model: Path
    predictions: Path


class Program(ABC):
    """A program with its settings.  name: on the page.  form: of the files that it reads."""

    name: str
    form: str

    @abstractmethod
    def train(self, data: Path, place: Place) -> Command:
        """The command that learns."""

    @abstractmethod
    def predict(self, data: Path, place: Place) -> Command:
        """The command that predicts with what was learned."""

    @abstractmethod
    def version(self) -> str:
        """Of the program.  Raises OSError, CalledProcessError where it is not installed."""

    def chances(self, place: Place) -> np.ndarray[Any, np.dtype[np.float64]]:
        """What it predicted."""
        return np.loadtxt(place.predictions)


class Script(Program):
    """A library, used by a script as its documentation would have it.

    The script is called with `words`, "train" or "predict", data, model and, to predict, the file for the predictions.
    """

    def __init__(
        self, name: str, form: str, script: str, library: str, python: Path = BESIDE, words: Sequence[str] = ()
    ) -> None:
        self.name = name
        self.form = form
        self._command: tuple[str | Path, ...] = (python, SCRIPTS / script, *words)
        self._library = library

    def train(self, data: Path, place: Place) -> Command:
        return [*self._command, "train", data, place.model]

    def predict(self, data: Path, place: Place) -> Command:
        return [*self._command, "predict", data, place.model, place.predictions]

    def version(self) -> str:
        return library_version(Path(self._command[0]), self._library)


def library_version(python: Path, library: str) -> str:
    """Of a library as that Python has it.  Raises OSError, CalledProcessError where it is not installed."""
    code = f"from importlib.metadata import version; print(version({library!r}))"
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


THIS_PYTHON = Path(sys.executable)
