"""`exp diff`, `list`, `apply`, `branch`, `rename`, `remove` and `save`."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.peer.tools import Tool
from tests.peer.twins import Pair, TwinRepos

PIPELINE = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py]
    params: [lr, model.depth]
    outs: [model.txt]
    metrics:
    - scores.json:
        cache: false
"""
TRAIN = """\
import json
params = dict(line.split(": ") for line in open("params.yaml").read().splitlines() if ": " in line)
open("model.txt", "w").write("lr=" + params["lr"])
json.dump({"auc": float(params["lr"]) / 3, "kind": "x" + params["lr"]}, open("scores.json", "w"))
"""


@pytest.fixture(scope="module")
def _ran(their_tool: Tool, our_tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The experiments `one` and `two`, and `three` that has one file more and one less than its baseline."""
    twins = TwinRepos(their_tool, our_tool, tmp_path_factory.mktemp("ran"))
    twins.both("init", "-q")
    twins.write("dvc.yaml", PIPELINE)
    twins.write("train.py", TRAIN)
    twins.write("params.yaml", "lr: 0.5\nmodel:\n  depth: 3\nnames:\n- a\n- b\n")
    twins.write("notes.txt", "kept by Git")
    twins.both("repro")
    twins.commit("baseline")
    twins.both("exp", "run", "-n", "one", "-S", "lr=1")
    twins.both("exp", "run", "-n", "two", "-S", "lr=2", "-S", "model.depth=4")
    twins.write("fresh.txt", "of the experiment")
    twins.git("add", "fresh.txt")
    twins.git("rm", "-q", "notes.txt")
    twins.both("exp", "run", "-n", "three", "-S", "lr=3", but=("git index",))
    twins.git("reset", "-q", "--hard")
    twins.each(lambda repo: (repo / "fresh.txt").unlink(missing_ok=True))
    twins.both("checkout")
    return twins.theirs.home.parent


@pytest.fixture
def project(their_tool: Tool, our_tool: Tool, _ran: Path, tmp_path: Path) -> TwinRepos:
    """A clean work tree with three experiments beside it."""
    for name in ("T", "O"):
        shutil.copytree(_ran / name, tmp_path / name, symlinks=True)
    return TwinRepos(their_tool, our_tool, tmp_path)


def _without_ids(pair: Pair) -> list[str]:
    """What both printed; the ids of experiments depend on the clock."""
    return [re.sub(r"\b[0-9a-f]{7,40}\b", "...", result.out) for result in pair]


def test_diff(project: TwinRepos) -> None:
    project.both("exp", "diff", "one", "two", "--json")
    project.both("exp", "diff", "two", "--json", "--all")
    project.both("exp", "diff", "one", "two", "--md", text=True)
    project.both("exp", "diff", "one", "two", "--md", "--no-path", "--precision", "2", text=True)
    project.both("exp", "diff", "one", "one", "--md", text=True)
    project.both("exp", "diff", "one", "nope", "--json", code=1)


def test_diff_of_params_that_stages_depend_on(project: TwinRepos) -> None:
    project.write("params.yaml", "lr: 7\nmodel: {}\nnames: [c]\n")
    project.write("sub/file", "")
    project.both("exp", "diff", "--json", "--param-deps")
    project.both("exp", "diff", "three", "--json", cwd="sub")


def test_diff_without_commits(bare_twins: TwinRepos) -> None:
    bare_twins.both("init", "-q")
    bare_twins.both("exp", "diff", "--json")


def test_list(project: TwinRepos) -> None:
    project.commit("next")
    project.both("exp", "run", "-n", "four", "-S", "lr=4")
    for flags in ([], ["-n", "2"], ["-A"], ["--rev", "HEAD~1"], ["-A", "--sha-only"]):
        theirs, ours = _without_ids(project.apart("exp", "list", *flags))
        assert sorted(ours.splitlines()) == sorted(theirs.splitlines())
        assert ours
    project.both("exp", "ls", "-A", "--names-only", text="lines")
    project.both("exp", "list", "--rev", "nope", code=255)
    project.both("exp", "list", "--name-only", "--sha-only", code=254)


def test_branch(project: TwinRepos) -> None:
    project.both("exp", "branch", "one")
    project.both("exp", "branch", "one", code=255)
    project.both("exp", "branch", "one", "mine")
    project.both("exp", "branch", "mine", "again")
    project.both("exp", "branch", "nope", code=255)


def test_rename(project: TwinRepos) -> None:
    project.both("exp", "rename", "one", "uno", text=True)
    project.both("exp", "rename", "uno", "two", code=255)
    project.both("exp", "rename", "-f", "uno", "two")
    project.both("exp", "rename", "two", "two", text=True)
    project.both("exp", "rename", "nope", "new", code=255)
    project.both("exp", "rename", "two", "a/b", code=255)
    project.both("exp", "rename", "two", code=255)


def test_remove(project: TwinRepos) -> None:
    project.both("exp", "remove", "one", "nope", code=255)
    project.both("exp", "remove", code=255)
    project.both("exp", "remove", "-A", "one", code=255)
    project.both("exp", "remove", "--keep", "two", "one", text=False)
    project.both("exp", "rm", "two", text=True)
    project.both("exp", "remove", "--rev", "HEAD", "--keep", text=True)
    project.both("exp", "remove", "-A", text=True)
    project.both("exp", "remove", "-A", text=True)


def test_remove_by_the_commits_they_started_from(project: TwinRepos) -> None:
    project.commit("next")
    project.both("exp", "run", "-n", "four", "-S", "lr=4")
    project.both("exp", "remove", "--rev", "HEAD~1", "--keep")
    project.both("exp", "remove", "--rev", "HEAD", "-n", "2", text=True)


def test_apply(project: TwinRepos) -> None:
    project.both("exp", "apply", "one", text=True)
    project.both("status", "--json")
    project.both("exp", "apply", "two")
    project.both("exp", "apply", "HEAD")
    project.both("exp", "apply", "nope", code=255)


def test_a_file_that_the_experiment_has_no_more(project: TwinRepos) -> None:
    project.both("exp", "apply", "three")
    assert not (project.ours.repo / "notes.txt").exists()


def test_apply_over_changes(project: TwinRepos) -> None:
    project.write("train.py", TRAIN + "# mine\n")
    project.write("untracked/file.txt", "mine")
    project.write("fresh.txt", "mine, and untracked")
    project.write("staged.txt", "mine, and staged")
    project.git("add", "staged.txt")
    project.write("notes.txt", "edited")
    project.remove("scores.json")
    # What was staged stays staged.
    project.both("exp", "apply", "three", but=("git index",))
    assert (project.ours.repo / "notes.txt").read_text() == "edited"
    assert (project.ours.repo / "fresh.txt").read_text() == "of the experiment"
    for side in project.sides:
        for path in ("train.py", "notes.txt", "staged.txt"):
            assert b"mine" in _kept(side.repo, path) or b"edited" in _kept(side.repo, path)


def _kept(repo: Path, path: str) -> bytes:
    """What the stash has of a file."""
    command = ["git", "show", f"refs/exps/apply/stash:{path}"]
    return subprocess.run(command, cwd=repo, check=True, capture_output=True).stdout


def test_each_applies_and_removes_the_experiments_of_the_other(project: TwinRepos) -> None:
    for arguments in (["exp", "apply", "two"], ["exp", "apply", "one"], ["exp", "remove", "one"]):
        assert [result.code for result in project.crossed(*arguments)] == [0, 0]
        project.compare(f"after {arguments} by the other")
    project.both("status", "--json")


def test_apply_what_the_cache_lacks(project: TwinRepos) -> None:
    project.each(lambda repo: shutil.rmtree(repo / ".dvc" / "cache"))
    project.remove("model.txt")
    project.both("exp", "apply", "one", code=255)


def test_apply_a_pipeline_of_which_a_part_has_never_run(project: TwinRepos) -> None:
    project.write("dvc.yaml", PIPELINE + "  later:\n    cmd: echo > later.txt\n    outs: [later.txt]\n")
    project.both("exp", "run", "-n", "part", "-S", "lr=6", "train")
    project.git("reset", "-q", "--hard")
    project.both("exp", "apply", "part", code=255)


def _trees(project: TwinRepos, name: str) -> list[list[str]]:
    """The files of an experiment on both sides, without what only DVC keeps there."""
    answers = []
    for side in project.sides:
        ref = f"refs/exps/{_head(side.repo)}/{name}"
        answer = subprocess.run(
            ["git", "ls-tree", "-r", ref], cwd=side.repo, check=True, capture_output=True, text=True
        )
        answers.append([line for line in answer.stdout.splitlines() if not line.endswith(".dvc/tmp/repro.dat")])
    return answers


def _head(repo: Path) -> str:
    answer = subprocess.run(["git", "rev-parse", "HEAD"], cwd=repo, check=True, capture_output=True, text=True)
    return f"{answer.stdout[:2]}/{answer.stdout.strip()[2:]}"


def test_save(project: TwinRepos) -> None:
    project.both("exp", "save", "-n", "same", but=("git refs",), text=True)
    project.write("params.yaml", "lr: 8\nmodel:\n  depth: 3\n")
    project.write("model.txt", "by hand")
    project.write("new.txt", "untracked")
    project.write("left.txt", "untracked")
    project.both("exp", "save", "-n", "mine", "-I", "new.txt", "-m", "a message", but=("git refs",))
    project.both("exp", "save", "-n", "mine", code=1, but=("git refs",))
    theirs, ours = _trees(project, "same")
    assert ours == theirs
    theirs, ours = _trees(project, "mine")
    assert ours == theirs
    assert any("new.txt" in line for line in ours)
    project.write("params.yaml", "lr: 9\nmodel:\n  depth: 3\n")
    pair = project.apart("exp", "save", "-f", "-n", "mine", "--json", "train")
    assert [re.sub("[0-9a-f]{40}", "...", result.out.splitlines()[-1]) for result in pair] == ['{"ref": "..."}'] * 2
    theirs, ours = _trees(project, "mine")
    assert ours == theirs
    project.swap("exp", "diff", "same", "mine", "--json")


def test_what_cannot_be_saved(project: TwinRepos) -> None:
    project.both("exp", "save", "-n", "one", code=1)
    project.both("exp", "save", "-n", "a/b", code=1)
    project.both("exp", "save", "nostage", code=1)
    project.remove("model.txt")
    project.both("exp", "save", code=1)
