"""What a running stage reads or writes is left alone by all commands that would change it."""

import os
from pathlib import Path

import pytest

from tests.repo.conftest import Sandbox


@pytest.fixture
def busy(sandbox: Sandbox) -> Sandbox:
    """A command of another process, such as DVC's repro, is at work on `out`."""
    sandbox.write("dvc.yaml", "stages:\n  s: {cmd: echo 1 > out, outs: [out]}\n")
    sandbox.write("data", "data")
    sandbox.tiffin("repro")
    sandbox.tiffin("add", "data")
    sandbox.write("half", "written")
    sandbox.write("out", "half written")
    claim(sandbox, "write", "out", "data", "new")
    return sandbox


def claim(sandbox: Sandbox, kind: str, *paths: str) -> None:
    owner = f'{{"pid": {os.getppid()}, "cmd": "dvc repro"}}'
    held = owner if kind == "write" else f"[{owner}]"
    entries = ", ".join(f'"{sandbox.root}/{path}": {held}' for path in paths)
    other = "read" if kind == "write" else "write"
    sandbox.write(".dvc/tmp/rwlock", f'{{"{kind}": {{{entries}}}, "{other}": {{}}}}')


COMMANDS = [
    ["checkout", "-f"],
    ["checkout", "-f", "out"],
    ["pull", "-f", "--allow-missing"],
    ["add", "data"],
    ["add", "half", "--out", "new"],
    ["commit", "-f"],
    ["commit", "-f", "s"],
    ["remove", "s"],
    ["remove", "data.dvc", "--outs"],
    ["move", "data", "elsewhere"],
    ["move", "data", "new"],
    ["unprotect", "data"],
    ["import-url", "half", "new"],
]


CODES = {"checkout": 255}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_what_a_command_is_writing_is_not_touched(busy: Sandbox, tmp_path: Path, command: list[str]) -> None:
    if command[0] == "pull":
        busy.tiffin("remote", "add", "-d", "store", str(tmp_path / "store"))
        busy.tiffin("push", "data")
    before = {path: busy.read(path) for path in ("out", "data", "dvc.yaml", "dvc.lock", "data.dvc")}
    said = busy.tiffin(*command, code=CODES.get(command[0], 1)).err
    assert "is in use by process" in said
    assert "dvc repro" in said
    assert {path: busy.read(path) for path in before} == before
    assert not busy.exists("new")
    assert not busy.exists("elsewhere")


@pytest.mark.parametrize("command", [["checkout", "-f", "data"], ["remove", "data.dvc"]], ids=" ".join)
def test_what_a_command_is_reading_is_not_changed(busy: Sandbox, command: list[str]) -> None:
    claim(busy, "read", "data")
    busy.write("data", "other")
    assert "is in use by process" in busy.tiffin(*command, code=CODES.get(command[0], 1)).err
    assert busy.read("data") == "other"


def test_what_is_as_it_should_be_may_be_checked_out_meanwhile(busy: Sandbox) -> None:
    busy.tiffin("checkout", "data")
    assert "is in use by process" in busy.tiffin("checkout", "--relink", "data", code=255).err
    busy.write("out", "1\n")
    busy.tiffin("checkout")


def test_a_result_of_an_earlier_run_is_not_put_over_what_is_being_written(busy: Sandbox) -> None:
    assert "is in use by process" in busy.tiffin("repro", code=255).err
    assert busy.read("out") == "half written"


def test_what_is_no_table_stops_nobody(busy: Sandbox) -> None:
    for text in (
        f'{{"write": {{"": {{"pid": {os.getppid()}, "cmd": ""}}}}}}',
        f'{{"write": {{"{busy.root}/out": {{"pid": {10**30}, "cmd": ""}}}}}}',
        "[" * 100_000,
    ):
        busy.write(".dvc/tmp/rwlock", text)
        busy.tiffin("commit", "-f")


def test_what_nobody_is_at_work_on_is_free(busy: Sandbox) -> None:
    claim(busy, "write", "out")
    busy.write("data", "other")
    busy.tiffin("add", "data")
    busy.tiffin("checkout", "data")
    busy.tiffin("status")


def test_what_a_dead_process_claimed_is_free(busy: Sandbox) -> None:
    busy.write(".dvc/tmp/rwlock", f'{{"write": {{"{busy.root}/out": {{"pid": 4194303, "cmd": "dvc repro"}}}}}}')
    busy.tiffin("commit", "-f")
    assert busy.read("out") == "half written"
