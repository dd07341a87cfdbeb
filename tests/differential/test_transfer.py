"""`push`, `pull`, `fetch` and `status --cloud` with a remote directory."""

import shutil

import pytest

from tests.peer.twins import TwinRepos


@pytest.fixture
def pushed(twins: TwinRepos) -> TwinRepos:
    """Data of every shape, tracked and pushed."""
    for name in ("a", "b", "sub/c", "sub/deep/d"):
        twins.write(f"data/{name}", name)
    twins.write("file", "f")
    twins.write("run.sh", "#!", mode=0o755)
    twins.both("remote", "add", "-d", "store", "../remote")
    twins.both("add", "data", "file", "run.sh")
    twins.commit("data")
    twins.both("status", "--cloud", "--json")
    twins.both("push")
    twins.both("status", "--cloud", "--json")
    return twins


def test_push_twice_and_pull(pushed: TwinRepos) -> None:
    pushed.both("push")
    pushed.remove(".dvc/cache", "data", "file", "run.sh")
    pushed.both("status", "--cloud", "--json", state=False)  # DVC's fetches the listings
    pushed.both("pull")
    pushed.both("pull")
    pushed.swap()


def test_each_pulls_what_the_other_pushed(pushed: TwinRepos) -> None:
    theirs, ours = (side.home / "remote" for side in pushed.sides)
    theirs.rename(theirs.with_name("exchange"))
    ours.rename(theirs)
    theirs.with_name("exchange").rename(ours)
    pushed.remove(".dvc/cache", "data", "file", "run.sh")
    pushed.both("pull")
    pushed.both("status", "--json")


def test_fetch_fills_the_store_only(pushed: TwinRepos) -> None:
    pushed.remove(".dvc/cache", "data", "file")
    pushed.both("fetch")
    pushed.both("checkout")


@pytest.mark.parametrize("target", ["file", "file.dvc", "data", "data/sub", "data/sub/c"])
def test_targets(pushed: TwinRepos, target: str) -> None:
    pushed.remove(".dvc/cache", "data", "file", "run.sh")
    pushed.both("pull", target)


def test_push_of_a_target(pushed: TwinRepos) -> None:
    pushed.write("data/new", "n")
    pushed.write("file", "changed")
    pushed.both("commit", "-f")
    pushed.both("push", "file.dvc")
    pushed.both("status", "-c", "--json")
    pushed.both("push", "data")


def test_what_the_remote_lacks(pushed: TwinRepos) -> None:
    pushed.each(lambda repo: shutil.rmtree(repo.parent / "remote"))
    pushed.remove(".dvc/cache", "file")
    pushed.both("fetch", code=None)
    pushed.both("pull", code=None)
    pushed.both("push", code=None)


def test_without_a_remote(twins: TwinRepos) -> None:
    twins.write("file", "f")
    twins.both("add", "file")
    for verb in ("push", "pull", "fetch"):
        twins.both(verb, code=None)
        twins.both(verb, "-r", "nope", code=None)
    twins.both("status", "-c", code=None)


def test_a_remote_inside_of_the_repository(twins: TwinRepos) -> None:
    twins.both("remote", "add", "-d", "inner", "temp/")
    twins.write("file", "f")
    twins.both("add", "file")
    twins.both("push")
    twins.both("status", "--json")


def test_all_branches(pushed: TwinRepos) -> None:
    # By its full name: in other revisions DVC takes a relative one from the root of the file system.
    pushed.both("remote", "add", "second", "{home}/second", state=False)
    pushed.commit("a second remote")
    pushed.git("checkout", "-q", "-b", "other")
    pushed.write("file", "on the branch")
    pushed.both("add", "file", state=False)
    pushed.commit("other")
    pushed.git("checkout", "-q", "main")
    pushed.both("checkout", state=False)
    pushed.both("push", "-r", "second", state=False)
    pushed.compare_stores()
    pushed.both("push", "-r", "second", "--all-branches", state=False)
    pushed.compare_stores()
    pushed.remove(".dvc/cache")
    pushed.both("fetch", "-r", "second", "-a", state=False)
    pushed.compare_stores()
