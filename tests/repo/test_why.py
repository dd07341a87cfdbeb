"""`repro --dry --why` and `status --why`: what changed since a stage last ran, as it was and as it is."""

import json
from textwrap import dedent

import pytest
from inline_snapshot import snapshot

PIPELINE = """\
    stages:
      prepare:
        cmd: echo prepare >> trace && mkdir -p ready && cp raw/* ready
        deps: [raw]
        outs: [ready]
      train:
        cmd: echo train >> trace && cat ready/* > model
        deps: [ready]
        params: [lr, net.depth]
        outs: [model]
      report:
        cmd:
        - echo report >> trace
        - wc model > report
        deps: [model]
        outs: [report]
      publish:
        cmd: echo publish >> trace
        always_changed: true
"""


@pytest.fixture
def project(sandbox):
    sandbox.write("dvc.yaml", dedent(PIPELINE))
    sandbox.write("params.yaml", "lr: 0.1\nnet: {depth: 3}\n")
    sandbox.write("raw/a", "a\n")
    sandbox.write("raw/b", "b\n")
    return sandbox


def ran(sandbox):
    """The stages that ran since this was last asked."""
    trace = sandbox.root / "trace"
    names = trace.read_text(encoding="utf-8").split() if trace.exists() else []
    trace.unlink(missing_ok=True)
    return names


def test_a_pipeline_that_never_ran(project):
    assert project.tiffin("repro", "--dry", "--why").out == snapshot(
        """\
prepare: runs
    it has never run
train: runs
    it has never run
    'prepare' comes before and writes 'ready'
report: runs
    it has never run
    'train' comes before and writes 'model'
publish: runs
    it runs every time
    it has never run
"""
    )
    assert not project.exists("dvc.lock")


def test_everything_that_can_change_is_told_with_both_values(project):
    project.tiffin("repro")
    project.write("raw/b", "bb\n")
    project.write("raw/c", "c\n")
    project.write("params.yaml", 'lr: "0.1"\n')
    project.write("dvc.yaml", dedent(PIPELINE).replace("wc model", "wc -l model"))
    (project.root / "report").unlink()
    assert project.tiffin("repro", "--dry", "--why").out == snapshot(
        """\
prepare: runs
    dependency 'raw' changed: 562ee692 (4 B, 2 files) -> a5485d47 (7 B, 3 files)
        + c
        ~ b
train: runs
    parameter 'params.yaml:lr' changed: 0.1 -> "0.1"
    parameter 'params.yaml:net.depth' is missing, was 3
    'prepare' comes before and writes 'ready'
report: runs
    the command changed
          echo report >> trace
        - wc model > report
        + wc -l model > report
    output 'report' is missing, was df944446 (12 B)
    'train' comes before and writes 'model'
publish: runs
    it runs every time
"""
    )
    assert ran(project) == ["prepare", "train", "report", "publish"]  # by `repro` only


def test_status_tells_the_same_of_what_changed_by_now(project):
    project.tiffin("repro")
    project.write("dvc.yaml", dedent(PIPELINE).replace("[lr, net.depth]", "[lr, net.depth, other.yaml: [x]]"))
    project.write("model", "changed")
    assert project.tiffin("status", "--why").out == snapshot(
        """\
train:
    parameters file 'other.yaml' is missing
    output 'model' changed: dd8c6a39 (4 B) -> 8977dfac (7 B)
report:
    dependency 'model' changed: dd8c6a39 (4 B) -> 8977dfac (7 B)
publish:
    it runs every time
"""
    )
    project.tiffin("add", "raw", code=0)
    project.write("raw/a", "new")
    assert project.tiffin("status", "--why", "raw.dvc").out == snapshot(
        """\
raw.dvc:
    output 'raw' changed: 562ee692 (4 B, 2 files) -> 5c13999f (5 B, 2 files)
        ~ a
"""
    )
    assert project.tiffin("status", "--why", "prepare").out == snapshot(
        """\
prepare:
    dependency 'raw' changed: 562ee692 (4 B, 2 files) -> 5c13999f (5 B, 2 files)
        ~ a
"""
    )
    project.tiffin("status", "--why", "--quiet", code=1)


