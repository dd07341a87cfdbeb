"""`exp push` and `exp pull` through a Git remote, and what is done to experiments there."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.peer.tools import Tool
from tests.peer.twins import Side, TwinRepos

PIPELINE = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py]
    params: [lr]
    outs: [model]
    metrics:
    - scores.json:
        cache: false
"""
TRAIN = """\
import json, os
rate = open("params.yaml").read().split()[1]
os.makedirs("model", exist_ok=True)
open("model/weights", "w").write(rate)
open("model/common", "w").write("the same in all")
json.dump({"auc": float(rate) / 2}, open("scores.json", "w"))
"""


@pytest.fixture(scope="module")
def _made(their_tool: Tool, our_tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = TwinRepos(their_tool, our_tool, tmp_path_factory.mktemp("shared"))
    made.both("init", "-q")
    made.write("dvc.yaml", PIPELINE)
    made.write("train.py", TRAIN)
    made.write("params.yaml", "lr: 1\n")
    made.both("repro", "-q")
    made.commit("first")
    made.both("exp", "run", "-q", "-n", "one", "-S", "lr=2")
    made.both("exp", "run", "-q", "-n", "two", "-S", "lr=3")
    made.commit("second")
    made.both("exp", "run", "-q", "-n", "three", "-S", "lr=4")
    return made.theirs.home.parent


@pytest.fixture
def shared(their_tool: Tool, our_tool: Tool, _made: Path, tmp_path: Path) -> TwinRepos:
    """Two experiments of the first commit and one of the second, a bare Git repository and a remote for data."""
    for name in ("T", "O"):
        shutil.copytree(_made / name, tmp_path / name, symlinks=True)
    twins = TwinRepos(their_tool, our_tool, tmp_path)
    for side in twins.sides:
        _git(side.home.parent, "init", "-q", "--bare", str(_hub(side)))
        _git(side.repo, "remote", "add", "origin", str(_hub(side)))
        _git(side.repo, "push", "-q", "origin", "main")
        # By its full name, and not in Git: in the commits DVC takes a relative one from the root of the file system.
        (side.repo / ".dvc/config.local").write_text(
            f"[core]\n    remote = store\n['remote \"store\"']\n    url = {side.home}/store\n"
        )
    return twins


def _git(where: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=where, check=True, capture_output=True, text=True).stdout


def _hub(side: Side) -> Path:
    return side.home.with_name(f"{side.home.name}-hub.git")


def _compare_hubs(twins: TwinRepos) -> str:
    """Refs and the trees of their commits: the commits themselves hold the time."""
    theirs, ours = (_git(_hub(side), "for-each-ref", "--format=%(refname) %(tree)") for side in twins.sides)
    assert ours == theirs
    return ours


def _swap(one: Path, other: Path) -> None:
    one.rename(one.with_name("between"))
    other.rename(one)
    one.with_name("between").rename(other)


def _forget(twins: TwinRepos, *, cache: bool = True) -> None:
    """As in a fresh clone: no experiments, and no data."""
    for side in twins.sides:
        for ref in _git(side.repo, "for-each-ref", "--format=%(refname)", "refs/exps").split():
            _git(side.repo, "update-ref", "-d", ref)
        if cache:
            shutil.rmtree(side.repo / ".dvc/cache")


def test_each_pulls_what_the_other_pushed(shared: TwinRepos) -> None:
    shared.both("exp", "push", "origin", "-A")
    assert _compare_hubs(shared).count("refs/exps/") == 3
    shared.both("exp", "push", "origin", "one")
    _swap(*map(_hub, shared.sides))
    _swap(*(side.home / "store" for side in shared.sides))
    _forget(shared)
    shared.both("exp", "pull", "origin", "-A")
    assert len(_git(shared.ours.repo, "for-each-ref", "refs/exps").splitlines()) == 3
    shared.both("exp", "pull", "origin", "-A")
    shared.swap("exp", "show", "--json", "-A")


@pytest.mark.parametrize(
    ("flags", "asked", "names"),
    [
        ("", "", "three"),
        ("-n 2", "", "one three two"),
        ("-n -1 --rev HEAD~1", "", "one two"),
        ("--rev HEAD~1 --rev HEAD", "", "one three two"),
        ("--no-cache", "one three", "one three"),
        ("--rev HEAD", "two", "two"),
        ("-n 0", "", ""),
    ],
)
def test_which_experiments(shared: TwinRepos, flags: str, asked: str, names: str) -> None:
    # Where there is nothing to push, DVC pushes the data of all experiments that are here.
    shared.both("exp", "push", *flags.split(), "{home}-hub.git", *asked.split(), state=bool(names))
    assert " ".join(sorted(_names(_compare_hubs(shared)))) == names
    if names:
        shared.both("exp", "push", "-q", "origin", "-A", state=False)
        _forget(shared, cache=False)
        shared.both("exp", "pull", *flags.split(), "origin", *asked.split())
        assert " ".join(sorted(_names(_git(shared.ours.repo, "for-each-ref", "refs/exps")))) == names


def _names(refs: str) -> list[str]:
    words = (word for line in refs.splitlines() for word in line.split() if word.startswith("refs/exps/"))
    return [word.rpartition("/")[2] for word in words if "/exec/" not in word]


def test_experiments_that_differ(shared: TwinRepos) -> None:
    shared.both("exp", "push", "origin", "-A")
    shared.both("exp", "run", "-q", "-f", "-n", "three", "-S", "lr=9")
    shared.both("exp", "push", "origin", "three", state=False)  # DVC pushes the data of all again
    _compare_hubs(shared)
    shared.both("exp", "push", "-f", "origin", "three")
    _compare_hubs(shared)
    shared.both("exp", "run", "-q", "-f", "-n", "three", "-S", "lr=10")
    shared.both("exp", "pull", "origin", "three", state=False)  # DVC fetches the data of all
    shared.both("exp", "pull", "-f", "origin", "three")


def test_without_data_and_with_the_run_cache(shared: TwinRepos) -> None:
    shared.both("exp", "push", "--no-cache", "origin", "one")
    assert not any((side.home / "store").exists() for side in shared.sides)
    shared.both("exp", "push", "--run-cache", "-r", "store", "-j", "2", "origin", "one")
    assert (shared.ours.home / "store/runs").is_dir()
    _forget(shared)
    shared.both("exp", "pull", "--no-cache", "origin", "-A")
    shared.both("exp", "pull", "--run-cache", "--remote", "store", "origin", "one")
    assert (shared.ours.repo / ".dvc/cache/runs").is_dir()


def test_what_is_listed_and_removed_there(shared: TwinRepos) -> None:
    shared.both("exp", "push", "-q", "--no-cache", "origin", "-A")
    for flags in ((), ("-A",), ("-n", "2"), ("--rev", "HEAD~1")):
        theirs, ours = (answer.out for answer in shared.apart("exp", "list", "origin", *flags))
        # The id of each commit is ours alone.
        assert sorted(re.sub(r"\t\w{7} \[(.+)\]", r"\t\1", ours).splitlines()) == sorted(theirs.splitlines())
    shared.both("exp", "list", "{home}-hub.git", "-A", "--name-only", text="lines")
    shared.both("exp", "list", "origin", "--name-only", "--sha-only", code=254)
    shared.both("exp", "remove", "-g", "origin", "one", text=True)
    _compare_hubs(shared)
    shared.both("exp", "push", "-q", "--no-cache", "origin", "one")
    shared.both("exp", "remove", "--git-remote", "origin", "-A", "--rev", "HEAD", text=True)
    assert sorted(_names(_compare_hubs(shared))) == ["one", "two"]
    shared.both("exp", "remove", "-g", "{home}-hub.git", "--keep", "one", text=True)
    assert _names(_compare_hubs(shared)) == ["one"]
    shared.both("exp", "remove", "-g", "origin", "-A", text=True)
    shared.both("exp", "remove", "-g", "origin", "-A", text=True)
    assert _names(_compare_hubs(shared)) == []


@pytest.mark.parametrize(
    "command",
    [
        ("push", "nowhere", "one"),
        ("push", "origin", "nope"),
        ("push", "origin", "--rev", "nope"),
        ("push", "origin", "one", "-r", "nope"),
        ("push",),
        ("pull", "nowhere", "one"),
        ("pull", "nowhere"),
        ("pull", "origin", "nope"),
        ("pull", "origin", "--rev", "nope"),
        ("pull", "origin"),
        ("list", "nowhere"),
        ("list", "origin", "--rev", "nope"),
        ("remove", "-g", "nowhere", "one"),
        ("remove", "-g", "origin", "one"),
        ("remove", "-g", "origin"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_shared(shared: TwinRepos, command: tuple[str, ...]) -> None:
    shared.both("exp", *command, code=None, state=False)
