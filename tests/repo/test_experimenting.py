"""`exp run` and `exp show`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo.conftest import Sandbox

PARAMS = "# rates\nlr: 0.5 # the rate\nmodel: {depth: 3, names: [a, b]}\n"
PIPELINE = """\
stages:
  train:
    cmd: sh train.sh
    deps: [train.sh]
    params: [lr]
    outs: [model.txt]
    metrics:
    - scores.json:
        cache: false
"""
TRAIN = """\
rate=$(sed -n 's/^lr: \\([^ ]*\\).*/\\1/p' params.yaml)
echo "$rate $DVC_EXP_NAME $DVC_EXP_BASELINE_REV" > env.txt
echo "$rate" > model.txt
echo "{\\"rate\\": $rate}" > scores.json
"""


@pytest.fixture
def project(sandbox: Sandbox) -> Sandbox:
    """One stage that has run and is committed."""
    sandbox.write(".gitignore", "/env.txt\n")
    sandbox.write("params.yaml", PARAMS)
    sandbox.write("dvc.yaml", PIPELINE)
    sandbox.write("train.sh", TRAIN)
    sandbox.tiffin("repro", "-q")
    sandbox.commit("baseline")
    return sandbox


def _files(box: Sandbox) -> dict[str, bytes]:
    """The workspace, without what tools note down for themselves."""
    paths = [path for path in box.root.rglob("*") if path.is_file() and not {".git", "tmp"} & set(path.parts)]
    return {path.relative_to(box.root).as_posix(): path.read_bytes() for path in paths}


def _state(box: Sandbox) -> dict[str, str]:
    """All that a run has to leave alone."""
    questions = (("ls-files", "--stage"), ("rev-parse", "HEAD"), ("symbolic-ref", "HEAD"), ("stash", "list"))
    return {question[0]: box.git(*question) for question in questions}


def test_a_run_keeps_its_result_beside_the_branch(project: Sandbox):
    before = _state(project)
    answer = project.tiffin("exp", "run", "-n", "mine", "-S", "lr=0.25")
    assert answer.out.endswith("\nRan experiment(s): mine\nExperiment results have been applied to your workspace.\n")
    assert _state(project) == before
    assert project.read("params.yaml") == PARAMS.replace("0.5", "0.25")
    head = project.git("rev-parse", "HEAD").strip()
    commit = project.experiments()["mine"]
    assert (
        project.git("for-each-ref", "refs/exps", "--format=%(refname)").strip()
        == f"refs/exps/{head[:2]}/{head[2:]}/mine"
    )
    assert project.git("log", "-1", "--format=%P", commit).strip() == head
    assert project.git("show", f"{commit}:scores.json") == '{"rate": 0.25}\n'
    assert project.git("show", f"{commit}:params.yaml") == project.read("params.yaml")
    assert project.read("env.txt") == f"0.25 mine {head}\n"


def test_the_commit_has_the_name_dvc_gives_it(project: Sandbox):
    project.tiffin("exp", "run", "-n", "same", "-q")
    body = project.git("cat-file", "commit", project.experiments()["same"])
    # The sum over no stage at all: nothing changed, so nothing ran.
    assert body.endswith("dvc: commit experiment 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
    project.tiffin("exp", "run", "-n", "told", "-q", "-m", "what for", "-S", "lr=1")
    assert project.git("log", "-1", "--format=%B", project.experiments()["told"]).strip() == "what for"


def test_changes_come_along_and_strangers_do_not(project: Sandbox):
    project.write("train.sh", TRAIN + "# better\n")
    project.write("staged.txt", "new")
    project.git("add", "staged.txt")
    project.write("notes.txt", "untracked")
    project.write("extra.json", '{"e": 1}')
    project.write("dvc.yaml", PIPELINE + "params: [extra.json]\n")
    before = project.git("ls-files", "--stage")
    project.tiffin("exp", "run", "-n", "mine", "-q", "-S", "extra.json:e=2")
    assert project.git("ls-files", "--stage") == before
    files = project.git("ls-tree", "-r", "--name-only", project.experiments()["mine"]).split()
    assert {"staged.txt", "extra.json", "dvc.lock", "dvc.yaml"} <= set(files)
    assert "notes.txt" not in files
    assert project.git("show", f"{project.experiments()['mine']}:extra.json") == '{"e": 2}'


def test_the_first_run_of_all(sandbox: Sandbox):
    sandbox.write(
        "dvc.yaml", "stages:\n  s:\n    cmd: echo 1 > out; echo 2 > small\n    outs: [out, small: {cache: false}]\n"
    )
    sandbox.write("params.yaml", "a: 1\n")
    sandbox.tiffin("exp", "run", "-n", "mine", "-q")
    files = sandbox.git("ls-tree", "-r", "--name-only", sandbox.experiments()["mine"]).split()
    assert set(files) == {".dvc/.gitignore", ".dvc/config", ".dvcignore", ".gitignore", "dvc.lock", "dvc.yaml", "small"}
    assert "params.yaml" in sandbox.git("status", "--short")


def test_what_live_hands_to_git_is_kept_and_taken_out_of_the_index(sandbox: Sandbox):
    script = "from tiffin.live import Live\nwith Live() as live:\n    live.log_metric('m', 0.5)\n    live.next_step()\n"
    sandbox.write("train.py", script)
    sandbox.write("dvc.yaml", f"stages:\n  s:\n    cmd: {sys.executable} train.py\n    deps: [train.py]\n")
    sandbox.commit("start")
    before = sandbox.git("ls-files", "--stage")
    sandbox.tiffin("exp", "run", "-n", "mine", "-q")
    assert sandbox.git("ls-files", "--stage") == before
    files = sandbox.git("ls-tree", "-r", "--name-only", sandbox.experiments()["mine"]).split()
    assert {"dvclive/metrics.json", "dvclive/plots/metrics/m.tsv"} <= set(files)
    assert json.loads(sandbox.tiffin("exp", "show", "--json").out)[1]["experiments"][0]["revs"][0]["data"][
        "metrics"
    ] == {"dvclive/metrics.json": {"data": {"m": 0.5, "step": 0}}}


def test_a_dry_run_changes_nothing(project: Sandbox):
    before = _files(project)
    answer = project.tiffin("exp", "run", "--dry", "-S", "lr=2")
    assert "> sh train.sh" in answer.out
    assert "lr: 0.5 -> 2" in answer.err
    assert _files(project) == before
    assert project.experiments() == {}


def test_a_failed_run_leaves_the_parameters_as_set_and_no_experiment(project: Sandbox):
    project.write("train.sh", "exit 3\n")
    answer = project.tiffin("exp", "run", "-S", "lr=9", code=255)
    assert "params.yaml: lr: 0.5 -> 9" in answer.err
    assert "hint: the parameters stay as they were set" in answer.err
    assert "lr: 9 " in project.read("params.yaml")
    assert project.experiments() == {}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("-S", "nope=1"), "params.yaml: no parameter 'nope'\nhint: to add it, write '+nope=1'"),
        (("-S", "lr=1", "-S", "lr=1,2"), "'lr=1,2' asks for several values"),
        (("-S", "new.yaml:a=1"), "there is no 'new.yaml'\nhint: to make the file, write 'new.yaml:+a=1'"),
        (("-S", "lr=1", "nostage"), "'nostage' is neither an output nor a stage"),
        (("-S", "lr=1", "-n", "a/b"), "'a/b' cannot name an experiment"),
    ],
)
def test_what_cannot_be_run_changes_nothing(project: Sandbox, arguments: tuple[str, ...], text: str):
    before = _files(project), _state(project)
    assert text in project.tiffin("exp", "run", *arguments, code=255).err
    assert (_files(project), _state(project)) == before


def test_a_parameter_that_breaks_the_pipeline_is_not_set(project: Sandbox):
    project.write("dvc.yaml", PIPELINE.replace("sh train.sh", "sh train.sh ${model.depth}"))
    project.tiffin("exp", "run", "-S", "~model.depth", code=255)
    assert project.read("params.yaml") == PARAMS


def test_a_name_is_taken_once_a_commit(project: Sandbox):
    project.tiffin("exp", "run", "-q", "-n", "mine", "-S", "lr=1")
    first = project.experiments()["mine"]
    assert "exists already" in project.tiffin("exp", "run", "-n", "mine", "-S", "lr=2", code=255).err
    assert "lr: 1 " in project.read("params.yaml")
    project.tiffin("exp", "run", "-q", "-n", "mine", "-S", "lr=2", "-f")
    assert project.experiments()["mine"] != first
    project.commit("next")
    project.tiffin("exp", "run", "-q", "-n", "mine", "-S", "lr=3")
    assert len(project.git("for-each-ref", "refs/exps").splitlines()) == 2


def test_missing_data_is_checked_out_first(project: Sandbox):
    (project.root / "model.txt").unlink()
    project.tiffin("exp", "run", "-n", "mine")
    assert project.read("model.txt") == "0.5\n"


def test_experiments_need_a_commit(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    box = Sandbox(tmp_path, capfd)
    box.git("init", "--quiet")
    box.tiffin("init", "--quiet")
    for flags in ((), ("--queue",), ("--temp",)):
        answer = box.tiffin("exp", "run", *flags, code=255)
        assert "an experiment starts from a commit, and there is none yet" in answer.err


def test_a_run_in_the_workspace_is_shown_once_it_has_a_result(project: Sandbox):
    show = f"{sys.executable} -m tiffin exp show --json > seen.json"
    project.write("train.sh", f"{TRAIN}{show}\n")
    project.write(".gitignore", "/env.txt\n/seen.json\n")
    project.tiffin("exp", "run", "-q", "-n", "mine", "-S", "lr=0.1")
    seen = json.loads(project.read("seen.json"))
    assert [state["experiments"] for state in seen] == [None, None]
    after = json.loads(project.tiffin("exp", "show", "--json").out)
    assert [experiment["name"] for experiment in after[1]["experiments"]] == ["mine"]


def test_experiments_are_shown_below_their_commit(project: Sandbox):
    project.tiffin("exp", "run", "-q", "-n", "low", "-S", "lr=0.1")
    project.tiffin("exp", "run", "-q", "-n", "high", "-S", "lr=0.9")
    workspace, baseline = json.loads(project.tiffin("exp", "show", "--json").out)
    assert (workspace["rev"], workspace["experiments"]) == ("workspace", None)
    assert baseline["name"] == "main"
    found = {experiment["name"]: experiment for experiment in baseline["experiments"]}
    assert set(found) == {"low", "high"}
    assert found["low"]["executor"] is None
    data = found["low"]["revs"][0]["data"]
    assert data["metrics"] == {"scores.json": {"data": {"rate": 0.1}}}
    assert data["params"]["params.yaml"]["data"]["model"] == {"depth": 3, "names": ["a", "b"]}
    assert set(data["deps"]) == {"train.sh"}
    assert data["outs"]["model.txt"]["use_cache"] is True
    lines = project.tiffin(
        "exp", "show", "--sort-by", "rate", "--sort-order", "desc", "--hide-workspace"
    ).out.splitlines()
    assert [line.split("[")[1].split("]")[0] for line in lines if "[" in line and "─ " in line] == ["high", "low"]
    project.tiffin("exp", "show", "--sort-by", "nope", code=255)


def test_revisions_to_show(project: Sandbox):
    first = project.git("rev-parse", "HEAD").strip()
    project.tiffin("exp", "run", "-q", "-n", "mine", "-S", "lr=0.1")
    second = project.commit("next")
    project.git("tag", "v1", first)

    def shown(*arguments: str) -> list[str]:
        return [state["rev"] for state in json.loads(project.tiffin("exp", "show", "--json", *arguments).out)]

    assert shown() == ["workspace", second]
    assert shown("-n", "2", "--hide-workspace") == [second, first]
    assert shown("-T", "--hide-workspace") == [first]
    assert shown("-A", "--hide-workspace")[:2] == [second, first]
    assert shown("--rev", "v1", "--hide-workspace") == [first]
    assert json.loads(project.tiffin("exp", "show", "--json", "--rev", "v1").out)[1]["name"] == "v1"
    assert json.loads(project.tiffin("exp", "show", "--json", "--sha", "--rev", "v1").out)[1]["name"] is None
    assert json.loads(project.tiffin("params", "diff", "v1", "mine", "--json").out)["params.yaml"]["lr"]["new"] == 0.1


def test_dvc_applies_the_experiment(project: Sandbox):
    project.tiffin("exp", "run", "-q", "-n", "mine", "-S", "lr=0.125")
    project.git("checkout", "--quiet", "--", ".")
    project.tiffin("checkout", "-q")
    command = [sys.executable, "-m", "dvc", "exp", "apply", "mine"]
    subprocess.run(command, cwd=project.root, check=True, capture_output=True)
    assert project.read("model.txt") == "0.125\n"
    assert "lr: 0.125 " in project.read("params.yaml")
    assert project.tiffin("status", "--json").out == "{}\n"
