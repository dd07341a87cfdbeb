"""What holds for every test: nothing of this machine or this person reaches in, and nothing leaks out."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# Counts the differential scenarios; registered here, where the process that only collects the results sees it too.
pytest_plugins = ["tests.peer.plugin"]

# Set before any test module is imported: dvc reads some of these at import.
_SCRATCH = tempfile.TemporaryDirectory(prefix="tiffin-tests-", ignore_cleanup_errors=True)
_HOME = Path(_SCRATCH.name)

_PINNED = {
    "HOME": _HOME,
    "XDG_CONFIG_HOME": _HOME / ".config",
    "XDG_CACHE_HOME": _HOME / ".cache",
    "DVC_GLOBAL_CONFIG_DIR": _HOME / "global",
    "DVC_SYSTEM_CONFIG_DIR": _HOME / "system",
    "DVC_SITE_CACHE_DIR": _HOME / "site",
    "DVC_NO_ANALYTICS": "1",
    "DVC_TEST": "true",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": _HOME / ".gitconfig",
    "GIT_TERMINAL_PROMPT": "0",
    "NO_COLOR": "1",
    "COLUMNS": "120",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}

_GITCONFIG = """\
[user]
    name = Tess Tiffin
    email = tess@example.org
[init]
    defaultBranch = main
[commit]
    gpgSign = false
[core]
    autocrlf = false
[advice]
    detachedHead = false
"""


def _isolate() -> None:
    foreign = ("DVC_", "DVCLIVE_", "TIFFIN_", "GIT_")
    for name in [name for name in os.environ if name.startswith(foreign)]:
        del os.environ[name]
    os.environ.update({name: str(value) for name, value in _PINNED.items()})
    (_HOME / ".gitconfig").write_text(_GITCONFIG, encoding="utf-8")


_isolate()

settings.register_profile("dev", deadline=None, max_examples=50)
# A machine that builds every change must find the same thing twice; a person's machine keeps looking for new ones.
settings.register_profile("ci", deadline=None, max_examples=50, derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout these tests belong to."""
    return Path(__file__).parent.parent
