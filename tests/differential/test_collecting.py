"""`gc`: exactly the objects that DVC removes, scope by scope."""

import shutil
from pathlib import Path

import pytest

from tests.peer.tools import Tool
from tests.peer.twins import TwinRepos

# Nothing else writes to a test's remotes and shared caches, so that what is young may go as it does in DVC.
NOW = {"TIFFIN_GC_GRACE": "0"}


@pytest.fixture(scope="module")
def _seed_grown(their_tool: Tool, our_tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    twins = TwinRepos(their_tool, our_tool, tmp_path_factory.mktemp("grown"))
    twins.both("init", "-q")
    twins.write("data/same", "s")
    _version(twins, "one")
    twins.git("tag", "v1")
    _version(twins, "two")
    twins.git("checkout", "-q", "-b", "side")
    _version(twins, "three")
    twins.git("checkout", "-q", "main")
    _version(twins, "four")
    twins.write("file", "five")
    twins.write("data/x", "five")
    twins.both("add", "file", "data")
    return twins.theirs.home.parent


@pytest.fixture
def grown(their_tool: Tool, our_tool: Tool, _seed_grown: Path, tmp_path: Path) -> TwinRepos:
    """A file and a directory in five versions: the first has a tag, one is on a branch, the last not committed."""
    for name in ("T", "O"):
        shutil.copytree(_seed_grown / name, tmp_path / name, symlinks=True)
    twins = TwinRepos(their_tool, our_tool, tmp_path)
    for name in ("store", "second"):
        twins.both("remote", "add", "--local", name, f"{{home}}/{name}", state=False)
    twins.both("remote", "default", "--local", "store", state=False)
    return twins


def _version(twins: TwinRepos, name: str) -> None:
    twins.write("file", name)
    twins.write("data/x", name)
    twins.both("add", "file", "data", state=False)
    twins.commit(name)


def collected(twins: TwinRepos, *arguments: str, code: int | None = 0) -> None:
    """Run gc on both sides, without asking, and compare what is left."""
    twins.both("gc", "-f", *arguments, code=code, environ=NOW)


@pytest.mark.parametrize(
    "scope",
    [
        "-w",
        "--rev HEAD",
        "--rev HEAD -n 2",
        "--rev v1 -a",
        "-a",
        "-a -n 2",
        "-T",
        "-aT",
        "-A",
        "--date 2024-01-03",
        "--date 2024-01-01",
    ],
)
def test_a_scope(grown: TwinRepos, scope: str) -> None:
    collected(grown, *scope.split())
    grown.swap()


def test_nothing_is_removed_when_dry(grown: TwinRepos) -> None:
    grown.both("gc", "-w", "--dry", environ=NOW)
    collected(grown, "-a", "--dry")


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "-f",
        "-c",
        "--not-in-remote",
        "-n 2",
        "-w -n 2",
        "-w -r store",
        "-w -c --not-in-remote",
        "-w --rev nothing",
        "-w -c -r nothing",
        "-w -p nowhere",
        "-w",
    ],
)
def test_what_is_refused(grown: TwinRepos, arguments: str) -> None:
    force = ["-f"] if arguments not in ("", "-w") else []
    grown.both("gc", *force, *arguments.split(), code=None, environ=NOW)


@pytest.mark.parametrize("arguments", ["-w -c", "-a -c", "-A -c", "-w -c -r second"])
def test_at_a_remote(grown: TwinRepos, arguments: str) -> None:
    grown.both("push", "-A", state=False)
    grown.both("push", "-A", "-r", "second", state=False)
    collected(grown, *arguments.split())


def test_a_remote_of_its_own(grown: TwinRepos) -> None:
    grown.write("own", "1")
    grown.both("add", "own", state=False)
    grown.each(lambda repo: (repo / "own.dvc").write_text((repo / "own.dvc").read_text() + "  remote: second\n"))
    grown.both("push", state=False)
    grown.both("push", "-r", "second", state=False)
    collected(grown, "-w", "-c")
    collected(grown, "-w", "--not-in-remote")


