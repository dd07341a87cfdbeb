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


def test_fetch_of_what_is_small(pushed: TwinRepos) -> None:
    for size in ("0", "4", "3", "2", "1"):
        pushed.remove(".dvc/cache")
        pushed.both("fetch", "--max-size", size)
    pushed.both("fetch", "--max-size", "much", code=254)


def test_fetch_of_metrics_and_plots(pushed: TwinRepos) -> None:
    pushed.write("scores.json", '{"auc": 1}')
    pushed.write("curve.csv", "x,y\n1,2\n")
    pushed.write("listed.json", '{"loss": 1}')
    pushed.write("drawn/points.csv", "x,y\n3,4\n")
    pushed.both("add", "listed.json", "drawn")
    pushed.both(
        *("stage", "add", "-n", "train", "-d", "file", "-m", "scores.json", "--plots", "curve.csv"),
        "echo trained",
    )
    pushed.both("commit", "-f")
    stages = (pushed.sides[0].repo / "dvc.yaml").read_text()
    pushed.write("dvc.yaml", f"{stages}metrics:\n- listed.json\nplots:\n- points:\n    y:\n      drawn/points.csv: y\n")
    pushed.both("push")
    for kinds in (["metrics"], ["plots"], ["metrics", "plots"]):
        pushed.remove(".dvc/cache")
        pushed.both("fetch", *(f"--type={kind}" for kind in kinds))
    pushed.both("fetch", "--type", "params", code=254)


def test_push_of_what_patterns_match(pushed: TwinRepos) -> None:
    pushed.write("first.txt", "1")
    pushed.write("sub/second.txt", "2")
    pushed.write("third.bin", "3")
    pushed.both("add", "first.txt", "sub/second.txt", "third.bin")
    pushed.both("push", "--glob", "*.txt")
    pushed.both("push", "--glob", "**/*.dvc")
    pushed.both("push", "--glob", "nothing*", code=1)


def test_without_a_remote_and_without_data(twins: TwinRepos) -> None:
    for verb in ("pull", "fetch"):
        twins.both(verb)
    twins.both("push", code=1)
