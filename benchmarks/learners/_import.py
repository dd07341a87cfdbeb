"""A library that is only imported: what every program with it waits for first."""

from pathlib import Path

from benchmarks.learners._program import THIS_PYTHON, Command, Place, Program, library_version

__all__ = ["Import"]


class Import(Program):
    """module: what is imported, and nothing is done with it."""

    form = "criteo"

    def __init__(self, name: str, module: str, library: str) -> None:
        self.name = name
        self._module = module
        self._library = library

    def train(self, data: Path, place: Place) -> Command:  # noqa: ARG002 - nothing is read or written
        return [THIS_PYTHON, "-c", f"import {self._module}"]

    def predict(self, data: Path, place: Place) -> Command:
        raise NotImplementedError("it learns nothing")

    def version(self) -> str:
        return library_version(THIS_PYTHON, self._library)
