"""A DVC project in which DVC's own parsers run, in this process."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def dvc_repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty DVC repository without Git; the current directory is its root."""
    from dvc.repo import Repo

    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / ".site"))
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    with Repo.init(no_scm=True) as repo:
        yield repo
