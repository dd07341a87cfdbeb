"""The README's tour is run, command by command, and must answer as it is printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def steps():
    """(command, printed answer) for each line of the tour that starts with a dollar sign."""
    (tour,) = re.findall(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    parts = re.split(r"^\$ ", tour, flags=re.MULTILINE)[1:]
    return [tuple(part.split("\n", 1)) for part in parts]


def test_the_tour_answers_as_printed(tmp_path):
    directory = tmp_path / "tour"
    directory.mkdir()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command, answer in steps():
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=directory,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
        assert done.stdout.rstrip() == answer.rstrip(), f"$ {command}\n{done.stderr}"


def test_the_tour_shows_something():
    assert len(steps()) > 10
