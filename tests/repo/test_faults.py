"""Killed processes, full disks, two processes at once: no data is lost, and the command can be repeated."""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

FILES = 400


def fill(sandbox, files=FILES, size=4096):
    numbers = random.Random(7)
    for number in range(files):
        path = sandbox.root / f"data/{number % 20}/{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(numbers.randbytes(size))


def contents(sandbox):
    base = sandbox.root / "data"
    return {path.relative_to(base).as_posix(): path.read_bytes() for path in base.rglob("*") if path.is_file()}


def temporary_files(sandbox):
    return [path for path in sandbox.root.rglob("*.tmp") if ".tiffin-" in path.name]


def killed_after(sandbox, seconds, *arguments):
    process = subprocess.Popen(
        [sys.executable, "-m", "tiffin", *arguments], cwd=sandbox.root, stderr=subprocess.DEVNULL
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("milliseconds", [60, 75, 90, 110, 140])
def test_a_killed_add_loses_nothing_and_can_be_repeated(sandbox, milliseconds):
    fill(sandbox)
    before = contents(sandbox)
    killed_after(sandbox, milliseconds / 1000, "add", "data")
    assert contents(sandbox) == before
    assert_published_objects_are_whole(sandbox)
    sandbox.tiffin("add", "data")
    assert len(sandbox.objects()) == FILES + 1
    assert sandbox.tiffin("status").out == "Data and pipelines are up to date.\n"


def assert_published_objects_are_whole(sandbox):
    if not sandbox.exists(".dvc/cache"):
        return
    for leftover in temporary_files(sandbox):
        leftover.unlink()
    sandbox.objects()


@pytest.mark.parametrize("milliseconds", [60, 80, 110])
def test_a_killed_pull_can_be_repeated(sandbox, milliseconds):
    fill(sandbox)
    before = contents(sandbox)
    sandbox.tiffin("add", "data")
    sandbox.tiffin("remote", "add", "-d", "store", "../remote")
    sandbox.tiffin("push")
    shutil.rmtree(sandbox.root / "data")
    shutil.rmtree(sandbox.root / ".dvc/cache")
    killed_after(sandbox, milliseconds / 1000, "pull")
    assert_published_objects_are_whole(sandbox)
    sandbox.tiffin("pull", "--force")
    assert contents(sandbox) == before


def test_a_write_that_fails_leaves_the_users_file_and_no_rubbish(sandbox):
    fill(sandbox, files=5)
    sandbox.write("data/large", "x" * 300_000)
    before = contents(sandbox)
    # A limit on the size of files: the write of the large object ends with an error, as on a full disk.
    done = subprocess.run(
        [sys.executable, "-m", "tiffin", "add", "data"],
        cwd=sandbox.root,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit_file_size,
    )
    assert done.returncode == 1
    assert "cannot store 'data/large': File too large" in done.stderr.replace(f"{sandbox.root}/", "")
    assert contents(sandbox) == before
    assert temporary_files(sandbox) == []
    assert not sandbox.exists("data.dvc")
    sandbox.tiffin("add", "data")


def limit_file_size():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def test_an_interrupt_ends_with_252_and_leaves_no_rubbish(sandbox):
    fill(sandbox, files=60, size=2_000_000)
    process = subprocess.Popen(
        [sys.executable, "-m", "tiffin", "add", "data"], cwd=sandbox.root, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 20
    while not list(sandbox.root.glob(".dvc/cache/files/md5/*/*")) and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    if process.returncode == 0:
        pytest.fail("the command was done before it could be interrupted; make the data larger")
    assert process.returncode == 252
    assert err.endswith("ERROR: interrupted by the user\n")
    assert temporary_files(sandbox) == []
    assert not sandbox.exists("data.dvc")


def test_two_adds_at_once_both_succeed(sandbox):
    for name in ("one", "two", "three", "four"):
        sandbox.write(f"{name}/file", name)

    def add(name):
        return subprocess.run(
            [sys.executable, "-m", "tiffin", "--wait-for-lock", "add", name],
            cwd=sandbox.root,
            capture_output=True,
            check=False,
        ).returncode

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(add, ("one", "two", "three", "four"))) == [0, 0, 0, 0]
    assert sorted(sandbox.read(".gitignore").split()) == ["/four", "/one", "/three", "/two"]
    assert sandbox.tiffin("status").out == "Data and pipelines are up to date.\n"


def test_a_read_only_remote_is_a_clear_error(sandbox):
    if os.geteuid() == 0:
        remote = sandbox.root.parent / "remote"
        remote.write_text("a file where a directory should be", encoding="utf-8")
    else:
        remote = sandbox.root.parent / "remote"
        remote.mkdir(mode=0o555)
    sandbox.write("data", "1")
    sandbox.tiffin("add", "data")
    sandbox.tiffin("remote", "add", "-d", "store", "../remote")
    answer = sandbox.tiffin("push", code=1)
    assert answer.err.startswith("ERROR: ")
    assert "Traceback" not in answer.err
