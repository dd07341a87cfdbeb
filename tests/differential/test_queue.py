"""The queue of experiments: what one tool puts in, the other sees and runs."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.peer.twins import Side, TwinRepos

PIPELINE = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py, data.txt]
    params: [lr]
    outs: [model.txt]
    metrics:
    - scores.json:
        cache: false
"""
TRAIN = """\
import json, os
rate = float(open("params.yaml").read().split(": ")[1])
open("model.txt", "w").write(f"{rate} {len(open('data.txt').read())}")
json.dump({"auc": rate / 2}, open("scores.json", "w"))
print("rate", rate, os.environ.get("DVC_EXP_NAME"))
"""
# The workers are processes of their own, which must find the programs under test.
ENVIRON = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def project(twins: TwinRepos) -> TwinRepos:
    """One stage that has run and is committed, with data that is not in Git."""
    twins.write("dvc.yaml", PIPELINE)
    twins.write("train.py", TRAIN)
    twins.write("params.yaml", "lr: 0.5\n")
    twins.write("data.txt", "data")
    twins.both("add", "data.txt")
    twins.both("repro")
    twins.commit("baseline")
    return twins


def _mask(answer: Any) -> Any:
    """Leave out what depends on the clock: ids, times, processes, and the order of experiments."""
    if isinstance(answer, dict):
        if answer.get("experiments"):
            answer = {**answer, "experiments": sorted(answer["experiments"], key=lambda found: found["name"])}
        masked = {key: _mask(value) for key, value in answer.items()}
        for key in ("rev", "timestamp", "task_id", "pid", "log"):
            if masked.get(key):
                masked[key] = "..."
        return masked
    return [_mask(value) for value in answer] if isinstance(answer, list) else answer


def _waiting(side: Side) -> list[dict[str, str]]:
    """The trees of what waits, the oldest first, without the options, which name the repository."""
    if not _git(side, "for-each-ref", "refs/exps/celery/stash"):
        return []
    lines = _git(side, "reflog", "show", "--format=%H %gs", "refs/exps/celery/stash", "--").splitlines()
    found = []
    for line in reversed(lines):
        commit, message = line.split(" ", 1)
        assert message.startswith("commit: dvc-exp:")
        listed = (row.split("\t") for row in _git(side, "ls-tree", "-r", commit).splitlines())
        found.append({path: entry for entry, path in listed if path != ".dvc/tmp/repro.dat"})
        found[-1]["name"] = message.rpartition(":")[2]
    return found


def _git(side: Side, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=side.repo, check=True, capture_output=True, text=True).stdout


def _statuses(answer: str) -> list[list[str]]:
    """What `queue status` lists: names and how they stand."""
    rows = (line.split() for line in answer.splitlines())
    return sorted([row[1], row[-1]] for row in rows if len(row) > 3 and row[-1] in ("Queued", "Failed", "Success"))


def test_what_waits_is_the_same(project: TwinRepos) -> None:
    project.write("train.py", TRAIN + "# better\n")
    project.write("data.txt", "more data")
    project.write("notes.txt", "untracked")
    project.both("exp", "run", "--queue", "-n", "one", "-S", "lr=1.5", "-m", "mine")
    project.both("exp", "run", "--queue", "-n", "sweep", "-S", "lr=choice(2,3)", "-f")
    project.both("exp", "run", "--queue", "-S", "nope=1", code=None)
    assert _waiting(project.ours) == _waiting(project.theirs)
    assert len(_waiting(project.ours)) == 3
    project.both("exp", "show", "--json", mask=_mask)
    project.both("exp", "show", "--json", "--hide-queued", mask=_mask)
    project.both("status", "--json")


def test_each_runs_what_the_other_queued(project: TwinRepos) -> None:
    project.write("data.txt", "more data")
    project.both("exp", "run", "--queue", "-n", "good", "-S", "lr=1.5", "-m", "mine")
    project.both("exp", "run", "--queue", "-n", "bad", "-S", "lr=oops")
    project.swap("exp", "show", "--json", mask=_mask)
    ran = project.crossed("exp", "run", "--run-all", environ=ENVIRON)
    assert [answer.code for answer in ran] == [0, 0], ran
    project.compare("after each ran the other's queue")
    status = project.apart("queue", "status")
    assert _statuses(status.ours.out) == _statuses(status.theirs.out) == [["bad", "Failed"], ["good", "Success"]]
    project.swap("exp", "show", "--json", mask=_mask)
    project.both("exp", "show", "--json", "--hide-failed", mask=_mask)
    logs = project.crossed("queue", "logs", "good")
    assert "rate 1.5 good" in logs.ours.out
    assert "rate 1.5 good" in logs.theirs.out
    project.both("queue", "remove", "--failed")
    project.both("queue", "remove", "good")
    project.both("queue", "remove", "good", code=None)
    status = project.apart("queue", "status")
    assert _statuses(status.ours.out) == _statuses(status.theirs.out) == []
    assert "celery" not in _git(project.ours, "for-each-ref")


def test_what_waits_can_be_removed_and_applied(project: TwinRepos) -> None:
    for name, rate in (("one", "1"), ("two", "2"), ("three", "3")):
        project.both("exp", "run", "--queue", "-n", name, "-S", f"lr={rate}")
    project.both("exp", "remove", "two")
    assert len(_waiting(project.ours)) == len(_waiting(project.theirs)) == 2
    project.both("exp", "apply", "three", but=("file dvc.lock",))
    assert (project.ours.repo / "params.yaml").read_text() == "lr: 3\n"
    project.both("exp", "run", "-n", "done", "-S", "lr=5", but=("file dvc.lock",), state=False)
    project.both("exp", "remove", "--queue", "-A", state=False)
    assert _waiting(project.ours) == _waiting(project.theirs) == []
    project.both("exp", "remove", "--queue", "two", code=None)
    project.both("exp", "remove", "nobody", code=None)


def test_a_run_apart(project: TwinRepos) -> None:
    project.write("extra.txt", "needed")
    project.write("train.py", TRAIN + "open('extra.txt').read()\n")
    project.both("exp", "run", "--temp", "-n", "apart", "-S", "lr=4", "-C", "extra.txt", environ=ENVIRON)
    project.both("exp", "show", "--json", mask=_mask)
    project.both("exp", "run", "--temp", "-n", "bad", "-S", "lr=oops", code=None, environ=ENVIRON)


def test_flags_that_do_not_go_together(project: TwinRepos) -> None:
    project.both("exp", "run", "-S", "lr=1,2", code=None)
    project.both("queue", "remove", code=None)
    project.both("queue", "logs", "nobody", code=None)
    project.both("queue", "kill", "nobody", code=None)
    project.both("exp", "remove", code=None)
