"""A repository in a temporary directory, and the command line at work in it."""

import hashlib
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tiffin.cli import main


class Answer(NamedTuple):
    """What one command gave."""

    code: int
    out: str
    err: str


class Sandbox:
    """Runs tiffin and git in `root`."""

    def __init__(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capfd = capfd

    def tiffin(self, *arguments: str, code: int = 0, cd: str = ".") -> Answer:
        """Run a command in this process; its exit code must be the given one."""
        self._capfd.readouterr()
        found = main(["--cd", str(self.root / cd), *arguments])
        out, err = self._capfd.readouterr()
        assert found == code, f"tiffin {' '.join(arguments)}: exit code {found}\n{out}{err}"
        return Answer(found, out, err)

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout

    def experiments(self) -> dict[str, str]:
        """The commits below refs/exps by the last part of their names."""
        lines = self.git("for-each-ref", "refs/exps", "--format=%(refname) %(objectname)").splitlines()
        return {ref.rpartition("/")[2]: commit for ref, commit in (line.split(" ") for line in lines)}

    def commit(self, message: str = "change") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def write(self, path: str, text: str = "") -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def exists(self, path: str) -> bool:
        return os.path.lexists(self.root / path)

    def tree(self, path: str = ".") -> dict[str, str]:
        """Every file below a path and its text."""
        base = self.root / path
        return {
            file.relative_to(base).as_posix(): file.read_text(encoding="utf-8")
            for file in sorted(base.rglob("*"))
            if file.is_file()
        }

    def objects(self, store: str = ".dvc/cache/files/md5") -> list[str]:
        """The ids in a store, each checked against its bytes."""
        found = []
        for file in sorted((self.root / store).rglob("*")):
            if file.is_file():
                oid = file.parent.name + file.name
                assert oid.removesuffix(".dir") == hashlib.md5(file.read_bytes()).hexdigest()
                found.append(oid)
        return found


@pytest.fixture
def sandbox(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Sandbox:
    """A Git repository with tiffin in it."""
    box = Sandbox(tmp_path / "repo", capfd)
    box.root.mkdir()
    box.git("init", "--quiet")
    box.tiffin("init", "--quiet")
    box.commit("start")
    return box
