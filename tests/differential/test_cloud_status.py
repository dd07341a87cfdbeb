"""`status --cloud`: what differs between the cache and a remote directory."""

import pytest

from tests.peer.twins import TwinRepos


@pytest.fixture
def pushed(twins: TwinRepos) -> TwinRepos:
    """Data with a part of it pushed, and a branch with more."""
    for name in ("a", "b", "sub/c", "sub/same"):
        twins.write(f"data/{name}", {"sub/same": "b"}.get(name, name))
    twins.write("place/file", "f")
    twins.write("more/x", "x")
    twins.both("remote", "add", "-d", "store", "{home}/remote", state=False)
    twins.both("add", "data", "place/file", "more", state=False)
    twins.commit("data")
    twins.both("push", "place/file", "more", state=False)
    return twins


def _ask(twins: TwinRepos, *options: str, cwd: str = ".") -> None:
    twins.both("status", "--json", *options, cwd=cwd, state=False)


def test_what_only_the_cache_has(pushed: TwinRepos) -> None:
    _ask(pushed, "-c")
    _ask(pushed, "-r", "store", cwd="place")
    _ask(pushed, "-c", "-R", "place")
    pushed.both("status", "-q", "-c", state=False, code=1)
    pushed.both("status", "-c", text="lines", state=False)
    pushed.both("status", "-r", "store", text="lines", state=False)
    pushed.both("status", "-c", "place/file.dvc", text=True, state=False)
    for target in ("data", "data/sub", "data/b", "file.dvc"):
        pushed.both("status", "--json", "-c", target, state=False, code=None)


def test_what_only_the_remote_has(pushed: TwinRepos) -> None:
    pushed.both("push", state=False)
    _ask(pushed, "-c")
    pushed.remove(".dvc/cache/files/md5/92", ".dvc/cache/files/md5/8f")  # of b and of f
    _ask(pushed, "-c")
    for side in pushed.sides:
        for file in (side.home / "remote/files/md5/8f").iterdir():
            file.unlink()
    _ask(pushed, "-c")


def test_other_branches_tags_and_commits(pushed: TwinRepos) -> None:
    pushed.write("place/file", "second")
    pushed.both("add", "place/file", state=False)
    pushed.commit("second")
    pushed.git("tag", "v2")
    pushed.git("checkout", "-q", "-b", "other")
    pushed.write("place/third", "third")
    pushed.both("add", "place/third", state=False)
    pushed.commit("third")
    pushed.git("checkout", "-q", "main~1")
    pushed.both("checkout", state=False)
    for options in ([], ["-a"], ["-T"], ["-A"]):
        _ask(pushed, "-c", *options)
    _ask(pushed, "-c", "-A", cwd="place")


@pytest.mark.parametrize("option", [["-a"], ["-T"], ["-A"], ["-j", "2"]])
def test_options_that_need_a_remote(twins: TwinRepos, option: list[str]) -> None:
    twins.both("status", *option, code=1)