def test_what_the_remote_has(grown: TwinRepos) -> None:
    grown.both("push", state=False)
    grown.write("file", "six")
    grown.both("add", "file", state=False)
    collected(grown, "-w", "--not-in-remote")
    grown.both("pull", state=False)
    collected(grown, "-w", "--not-in-remote")


def test_listings_that_only_the_remote_has(grown: TwinRepos) -> None:
    grown.both("push", "-A", state=False)
    for side in grown.sides:
        for listing in (side.repo / ".dvc/cache/files/md5").rglob("*.dir"):
            listing.unlink()
    grown.both("gc", "-f", "-w", environ=NOW, state=False)  # DVC's fetches the listings
    grown.both("fetch", state=False)
    grown.compare_stores()


def test_outputs_of_stages(twins: TwinRepos) -> None:
    twins.write("params.yaml", "p: 1\n")
    twins.both(
        "stage",
        "add",
        "-n",
        "make",
        "-p",
        "p",
        "-o",
        "out",
        "-M",
        "metrics.json",
        "cp params.yaml out; echo {} > metrics.json",
    )
    for value in (1, 2):
        twins.write("params.yaml", f"p: {value}\n")
        twins.both("repro", state=False)
        twins.commit(str(value))
    collected(twins, "--rev", "HEAD~1")
    collected(twins, "-w")
    twins.both("repro", "--dry", state=False)


def test_experiments(twins: TwinRepos) -> None:
    twins.write("params.yaml", "p: 1\n")
    twins.both("stage", "add", "-n", "make", "-p", "p", "-o", "out", "cp params.yaml out", state=False)
    twins.both("repro", state=False)
    twins.commit("pipeline")
    for value in (2, 3):
        twins.both("exp", "run", "-n", f"e{value}", "-S", f"p={value}", state=False)
    twins.git("checkout", "-q", ".")
    twins.both("checkout", state=False)
    collected(twins, "-w", "--all-experiments")
    collected(twins, "-w")


@pytest.mark.parametrize("arguments", ["-w -p ../other", "-A -p ../other"])
def test_a_shared_cache(grown: TwinRepos, arguments: str) -> None:
    for side in grown.sides:
        shutil.copytree(side.repo, side.home / "other")
        _share(side.repo)
        _share(side.home / "other")
        (side.home / "other" / "file").write_text("of the other")
        assert side.tool.run(["add", "file"], side.home / "other", {}).code == 0
    grown.both("gc", "-f", *arguments.split(), state=False, environ=NOW)
    theirs, ours = (sorted(path.name for path in (side.home / "cache/files").rglob("*")) for side in grown.sides)
    assert ours == theirs


def _share(repo: Path) -> None:
    cache = repo.parent / "cache"
    if not cache.exists():
        shutil.move(repo / ".dvc/cache", cache)
    shutil.rmtree(repo / ".dvc/cache", ignore_errors=True)
    with (repo / ".dvc/config.local").open("a") as file:
        file.write(f"[cache]\n    dir = {cache}\n")


def test_objects_of_dvc_2(grown: TwinRepos) -> None:
    for side in grown.sides:
        for oid, text in (("0" * 32, "nobody's"), ("5d41402abc4b2a76b9719d911017c592", "hello")):
            path = side.repo / ".dvc/cache" / oid[:2] / oid[2:]
            path.parent.mkdir()
            path.write_text(text)
    grown.write("old.dvc", "outs:\n- md5: 5d41402abc4b2a76b9719d911017c592\n  size: 5\n  path: old\n")
    collected(grown, "-w")


def test_a_commit_that_cannot_be_read(grown: TwinRepos) -> None:
    grown.write("broken.dvc", "outs: {")
    grown.git("add", "broken.dvc")
    grown.git("commit", "-q", "-m", "broken")
    grown.remove("broken.dvc")
    grown.git("rm", "-q", "--cached", "broken.dvc")
    grown.git("commit", "-q", "-m", "mended")
    collected(grown, "-A", code=255)
    collected(grown, "-A", "--skip-failed")
