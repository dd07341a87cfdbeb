"""Variables and settings that DVC has for its own ways."""

import array
import fcntl
import os
from pathlib import Path

import pytest

from tests.repo.conftest import Sandbox
from tiffin import _native


def test_errors_come_with_a_traceback_where_that_is_asked_for(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Traceback" not in sandbox.tiffin("add", "nothing", code=1).err
    monkeypatch.setenv("DVC_SHOW_TRACEBACK", "1")
    assert "Traceback" in sandbox.tiffin("add", "nothing", code=1).err


def test_progress_is_shown_without_a_terminal_where_that_is_asked_for(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        sandbox.write(f"data/{number}", "x" * number)
    assert "\r" not in sandbox.tiffin("add", "data").err
    monkeypatch.setenv("DVC_IGNORE_ISATTY", "true")
    monkeypatch.setattr("tiffin.cli._progress.PATIENCE_S", 0.0)
    for number in range(20):
        sandbox.write(f"data/{number}", "y" * number)
    assert "\r" in sandbox.tiffin("add", "data").err


def test_as_many_threads_hash_as_are_set(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    store_rows, hash_rows = _native.store_rows, _native.hash_rows

    def stored(*arguments: object, threads: int = 0, **more: object) -> object:
        asked.append(threads)
        return store_rows(*arguments, threads=threads, **more)  # type: ignore[arg-type]

    def hashed(*arguments: object, threads: int = 0, **more: object) -> object:
        asked.append(threads)
        return hash_rows(*arguments, threads=threads, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(_native, "store_rows", stored)
    monkeypatch.setattr(_native, "hash_rows", hashed)
    sandbox.write("data/a", "1")
    sandbox.tiffin("add", "data")
    sandbox.tiffin("config", "core.checksum_jobs", "3")
    sandbox.write("data/a", "2")
    sandbox.tiffin("status")
    sandbox.tiffin("add", "data")
    assert asked == [0, 3, 3]


def test_directories_of_a_new_store_are_spread_over_the_disk(sandbox: Sandbox, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    before = flags_of(plain)
    _native.spread_below(str(plain))
    wanted = flags_of(plain)
    if before is None or wanted == before:
        pytest.skip("the file system has no such flag")
    sandbox.write("file", "1")
    sandbox.tiffin("add", "file")
    assert flags_of(sandbox.root / ".dvc/cache/files/md5") == wanted
    sandbox.tiffin("remote", "add", "-d", "store", str(tmp_path / "store"))
    sandbox.tiffin("push")
    assert flags_of(tmp_path / "store/files/md5") == wanted


def flags_of(directory: Path) -> int | None:
    flags = array.array("l", [0])
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.ioctl(descriptor, 0x80086601, flags)  # FS_IOC_GETFLAGS
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return flags[0]
