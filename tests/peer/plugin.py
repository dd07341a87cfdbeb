"""Fixtures of the differential tests, and the line at the end that says how many ran."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peer.tools import Tool
from tests.peer.twins import TwinRepos

__all__ = ["bare_twins", "our_tool", "their_tool", "twins"]

_FOLDER = "tests/differential/"


@pytest.fixture(scope="session")
def their_tool() -> Iterator[Tool]:
    """The real DVC."""
    tool = Tool("their_cli")
    yield tool
    tool.close()


@pytest.fixture(scope="session")
def our_tool() -> Iterator[Tool]:
    """Tiffin; DVC once more where DIFFERENTIAL_ALONE is set, to learn what a new scenario asks for."""
    tool = Tool("their_cli" if os.environ.get("DIFFERENTIAL_ALONE") else "tiffin.cli")
    yield tool
    tool.close()


@pytest.fixture
def bare_twins(their_tool: Tool, our_tool: Tool, tmp_path: Path) -> TwinRepos:
    """Two empty Git repositories."""
    return TwinRepos(their_tool, our_tool, tmp_path)


@pytest.fixture(scope="session")
def _seed(their_tool: Tool, our_tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    seed = TwinRepos(their_tool, our_tool, tmp_path_factory.mktemp("seed"))
    seed.both("init", "-q")
    seed.commit("init")
    return seed.theirs.home.parent


@pytest.fixture
def twins(their_tool: Tool, our_tool: Tool, _seed: Path, tmp_path: Path) -> TwinRepos:
    """Two repositories after `init` and a first commit."""
    for name in ("T", "O"):
        shutil.copytree(_seed / name, tmp_path / name, symlinks=True)
    return TwinRepos(their_tool, our_tool, tmp_path)


def _counted(terminalreporter: pytest.TerminalReporter, outcome: str) -> int:
    reports = terminalreporter.stats.get(outcome, [])
    return sum(_FOLDER in getattr(report, "nodeid", "") for report in reports)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many scenarios ran."""
    ran, skipped = (sum(_counted(terminalreporter, outcome) for outcome in outcomes) for outcomes in _OUTCOMES)
    if ran or skipped:
        terminalreporter.write_line(f"differential scenarios run: {ran}" + (f", skipped: {skipped}" if skipped else ""))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A skipped scenario is a failure where nobody looks."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and os.environ.get("CI") and any(_counted(reporter, outcome) for outcome in _OUTCOMES[1]):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


_OUTCOMES = (("passed", "failed", "error"), ("skipped", "xfailed"))
