"""A directory in a shared place, in which nobody else may put anything."""

import os
import stat
from pathlib import Path

import pytest

from tiffin.errors import TransferError
from tiffin.fs import make_private


def test_it_is_made_for_its_owner_alone_and_may_be_there(tmp_path: Path) -> None:
    own = tmp_path / "shared/own"
    make_private(str(own))
    make_private(str(own))
    assert stat.S_IMODE(own.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_one_that_others_may_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own").chmod(mode)
    with pytest.raises(TransferError, match="not yours alone"):
        make_private(str(tmp_path / "own"))


def test_a_link_and_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("elsewhere")
    (tmp_path / "file").touch(mode=0o600)
    for name in ("link", "file"):
        with pytest.raises(TransferError, match="not yours alone"):
            make_private(str(tmp_path / name))


def test_one_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own").mkdir(mode=0o700)
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    with pytest.raises(TransferError, match="not yours alone"):
        make_private(str(tmp_path / "own"))
