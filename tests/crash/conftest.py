"""The library that kills, and how often."""

import os

import pytest

from tests.crash.interposer import Interposer, supported


@pytest.fixture(scope="session")
def interposer(tmp_path_factory: pytest.TempPathFactory) -> Interposer:
    if not supported():
        pytest.skip("libraries can be preloaded on Linux only")
    return Interposer(tmp_path_factory.mktemp("interposer"))


@pytest.fixture
def crash_points() -> int:
    """Places per command: few in `make test`, all that matter in `make soak`."""
    return int(os.environ.get("CRASH_POINTS", "4"))
