"""`stage add` and `stage list`."""

import os
from pathlib import Path
from textwrap import dedent

import pytest
from inline_snapshot import snapshot

from tiffin.errors import DuplicateStage, RulesInside, StageInvalid
from tiffin.repo import Repo
from tiffin.repo.staging import NewStage, add_stage
from tiffin.repo.tracking import add


@pytest.fixture
def repo(sandbox):
    return Repo.open(sandbox.root, os.environ)


def test_a_stage_is_written_as_dvc_writes_it(sandbox):
    sandbox.tiffin(
        *[
            "stage",
            "add",
            "-n",
            "train",
            "-d",
            "train.py",
            "-d",
            "data",
            "-p",
            "lr,train.depth",
            "-p",
            "other.json:a",
            "-o",
            "model",
            "-M",
            "scores.json",
        ],
        "python train.py",
    )
    assert sandbox.read("dvc.yaml") == snapshot(
        """\
stages:
  train:
    cmd: python train.py
    deps:
    - data
    - train.py
    params:
    - lr
    - train.depth
    - other.json:
      - a
    outs:
    - model
    metrics:
    - scores.json:
        cache: false
"""
    )
    assert sandbox.read(".gitignore") == "/model\n"
    assert sandbox.tiffin("stage", "list").out == "train  Outputs model; Reports scores.json\n"


def test_comments_stay(sandbox):
    sandbox.write("dvc.yaml", "# ours\nstages:\n  one:  # first\n    cmd: a\n")
    sandbox.tiffin("stage", "add", "-n", "two", "b")
    assert sandbox.read("dvc.yaml") == "# ours\nstages:\n  one:  # first\n    cmd: a\n  two:\n    cmd: b\n"


def test_options_after_the_command_belong_to_it(sandbox):
    sandbox.tiffin("stage", "add", "-n", "one", "python", "train.py", "-v", "--name", "two words")
    assert 'cmd: python train.py -v --name "two words"' in sandbox.read("dvc.yaml")


def test_a_stage_of_that_name_is_replaced_only_by_force(sandbox, repo):
    sandbox.write("dvc.yaml", "stages:\n  one:\n    desc: why\n    cmd: a\n")
    with pytest.raises(DuplicateStage, match="stage 'one' is already"):
        add_stage(repo, NewStage("one", ["b"]))
    sandbox.tiffin("stage", "add", "-f", "-n", "one", "b")
    assert sandbox.read("dvc.yaml") == dedent("""\
        stages:
          one:
            desc: why
            cmd: b
        """)


@pytest.mark.parametrize(
    ("stage", "text"),
    [
        (NewStage("a@b", ["x"]), "'a@b' cannot name a stage"),
        (NewStage("a", []), "no command for the stage"),
        (NewStage("a", ["x"], outs=["b"], deps=["b"]), "'b' is given twice for stage 'a'"),
        (NewStage("a", ["x"], wdir="nowhere"), "working directory 'nowhere' of stage 'a' does not exist"),
    ],
)
def test_what_cannot_be_a_stage_is_refused(repo, stage, text):
    with pytest.raises(StageInvalid, match=text):
        add_stage(repo, stage)
    assert not Path(repo.root, "dvc.yaml").exists()


def test_a_stage_that_would_break_the_pipeline_is_not_written(sandbox):
    sandbox.tiffin("stage", "add", "-n", "one", "-d", "a", "-o", "b", "x")
    before = sandbox.read("dvc.yaml")
    assert "cycle" in sandbox.tiffin("stage", "add", "-n", "two", "-d", "b", "-o", "a", "x", code=255).err
    assert sandbox.read("dvc.yaml") == before


def test_rules_inside_of_data_have_their_own_error(sandbox, repo):
    sandbox.write("data/.dvcignore", "x\n")
    with pytest.raises(RulesInside):
        add(repo, ["data"])
