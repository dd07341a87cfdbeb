"""Directories for a while."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tiffin.fs import scratch

HOLD = "import sys\nfrom tiffin.fs import scratch\nwith scratch('mine-') as place:\n    print(place, flush=True)\n    sys.stdin.read()\n"


@pytest.fixture(autouse=True)
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_one_is_gone_at_the_end(parent: Path) -> None:
    with scratch("mine-") as place:
        assert Path(place).parent == parent
        Path(place, "file").touch()
    assert not list(parent.iterdir())


def test_what_a_killed_process_left_is_removed_by_the_next_one(parent: Path) -> None:
    old = parent.stat().st_mtime - 7200
    others = [subprocess.Popen([sys.executable, "-c", HOLD], stdin=-1, stdout=-1, text=True) for _ in range(2)]
    lives, killed = (Path(other.stdout.readline().strip()) for other in others if other.stdout)
    others[1].kill()
    others[1].communicate()
    young, strange = parent / "mine-young", parent / "others-old"
    for place in (lives, killed, young, strange):
        place.mkdir(exist_ok=True)
        (place / "file").touch()
        os.utime(place, (old, old) if place != young else None)
    (parent / "mine-file").touch()
    os.utime(parent / "mine-file", (old, old))
    with scratch("mine-"):
        assert strange.exists()
        assert lives.exists()
        assert young.exists()
        assert not killed.exists()
        assert (parent / "mine-file").exists()
    others[0].communicate("")
    assert not lives.exists()
