"""A file system that has no locks, as some network shares: nothing is done unlocked."""

import errno
import fcntl
import os
import subprocess
import sys

import pytest

from tests.repo.conftest import Sandbox
from tiffin.fs import LinkLock


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS], ids=errno.errorcode.get)
def test_what_changes_the_repository_is_refused(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(code, os.strerror(code))

    sandbox.write("data", "1")
    monkeypatch.setattr(fcntl, "flock", refuse)
    answer = sandbox.tiffin("add", "data", code=1)
    assert f"cannot lock '{sandbox.root}/.dvc/tmp/lock': {os.strerror(code)}" in answer.err
    assert "has no locks" in answer.err
    assert not sandbox.exists("data.dvc")
    assert sandbox.tiffin("status").code == 0  # reading needs no lock


@pytest.fixture
def linked(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A repository there whose lock is a hard link."""

    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    set_up(sandbox)
    monkeypatch.setattr(fcntl, "flock", refuse)
    sandbox.write("data", "1")
    return sandbox


def set_up(sandbox: Sandbox) -> None:
    sandbox.tiffin("config", "core.hardlink_lock", "true")
    for name in left(sandbox):
        (sandbox.root / ".dvc/tmp" / name).unlink()


def left(sandbox: Sandbox) -> list[str]:
    return sorted(path.name for path in (sandbox.root / ".dvc/tmp").glob("*lock*") if path.name != "rwlock")


HOLD = {
    "tiffin": "from tiffin.fs import LinkLock\nlock = LinkLock('.dvc/tmp/lock')\nlock.__enter__()",
    "dvc": "from dvc.repo import Repo\nlock = Repo().lock\nlock.lock()",
}


@pytest.mark.parametrize("tool", HOLD)
def test_a_lock_by_hard_link_is_held_by_one(linked: Sandbox, tool: str) -> None:
    code = f"{HOLD[tool]}\nprint(flush=True)\ninput()\n{'lock.unlock()' if tool == 'dvc' else 'lock.__exit__(None, None, None)'}"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=linked.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert "holds the lock" in linked.tiffin("add", "data", code=1).err
        holder.communicate(b"\n")
    assert holder.returncode == 0
    linked.tiffin("add", "data")
    assert left(linked) == []


def test_dvc_waits_for_a_lock_by_hard_link(linked: Sandbox) -> None:
    with LinkLock(f"{linked.root}/.dvc/tmp/lock"):
        done = subprocess.run(
            [sys.executable, "-m", "dvc", "add", "data"], cwd=linked.root, capture_output=True, text=True, check=False
        )
    assert "Unable to acquire lock" in done.stderr
    subprocess.run([sys.executable, "-m", "dvc", "add", "-q", "data"], cwd=linked.root, check=True)
    assert left(linked) == []


def test_a_lock_by_hard_link_of_a_killed_process_is_taken_by_one(linked: Sandbox) -> None:
    code = f"{HOLD['tiffin']}\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run([sys.executable, "-c", code], cwd=linked.root, check=False)
    assert "lock" in left(linked)
    count = linked.root / "count"
    count.write_text("0")
    line = (
        "from pathlib import Path\nfrom tiffin.fs import LinkLock\n"
        "for _ in range(20):\n"
        "    with LinkLock('.dvc/tmp/lock', wait=True):\n"
        "        number = int(Path('count').read_text())\n"
        "        Path('count').write_text(str(number + 1))\n"
    )
    runs = [subprocess.Popen([sys.executable, "-c", line], cwd=linked.root) for _ in range(4)]
    assert [run.wait(timeout=60) for run in runs] == [0, 0, 0, 0]
    assert count.read_text() == "80"
    assert left(linked) == []


def test_the_file_of_an_ordinary_lock_is_told_of(linked: Sandbox) -> None:
    linked.write(".dvc/tmp/lock", " 123\n")
    said = linked.tiffin("add", "data", code=1).err
    assert "is of the time before core.hardlink_lock was set" in said


def test_stages_run_and_give_up_a_lock_by_hard_link(sandbox: Sandbox) -> None:
    set_up(sandbox)
    # The lock is given up once the command has been started, which may be a moment later.
    waits = "for i in $(seq 200); do test -e .dvc/tmp/lock || break; sleep 0.05; done"
    sandbox.write(
        "dvc.yaml", f"stages:\n  s: {{cmd: '{waits}; test ! -e .dvc/tmp/lock && echo 1 > out', outs: [out]}}\n"
    )
    sandbox.tiffin("repro")
    assert left(sandbox) == []
    sandbox.tiffin("gc", "-w", "-f")
    assert left(sandbox) == []
