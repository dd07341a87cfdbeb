"""Links to devices, and pipes, where a file is looked for: a clone may bring them along, and none is waited for."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.repo.conftest import Sandbox

STAGES = "stages:\n  make:\n    cmd: echo 1 > out\n    params: [rate]\n    outs: [out]\n"
KINDS: dict[str, Callable[[Path], None]] = {
    "device": lambda path: path.symlink_to("/dev/zero"),
    "pipe": os.mkfifo,
}


def answer(box: Sandbox, *words: str) -> "subprocess.CompletedProcess[str]":
    """What a command says, in a process that may be killed if it never says anything."""
    command = [sys.executable, "-m", "tiffin", *words]
    return subprocess.run(command, cwd=box.root, capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", ["dvc.yaml", "x.dvc", "dvc.lock", "params.yaml", ".dvcignore", ".gitignore", ".git/info/exclude"]
)
def test_a_metadata_file_without_an_end_is_none(sandbox: Sandbox, kind: str, name: str) -> None:
    sandbox.write("dvc.yaml", STAGES)
    (sandbox.root / name).unlink(missing_ok=True)
    KINDS[kind](sandbox.root / name)
    assert answer(sandbox, "status").returncode == 0


@pytest.mark.parametrize("kind", KINDS)
def test_settings_without_an_end_are_refused(sandbox: Sandbox, kind: str) -> None:
    (sandbox.root / ".dvc/config").unlink()
    KINDS[kind](sandbox.root / ".dvc/config")
    found = answer(sandbox, "status")
    assert found.returncode != 0
    assert ".dvc/config: cannot be read: is no regular file" in found.stderr


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "command", [("get-url", "../odd"), ("import-url", "../odd"), ("add", "../odd", "--out", "new")]
)
def test_data_without_an_end_are_not_copied(sandbox: Sandbox, kind: str, command: tuple[str, ...]) -> None:
    KINDS[kind](sandbox.root.parent / "odd")
    before = sorted(path.name for path in sandbox.root.iterdir())
    found = answer(sandbox, *command)
    assert found.returncode == 1, found
    assert "odd' does not exist" in found.stderr or "odd': it is neither a file nor a directory" in found.stderr
    assert sorted(path.name for path in sandbox.root.iterdir()) == before


def test_a_metadata_file_without_an_end_is_not_written_through(sandbox: Sandbox) -> None:
    sandbox.write("data", "data")
    (sandbox.root / "data.dvc").symlink_to("/dev/zero")
    found = answer(sandbox, "add", "data")
    assert found.returncode == 1
    assert "'data.dvc' is a link that leads out of the repository" in found.stderr
