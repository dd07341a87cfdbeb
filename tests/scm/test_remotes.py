"""Refs of another repository."""

import subprocess
from pathlib import Path

import pytest

from tiffin.errors import GitError
from tiffin.scm import Git, GitRemote, RefUpdate

PREFIX = "refs/shared/"


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two commits, and a bare repository beside it that git knows as "hub"."""
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    git(root, "commit", "-q", "--allow-empty", "-m", "first")
    git(root, "commit", "-q", "--allow-empty", "-m", "second")
    git(root, "init", "-q", "--bare", "../hub.git")
    git(root, "remote", "add", "hub", "../hub.git")
    return root


def _remote(root: Path, name: str = "hub", directory: str = "") -> GitRemote:
    return GitRemote(Git(root), name, str(root / directory))


def test_refs_go_there_and_their_objects_come_back(root: Path) -> None:
    first, second = git(root, "rev-parse", "HEAD~1"), git(root, "rev-parse", "HEAD")
    assert _remote(root).refs(PREFIX) == {}
    assert _remote(root).push([]) == {}
    names = [f"{PREFIX}many/{number}" for number in range(1200)]
    assert _remote(root).push(RefUpdate(name, first, None) for name in names) == {}
    assert _remote(root).push([RefUpdate(f"{PREFIX}a", second, None), RefUpdate(names[0], None, first)]) == {}
    assert _remote(root).refs(PREFIX) == {f"{PREFIX}a": second, **dict.fromkeys(names[1:], first)}
    assert _remote(root).refs("refs/heads/") == {}
    other = root.with_name("other")
    git(root, "init", "-q", str(other))
    git(other, "remote", "add", "origin", "../hub.git")
    assert not Git(other).is_ancestor(first, second)
    before = git(other, "for-each-ref")
    _remote(other, "origin").fetch([f"{PREFIX}a", names[1]])
    assert Git(other).is_ancestor(first, second)
    assert git(other, "for-each-ref") == before


def test_a_ref_that_is_not_as_it_was_seen_stays(root: Path) -> None:
    first, second = git(root, "rev-parse", "HEAD~1"), git(root, "rev-parse", "HEAD")
    ref, free = f"{PREFIX}a", f"{PREFIX}b"
    _remote(root).push([RefUpdate(ref, second, None)])
    for update in (RefUpdate(ref, first, None), RefUpdate(ref, first, first), RefUpdate(ref, None, first)):
        refused = _remote(root).push([update, RefUpdate(free, first, None)])
        assert refused == {ref: "somebody else changed it meanwhile"}
        assert _remote(root).refs(PREFIX) == {ref: second, free: first}
        _remote(root).push([RefUpdate(free, None, first)])
    assert _remote(root).push([RefUpdate(ref, first, second)]) == {}
    assert _remote(root).refs(PREFIX) == {ref: first}


@pytest.mark.parametrize(("name", "directory"), [("../hub.git", ""), ("../../hub.git", "sub"), ("{root}/hub.git", "")])
def test_a_path_counts_from_the_directory(root: Path, name: str, directory: str) -> None:
    (root / "sub").mkdir()
    assert _remote(root, name.format(root=root.parent), directory).refs(PREFIX) == {}


@pytest.mark.parametrize("name", ["", "-x", "--upload-pack=touch x"])
def test_a_name_is_no_option(root: Path, name: str) -> None:
    with pytest.raises(GitError, match="is no Git remote"):
        _remote(root, name)


@pytest.mark.parametrize("name", ["nope", "../nope", "../hub.git/objects", "file:///nope", "ext::touch x"])
def test_what_cannot_be_reached_is_an_error(root: Path, name: str) -> None:
    remote = _remote(root, name)
    calls = (
        lambda: remote.refs(PREFIX),
        lambda: remote.fetch([f"{PREFIX}a"]),
        lambda: remote.push([RefUpdate(f"{PREFIX}a", None, "1" * 40)]),
    )
    for call in calls:
        with pytest.raises(GitError, match="Git remote") as caught:
            call()
        assert caught.value.hint
    assert not (root / "x").exists()
