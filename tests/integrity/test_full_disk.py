"""A full disk: the command says so, nothing of the user's is lost, and it succeeds once there is space."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

MOUNT = "/mnt"  # no other process sees the small disk there
FILES = 100
FILE = 10_000


class SmallDisk:
    """A disk of a few megabytes in a mount namespace of its own, which a sleeping process keeps alive."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.root = Path(f"/proc/{process.pid}/root{MOUNT}")
        self.repo = self.root / "repo"

    def run(self, *command: str, cd: str = "repo") -> subprocess.CompletedProcess[str]:
        enter = ["nsenter", "--target", str(self._process.pid), "--user", "--mount", "--preserve-credentials"]
        there = ["sh", "-c", f'cd {MOUNT}/{cd} && exec "$@"', "sh"]
        return subprocess.run([*enter, *there, *command], capture_output=True, text=True, check=False, env=os.environ)

    def tiffin(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "tiffin", *arguments)

    def resize(self, size: int) -> None:
        done = self.run("mount", "-o", f"remount,size={size}", MOUNT, cd=".")
        assert done.returncode == 0, done.stderr

    def leave(self, free: int) -> None:
        """So that about this many bytes are free."""
        room = os.statvfs(self.root)
        self.resize((room.f_blocks - room.f_bfree) * room.f_frsize + free)

    def grow(self) -> None:
        self.resize(100_000_000)


@pytest.fixture
def disk(repository: Path) -> Iterator[SmallDisk]:
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        pytest.skip("no unshare and nsenter")
    script = f"mount -t tmpfs -o size=100m tmpfs {MOUNT} && echo ready && exec sleep 600"
    process = subprocess.Popen(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n" or str(repository).startswith(f"{MOUNT}/"):
            pytest.skip("no disk can be mounted here")
        small = SmallDisk(process)
        small.repo.mkdir()
        small.run("git", "init", "--quiet", "--template=")
        assert small.tiffin("init", "--quiet").returncode == 0
        yield small
    finally:
        process.kill()
        process.communicate()


def fill(disk: SmallDisk) -> dict[str, bytes]:
    numbers = random.Random(1)
    for number in range(FILES):
        path = disk.repo / f"data/{number % 5}/{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(numbers.randbytes(FILE))
    return contents(disk)


def contents(disk: SmallDisk, name: str = "data") -> dict[str, bytes]:
    base = disk.repo / name
    return {path.relative_to(base).as_posix(): path.read_bytes() for path in base.rglob("*") if path.is_file()}


def succeed(disk: SmallDisk, *command: str) -> None:
    done = disk.tiffin(*command)
    assert done.returncode == 0, done.stderr


def fail_and_repeat(disk: SmallDisk, free: int, *command: str) -> None:
    """The command fails on a disk with so little free, leaves no rubbish, and succeeds on a larger one."""
    disk.leave(free)
    done = disk.tiffin(*command)
    assert done.returncode != 0, done.stdout
    assert "No space left on device" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert "unexpected" not in done.stderr
    assert list(disk.root.rglob(".tiffin-*")) == []
    disk.grow()
    succeed(disk, *command)


@pytest.mark.parametrize("free", [0, 4096, 300_000])
def test_add(disk: SmallDisk, free: int) -> None:
    before = fill(disk)
    fail_and_repeat(disk, free, "add", "data")
    assert contents(disk) == before
    assert disk.tiffin("status").stdout == "Data and pipelines are up to date.\n"


def test_commit(disk: SmallDisk) -> None:
    fill(disk)
    succeed(disk, "add", "data")
    for number in range(FILES):
        (disk.repo / f"data/{number % 5}/{number}").write_bytes(number.to_bytes(2, "big") * FILE)
    before = contents(disk)
    fail_and_repeat(disk, 300_000, "commit", "--force")
    assert contents(disk) == before


@pytest.mark.parametrize("free", [0, 300_000])
def test_checkout(disk: SmallDisk, free: int) -> None:
    before = fill(disk)
    succeed(disk, "add", "data")
    disk.run("rm", "-r", "data")
    fail_and_repeat(disk, free, "checkout")
    assert contents(disk) == before


def test_checkout_over_other_files_keeps_each_until_its_successor_is_there(disk: SmallDisk) -> None:
    first = fill(disk)
    succeed(disk, "add", "data")
    recorded = (disk.repo / "data.dvc").read_bytes()
    for number in range(FILES):
        (disk.repo / f"data/{number % 5}/{number}").write_bytes(number.to_bytes(2, "big") * FILE)
    second = contents(disk)
    succeed(disk, "add", "data")
    (disk.repo / "data.dvc").write_bytes(recorded)
    disk.leave(0)
    assert disk.tiffin("checkout").returncode != 0
    between = contents(disk)
    assert between.keys() == first.keys()
    assert all(body in (first[name], second[name]) for name, body in between.items())
    disk.grow()
    succeed(disk, "checkout")
    assert contents(disk) == first


def test_push_and_pull(disk: SmallDisk) -> None:
    before = fill(disk)
    succeed(disk, "add", "data")
    succeed(disk, "remote", "add", "-d", "store", "../remote")
    fail_and_repeat(disk, 300_000, "push")
    disk.run("rm", "-r", "data", ".dvc/cache")
    fail_and_repeat(disk, 300_000, "pull")
    assert contents(disk) == before


def test_repro(disk: SmallDisk) -> None:
    fill(disk)
    (disk.repo / "dvc.yaml").write_text("stages:\n  s:\n    cmd: cp -r data copy\n    outs: [copy]\n", encoding="utf-8")
    disk.leave(FILES * 3 * 4096 + 400_000)
    done = disk.tiffin("repro")
    assert done.returncode != 0
    assert "No space left on device" in done.stderr
    assert "unexpected" not in done.stderr
    assert contents(disk, "copy") == contents(disk)
    disk.grow()
    succeed(disk, "repro")
    assert disk.tiffin("status").stdout == "Data and pipelines are up to date.\n"
