"""Two processes at once, of tiffin and of DVC: no deadlock, no lost update."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.crash.scenes import git, objects, start, tiffin, write

DVC, TIFFIN = "dvc", "tiffin"
TURNS = range(max(1, int(os.environ.get("CRASH_POINTS", "4")) // 30))  # who comes first differs from one to the next
PATIENCE_S = 60


def begin(root: Path, tool: str, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", tool, "--wait-for-lock", *words]
    return subprocess.Popen(
        command, cwd=root / "repo", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def finished(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        out, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, out


def wait_for_start(root: Path) -> None:
    """Until the stage has made `started`."""
    deadline = time.monotonic() + PATIENCE_S
    while not (root / "repo/started").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def clean(root: Path) -> None:
    """Both tools find nothing to do."""
    for tool in (TIFFIN, DVC):
        done = begin(root, tool, "status")
        out, _ = done.communicate(timeout=PATIENCE_S)
        assert "up to date" in out, out


@pytest.fixture
def root(tmp_path: Path) -> Path:
    start(tmp_path)
    return tmp_path


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("other", [TIFFIN, DVC])
def test_two_adds_lose_nothing_of_each_other(root: Path, other: str, turn: int) -> None:
    for side in ("left", "right"):
        for number in range(30):
            write(root, f"{side}/{number}", f"{side} {number}")
            write(root, f"{side}-{number % 3}.txt", side * number)
    names = [[side, *(f"{side}-{number}.txt" for number in range(3))] for side in ("left", "right")]
    first = begin(root, other, "add", *names[0])
    time.sleep(turn * 0.1)
    finished(first, begin(root, TIFFIN, "add", *names[1]))
    ignored = (root / "repo/.gitignore").read_text().split()
    assert {f"/{name}" for side in names for name in side} <= set(ignored)
    assert len(objects(root / "repo/.dvc/cache/files/md5")) >= 60
    clean(root)


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("other", [TIFFIN, DVC])
def test_runs_of_different_stages_both_end_up_in_the_lock_file(root: Path, other: str, turn: int) -> None:
    write(
        root,
        "dvc.yaml",
        "stages:\n"
        "  left: {cmd: sleep 0.5 && cp words.txt left.txt, deps: [words.txt], outs: [left.txt]}\n"
        "  right: {cmd: sleep 0.5 && cp notes.txt right.txt, deps: [notes.txt], outs: [right.txt]}\n",
    )
    first = begin(root, other, "repro", "left")
    time.sleep(turn * 0.1)
    finished(first, begin(root, TIFFIN, "repro", "right"))
    clean(root)


def test_readers_do_not_wait_for_a_stage_that_runs(root: Path) -> None:
    write(root, "dvc.yaml", "stages: {slow: {cmd: touch started && sleep 30, deps: [words.txt]}}\n")
    slow = begin(root, TIFFIN, "repro")
    try:
        wait_for_start(root)
        for command in (["status"], ["data", "status"], ["diff"], ["dag"], ["push"], ["metrics", "show"]):
            tiffin(root, *command) if command != ["status"] else finished(begin(root, TIFFIN, *command))
    finally:
        os.killpg(slow.pid, signal.SIGKILL)
        slow.communicate(timeout=PATIENCE_S)


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("other", [TIFFIN, DVC])
def test_two_pushes_at_once_leave_whole_objects(root: Path, other: str, turn: int) -> None:
    for number in range(60):
        write(root, f"data/more/{number}", f"more {number}" * 50)
    tiffin(root, "add", "data")
    first = begin(root, other, "push")
    time.sleep(turn * 0.1)
    finished(first, begin(root, TIFFIN, "push"))
    assert set(objects(root / "repo/.dvc/cache/files/md5")) == set(objects(root / "remote/files/md5"))


@pytest.mark.parametrize("turn", TURNS)
def test_gc_and_add_at_once_leave_what_is_named(root: Path, turn: int) -> None:
    for number in range(60):
        write(root, f"new/{number}", f"new {number}" * 50)
    adding = begin(root, TIFFIN, "add", "new")
    time.sleep(turn * 0.01)
    collecting = begin(root, TIFFIN, "gc", "--workspace", "--force")
    finished(adding, collecting)
    git(root, "add", "--all")
    clean(root)


@pytest.mark.parametrize(("runs", "other"), [(DVC, TIFFIN), (TIFFIN, DVC)])
def test_what_the_stage_of_one_tool_writes_the_other_leaves_alone(root: Path, runs: str, other: str) -> None:
    write(root, "dvc.yaml", "stages: {slow: {cmd: echo 1 > out && touch started && sleep 30, outs: [out]}}\n")
    slow = begin(root, runs, "repro")
    try:
        wait_for_start(root)
        for command in (["commit", "-f", "slow"], ["remove", "slow"]):
            done = begin(root, other, *command)
            out, _ = done.communicate(timeout=PATIENCE_S)
            assert done.returncode != 0, out
            assert "repro" in out  # who is at work
        assert (root / "repo/out").read_text() == "1\n"
        assert "slow" in (root / "repo/dvc.yaml").read_text()
    finally:
        os.killpg(slow.pid, signal.SIGKILL)
        slow.communicate(timeout=PATIENCE_S)
