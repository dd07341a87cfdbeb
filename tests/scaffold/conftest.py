"""A place for new projects, and the command line at work there."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tiffin.cli import main


class Answer(NamedTuple):
    """What one command gave."""

    out: str
    err: str


class Desk:
    """Runs tiffin in `root`, or below it."""

    def __init__(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capfd = capfd

    def tiffin(self, *arguments: str, code: int = 0, cd: str = ".") -> Answer:
        """Run a command in this process; its exit code must be the given one."""
        self._capfd.readouterr()
        found = main(["--cd", str(self.root / cd), *arguments])
        out, err = self._capfd.readouterr()
        assert found == code, f"tiffin {' '.join(arguments)}: exit code {found}\n{out}{err}"
        return Answer(out, err)

    def git(self, *arguments: str, cd: str = ".") -> str:
        done = subprocess.run(["git", *arguments], cwd=self.root / cd, check=True, capture_output=True, text=True)
        return done.stdout

    def write(self, path: str, text: str = "") -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def names(self, path: str = ".") -> list[str]:
        """What lies in a directory, sorted."""
        return sorted(entry.name for entry in (self.root / path).iterdir())

    def files(self, path: str) -> list[str]:
        """Every file below a path but Git's, sorted."""
        base = self.root / path
        found = (file.relative_to(base).as_posix() for file in base.rglob("*") if not file.is_dir())
        return sorted(name for name in found if not name.startswith(".git/"))


@pytest.fixture
def desk(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An empty directory.  What is called `python` there is this Python."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    root = tmp_path / "desk"
    root.mkdir()
    return Desk(root, capfd)
