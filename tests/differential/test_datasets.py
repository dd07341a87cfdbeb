"""`dataset add` and `update`, and stages that depend on `ds://NAME`."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.peer.twins import TwinRepos

DATES = {"GIT_AUTHOR_DATE": "2024-01-02T03:04:05 +0000", "GIT_COMMITTER_DATE": "2024-01-02T03:04:05 +0000"}
URL = "../../source"
STAGES = """\
stages:
  plain:
    cmd: echo plain > plain
    deps: [ds://one, ds://two/below]
    outs: [plain]
  loop:
    foreach: [one, two]
    do:
      cmd: echo ${item}
      deps: ['ds://${item}']
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Another Git repository, with two commits and a tag on the first."""
    root = tmp_path / "source"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    for text, tag in (("1", "v1"), ("2", "v2")):
        (root / "data").write_text(text)
        git(root, "add", "data")
        git(root, "commit", "-q", "-m", text)
        git(root, "tag", tag)
    return root


def git(root: Path, *argv: str) -> None:
    subprocess.run(["git", *argv], cwd=root, check=True, capture_output=True, env={**os.environ, **DATES})


def test_stages_follow_what_is_pinned(twins: TwinRepos, source: Path) -> None:
    twins.both("dataset", "add", "one", "--dvc", URL, "--rev", "v1", "--path", "data")
    twins.both("ds", "add", "two", "--dvc", URL)
    twins.each(lambda repo: (repo / "dvc.yaml").write_text((repo / "dvc.yaml").read_text() + STAGES))
    twins.both("status", "--json")
    twins.both("repro")
    twins.both("status", "--json")
    git(source, "commit", "-q", "--allow-empty", "-m", "3")
    twins.both("ds", "update", "two")
    twins.both("ds", "update", "two")
    twins.both("ds", "update", "one", "--rev", "v2")
    twins.both("status", "--json")
    twins.both("repro")
    twins.swap()


def test_a_description_that_was_edited_is_out_of_sync(twins: TwinRepos, source: Path) -> None:
    assert source.exists()
    twins.both("ds", "add", "one", "--dvc", URL, "--rev", "v1", "--path", "data")
    twins.each(lambda repo: (repo / "dvc.yaml").write_text((repo / "dvc.yaml").read_text() + STAGES))
    twins.both("ds", "add", "one", "--dvc", URL, code=255)
    twins.both("ds", "add", "two", "--dvc", URL)
    twins.each(lambda repo: (repo / "dvc.yaml").write_text((repo / "dvc.yaml").read_text().replace("v1", "v2")))
    twins.both("status", "--json")
    twins.both("repro", "loop@one", code=255)
    twins.both("ds", "update", "one")
    twins.both("ds", "add", "one", "--dvc", URL, "--force")
    twins.both("status", "--json")


REFUSED = {
    "two places": ("add", "x", "--dvc", URL, "--url", "y"),
    "no place": ("add", "x"),
    "rev of a url": ("add", "x", "--url", "y", "--rev", "v1"),
    "path of a url": ("add", "x", "--url", "y", "--path", "v1"),
    "datachain": ("add", "x", "--dc", "y"),
    "no repository": ("add", "x", "--dvc", "../nowhere"),
    "no revision": ("add", "x", "--dvc", URL, "--rev", "nope"),
    "unknown": ("update", "x"),
}


def test_what_is_refused(twins: TwinRepos, source: Path) -> None:
    assert source.exists()
    for argv in REFUSED.values():
        twins.both("dataset", *argv, code=None, state=False)
    twins.write("dvc.yaml", "stages:\n  s: {cmd: echo, deps: ['ds://x']}\n")
    twins.both("status", code=None)
    twins.both("repro", code=None)
