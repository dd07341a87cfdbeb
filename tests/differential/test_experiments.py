"""`exp run -S` and `exp show`."""

from typing import Any

import pytest

from tests.peer.twins import TwinRepos

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
params = dict(line.split(" #")[0].split(": ") for line in open("params.yaml").read().splitlines() if ": " in line)
open("model.txt", "w").write("lr=" + params["lr"])
json.dump({"auc": float(params["lr"]) / 2}, open("scores.json", "w"))
"""


@pytest.fixture
def project(twins: TwinRepos) -> TwinRepos:
    """One stage that has run and is committed."""
    twins.write("dvc.yaml", PIPELINE)
    twins.write("train.py", TRAIN)
    twins.write("params.yaml", "# rates\nlr: 0.5 # the rate\nmodel:\n  depth: 3\nnames:\n- a\n- b\n")
    twins.both("repro")
    twins.commit("baseline")
    return twins


def _mask(answer: Any) -> Any:
    """Leave out what depends on the clock: ids, times and the order of experiments."""
    if isinstance(answer, dict):
        if answer.get("experiments"):
            answer = {**answer, "experiments": sorted(answer["experiments"], key=lambda found: found["name"])}
        return {key: "..." if key in ("rev", "timestamp") else _mask(value) for key, value in answer.items()}
    if isinstance(answer, list):
        return [_mask(value) for value in answer]
    return answer


def test_exp_show_without_experiments(project: TwinRepos) -> None:
    project.both("exp", "show", "--json", mask=_mask)
    project.both("exp", "show", "--json", "-A", mask=_mask)
    project.write("params.yaml", "lr: 2\nmodel:\n  depth: 4\n")
    project.both("exp", "show", "--json", "-n", "2", mask=_mask)


@pytest.mark.parametrize(
    "changes",
    [
        ("lr=0.25",),
        ("lr=1.5", "model.depth=7"),
        ("params.yaml:lr=2",),
        ("+fresh=text",),
        ("~names",),
        ("model.depth=null",),
        ("names=[x,y,z]",),
        ("model={depth: 9}",),
    ],
    ids=" ".join,
)
def test_exp_run(project: TwinRepos, changes: tuple[str, ...]) -> None:
    flags = [flag for change in changes for flag in ("-S", change)]
    project.both("exp", "run", "-n", "mine", *flags)
    project.both("exp", "show", "--json", mask=_mask)
    project.both("status", "--json")


def test_experiments_add_up(project: TwinRepos) -> None:
    project.both("exp", "run", "-n", "one", "-S", "lr=1")
    project.both("exp", "run", "-n", "two", "-S", "lr=2")
    project.both("exp", "run", "-n", "two", "-S", "lr=3", code=None)
    project.both("exp", "run", "-f", "-n", "two", "-S", "lr=4", code=None)
    project.both("exp", "show", "--json", mask=_mask)
    project.commit("next")
    project.both("exp", "run", "-n", "three", "-S", "lr=5", "-m", "a message")
    project.both("exp", "show", "--json", "-A", mask=_mask)
    project.both("exp", "show", "--json", "-n", "2", mask=_mask)


def test_each_shows_the_experiments_of_the_other(project: TwinRepos) -> None:
    project.both("exp", "run", "-n", "one", "-S", "lr=1")
    project.both("exp", "run", "-n", "two", "-S", "model.depth=4")
    project.swap("exp", "show", "--json", mask=_mask)
    project.swap("params", "diff", "--json", "one", "two")
    project.swap("diff", "--json", "HEAD", "one")


@pytest.mark.parametrize("change", ["nope=1", "lr", "lr=", "other.yaml:x=1", "model.nope=1", "lr=[", "~nope", "+lr=1"])
def test_changes_that_cannot_be_made(project: TwinRepos, change: str) -> None:
    project.both("exp", "run", "-n", "mine", "-S", change, code=None)


def test_a_failing_experiment(project: TwinRepos) -> None:
    project.both("exp", "run", "-n", "mine", "-S", "lr=oops", code=None)
    project.both("exp", "show", "--json", mask=_mask)


def test_experiments_need_a_commit(bare_twins: TwinRepos) -> None:
    bare_twins.both("init", "-q")
    bare_twins.write("dvc.yaml", "stages:\n  s:\n    cmd: echo > out\n    outs: [out]\n")
    bare_twins.both("exp", "run", code=None)
    bare_twins.both("exp", "show", "--json", code=None, mask=_mask)


def test_other_changes_come_along(project: TwinRepos) -> None:
    project.write("train.py", TRAIN + "# better\n")
    project.write("notes.txt", "untracked")
    project.both("exp", "run", "-n", "mine")
    project.both("status", "--json")
