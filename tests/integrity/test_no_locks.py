"""A file system that has no locks, as some network shares: nothing is done unlocked."""

import errno
import fcntl
import os

import pytest

from tests.repo.conftest import Sandbox


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
