"""Many whole-file writes at once: all or none, and durable before the first is seen."""

import errno
import os
from pathlib import Path

import pytest

from tiffin import _native
from tiffin.errors import TransferError
from tiffin.fs import replacing_whole, write_all_atomically
from tiffin.fs._local import SYNC_TOGETHER

NAMES = [f"{number:02d}.dvc" for number in range(2 * SYNC_TOGETHER)]


@pytest.mark.parametrize("count", [0, 1, SYNC_TOGETHER - 1, SYNC_TOGETHER, len(NAMES)])
def test_every_file_is_replaced_and_keeps_its_mode(tmp_path: Path, count: int) -> None:
    for name in NAMES[: count // 2]:
        (tmp_path / name).write_text("old")
        (tmp_path / name).chmod(0o600)
    write_all_atomically({f"{tmp_path}/{name}": name for name in NAMES[:count]})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {name: name for name in NAMES[:count]}
    assert all((tmp_path / name).stat().st_mode & 0o777 == 0o600 for name in NAMES[: count // 2])


def test_a_file_that_cannot_be_written_replaces_none_of_the_others(tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / name).write_text("old")
    bodies = {f"{tmp_path}/{name}": "new" for name in NAMES} | {f"{tmp_path}/{NAMES[0]}/below.dvc": "new"}
    with pytest.raises(TransferError, match=r"cannot write '.*/00\.dvc/below\.dvc'"):
        write_all_atomically(bodies)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(NAMES, "old")


def test_a_symlink_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    write_all_atomically({f"{tmp_path}/{name}": "new" for name in ["link", *NAMES]})
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "new"


def test_the_disk_is_waited_for_before_the_first_rename_and_after_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    rename, sync = os.replace, _native.sync_filesystem

    def noted_rename(source: str, target: str) -> None:
        done.append("rename")
        rename(source, target)

    def noted_sync(path: str) -> None:
        done.append("sync")
        sync(path)

    monkeypatch.setattr(os, "replace", noted_rename)
    monkeypatch.setattr(_native, "sync_filesystem", noted_sync)
    write_all_atomically({f"{tmp_path}/{name}": name for name in NAMES})
    assert done == ["sync", *["rename"] * len(NAMES), "sync"]


def test_a_file_written_piece_by_piece_takes_its_place_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "new" / "target"
    for body in ("first", "second"):
        with replacing_whole(target) as temporary:
            Path(temporary).write_text(body)
            assert not target.exists() or target.read_text() == "first"
        assert target.read_text() == body
        target.chmod(0o600)
    with pytest.raises(TransferError, match=r"cannot write '.*/target': No space left"), replacing_whole(target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(KeyboardInterrupt), replacing_whole(target):
        raise KeyboardInterrupt
    assert [path.name for path in target.parent.iterdir()] == ["target"]
    assert target.read_text() == "second"
    with replacing_whole(target) as temporary:
        Path(temporary).write_text("third")
    assert target.stat().st_mode & 0o777 == 0o600
