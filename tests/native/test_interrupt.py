"""Ctrl-C and long jobs."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tiffin._native import hash_rows, scan

JOB = """\
import sys, threading
from tiffin._native import hash_rows, scan, store_rows

table = scan("data")
said = False

def progress(files, size):
    global said
    if not said:
        print("started", flush=True)
    said = True

try:
    {call}
except KeyboardInterrupt:
    print(f"interrupted, {{table.missing()}} rows without id", flush=True)
    sys.exit(7)
print("finished", flush=True)
"""
CALLS = {
    "hash": 'hash_rows(table, "data", progress=progress)',
    "store": 'store_rows(table, "data", "store", ["copy"], progress=progress)',
}
GIBIBYTE = 1 << 30


@pytest.fixture
def sparse(tmp_path: Path) -> Path:
    """Files that take tens of seconds to read, and no room."""
    (tmp_path / "data").mkdir()
    for number in range(4):
        with (tmp_path / "data" / str(number)).open("wb") as file:
            file.truncate(16 * GIBIBYTE)
    return tmp_path


@pytest.mark.parametrize("kind", CALLS)
def test_ctrl_c_ends_a_long_job_at_once_and_leaves_nothing(sparse: Path, kind: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", JOB.format(call=CALLS[kind])], cwd=sparse, stdout=subprocess.PIPE, text=True
    ) as job:
        assert job.stdout is not None
        assert job.stdout.readline() == "started\n"
        job.send_signal(signal.SIGINT)
        before = time.monotonic()
        assert job.stdout.readline() == "interrupted, 4 rows without id\n"
        assert time.monotonic() - before < 2
        assert job.wait() == 7
    left = [name for _, _, names in os.walk(sparse) for name in names]
    assert sorted(left) == ["0", "1", "2", "3"]


def test_an_exception_from_progress_stops_the_work(sparse: Path) -> None:
    calls = []

    def refuse(files: int, size: int) -> None:
        calls.append((files, size))
        raise LookupError("enough")

    table = scan(str(sparse / "data"))
    before = time.monotonic()
    with pytest.raises(LookupError, match="enough"):
        hash_rows(table, str(sparse / "data"), progress=refuse)
    assert time.monotonic() - before < 2
    assert len(calls) == 1
    assert table.missing() == 4