def test_json_has_whole_ids(project):
    project.tiffin("repro")
    project.write("raw/a", "new")
    project.write("params.yaml", "lr: 0.2\nnet: {depth: 3}\n")
    answer = json.loads(project.tiffin("repro", "--dry", "--why", "--json").out)
    assert {name: value["verdict"] for name, value in answer.items()} == snapshot(
        {"prepare": "runs", "train": "runs", "report": "may run", "publish": "runs"}
    )
    assert answer["prepare"]["reasons"] == snapshot(
        [
            {
                "kind": "dependency",
                "path": "raw",
                "state": "modified",
                "old": {"md5": "562ee692a592790b08e880eff9046f72.dir", "size": 4, "nfiles": 2},
                "new": {"md5": "5c13999fad3a86f4d80cd6f6ef9e8ce5.dir", "size": 5, "nfiles": 2},
                "files": {"added": [], "modified": ["a"], "deleted": []},
            }
        ]
    )
    assert answer["train"]["reasons"] == snapshot(
        [
            {"kind": "parameter", "file": "params.yaml", "state": "modified", "name": "lr", "old": 0.1, "new": 0.2},
            {"kind": "upstream", "stage": "prepare", "path": "ready"},
        ]
    )
    assert json.loads(project.tiffin("status", "--why", "--json", "train").out) == {
        "train": {"reasons": answer["train"]["reasons"][:1]}
    }


def test_flags_of_repro_count(project):
    project.tiffin("repro")
    forced = json.loads(project.tiffin("repro", "--dry", "--why", "--json", "-s", "-f", "train").out)
    assert forced == {"train": {"verdict": "runs", "reasons": [{"kind": "forced"}]}}
    (project.root / "raw" / "a").write_text("new", encoding="utf-8")
    down = json.loads(project.tiffin("repro", "--dry", "--why", "--json", "--force-downstream").out)
    assert [down[name]["verdict"] for name in ("prepare", "train", "report")] == ["runs", "runs", "runs"]
    (project.root / "model").unlink()
    missing = project.tiffin("repro", "--dry", "--why", "--allow-missing", "-s", "report").out
    assert missing == "report: unchanged\n"


def test_a_value_that_was_seen_before_is_restored(project):
    project.tiffin("repro")
    project.write("params.yaml", "lr: 0.2\nnet: {depth: 3}\n")
    project.tiffin("repro")
    project.write("params.yaml", "lr: 0.1\nnet: {depth: 3}\n")
    restored = "train: restored from an earlier run\n    parameter 'params.yaml:lr' changed: 0.2 -> 0.1\n"
    assert restored.replace(": restored", ": is restored") in project.tiffin("repro", "--dry", "--why").out
    runs = project.tiffin("repro", "--dry", "--why", "--no-run-cache").out
    assert "train: runs\n" in runs


def test_alone_neither_flag_means_anything(project):
    for flags in (("--why",), ("--json",), ("--dry", "--json")):
        assert project.tiffin("repro", *flags, code=254).err == snapshot(
            """\
ERROR: --why explains what would run, and --json is its form for programs
hint: write `tiffin repro --dry --why`, or `... --dry --why --json`
"""
        )
    assert "give one of them" in project.tiffin("status", "--why", "--cloud", code=254).err


CHANGES = {
    "a file": lambda project: project.write("raw/a", "other"),
    "a parameter": lambda project: project.write("params.yaml", "lr: 1\nnet: {depth: 3}\n"),
    "an output is gone": lambda project: (project.root / "model").unlink(),
    "an output was edited": lambda project: project.write("report", "edited"),
    "a command": lambda project: project.write("dvc.yaml", dedent(PIPELINE).replace("cat ready/*", "cat  ready/*")),
    "nothing": lambda _: None,
}


@pytest.mark.parametrize("kind", CHANGES)
def test_what_is_foretold_comes_true(project, kind):
    project.tiffin("repro")
    ran(project)
    CHANGES[kind](project)
    told = json.loads(project.tiffin("repro", "--dry", "--why", "--json").out)
    assert ran(project) == []
    project.tiffin("repro")
    happened = ran(project)
    for name, value in told.items():
        assert value["verdict"] == "may run" or (name in happened) == (value["verdict"] == "runs")
