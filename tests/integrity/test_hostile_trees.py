"""Git trees that Git itself would never write: read from another repository, they lead nowhere."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.repo.conftest import Sandbox

Entry = tuple[str, bytes, str]  # mode, name, id


def put(repository: Path, kind: str, body: bytes) -> str:
    words = ["git", "hash-object", "-w", "-t", kind, "--stdin", "--literally"]
    return subprocess.run(words, cwd=repository, input=body, capture_output=True, check=True).stdout.decode().strip()


def tree(repository: Path, entries: Sequence[Entry]) -> str:
    lines = (mode.encode() + b" " + name + b"\0" + bytes.fromhex(oid) for mode, name, oid in entries)
    return put(repository, "tree", b"".join(lines))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    repository = tmp_path / "source"
    subprocess.run(["git", "init", "--quiet", repository], check=True)
    return repository


@pytest.mark.parametrize("name", [b"..", b"../evil", b".", b".git", b".GIT", b"/evil"])
@pytest.mark.parametrize("command", ["get", "import", "list"])
def test_a_tree_that_leads_elsewhere_is_refused(
    sandbox: Sandbox, source: Path, tmp_path: Path, name: bytes, command: str
) -> None:
    evil = put(source, "blob", b"evil\n")
    folder = tree(source, [("40000", b"folder", tree(source, [("100644", b"evil", evil)]))])
    odd: Entry = ("100644", name, evil) if b"evil" in name else ("40000", name, folder)
    data = tree(source, [odd, ("100644", b"fine", evil)])
    # What "data/../evil" stands for is there, too: a path that is only normalized finds it.
    top = tree(source, [("40000", b"data", data), ("100644", b"evil", evil), ("40000", b"folder", folder)])
    commit = subprocess.run(
        ["git", "commit-tree", top, "-m", "evil"], cwd=source, capture_output=True, check=True, text=True
    ).stdout.strip()
    subprocess.run(["git", "update-ref", "refs/heads/main", commit], cwd=source, check=True)
    before = sorted(path for path in tmp_path.rglob("*") if ".git" not in path.parts and ".dvc" not in path.parts)
    words = [command, source.as_uri(), "data", *(["--out", "new"] if command != "list" else ["--recursive"])]
    answer = sandbox.tiffin(*words, code=1)
    assert "which no file can be called" in answer.err
    after = sorted(path for path in tmp_path.rglob("*") if ".git" not in path.parts and ".dvc" not in path.parts)
    assert after == before
