"""`params diff`, `metrics show`, `metrics diff`."""

import json

import pytest
from inline_snapshot import snapshot

from tests.repo.conftest import Sandbox

PIPELINE = """\
stages:
  train:
    cmd: cp in.json scores.json && cp in.json kept.json
    params: [lr, layers.1, model.depth]
    deps: [in.json]
    metrics:
    - scores.json:
        cache: false
    - kept.json
metrics: [sub]
"""


@pytest.fixture
def project(sandbox: Sandbox) -> Sandbox:
    """A pipeline that has run, committed and tagged; then other values in the workspace."""
    sandbox.write("dvc.yaml", PIPELINE)
    sandbox.write("params.yaml", "lr: 0.1\nlayers: [8, 16]\nmodel: {depth: 3, name: small}\nunused: 1\n")
    sandbox.write("in.json", '{"auc": 0.5, "loss": {"train": 1, "all": [1]}, "label": "x", "none": null}')
    sandbox.write("sub/more.yaml", "recall: 0.25\n")
    sandbox.tiffin("repro", "-q")
    sandbox.commit("one")
    sandbox.git("tag", "v1")
    sandbox.write("params.yaml", "lr: fast\nlayers: [8, 32]\nmodel: {depth: 3}\n")
    sandbox.write("scores.json", '{"auc": 0.123456789, "loss": {"train": 1}, "new": true}')
    return sandbox


def test_params_diff(project: Sandbox):
    assert project.tiffin("params", "diff").out == snapshot("""\
Path         Param       HEAD     workspace
params.yaml  layers      [8, 16]  [8, 32]
params.yaml  lr          0.1      fast
params.yaml  model.name  small    -
params.yaml  unused      1        -
""")
    assert project.tiffin("params", "diff", "--all", "--deps", "--no-path", "--md").out == snapshot("""\
| Param       | HEAD       | workspace   |
|-------------|------------|-------------|
| layers      | [None, 16] | [None, 32]  |
| lr          | 0.1        | fast        |
| model.depth | 3          | 3           |

""")
    assert json.loads(project.tiffin("params", "diff", "--deps", "--json").out) == snapshot(
        {"params.yaml": {"layers": {"old": "[None, 16]", "new": "[None, 32]"}, "lr": {"old": 0.1, "new": "fast"}}}
    )


def test_metrics_diff(project: Sandbox):
    assert project.tiffin("metrics", "diff").out == snapshot("""\
Path         Metric    HEAD    workspace    Change
scores.json  auc       0.5     0.12346      -0.37654
scores.json  label     x       -            -
scores.json  new       -       True         -
""")
    assert project.tiffin("metrics", "diff", "v1", "HEAD").out == ""
    assert project.tiffin("metrics", "diff", "HEAD", "v1", "--all", "--precision", "2").out == snapshot("""\
Path           Metric      HEAD    v1    Change
kept.json      auc         0.5     0.5   0.0
kept.json      label       x       x     -
kept.json      loss.train  1       1     0
scores.json    auc         0.5     0.5   0.0
scores.json    label       x       x     -
scores.json    loss.train  1       1     0
sub/more.yaml  recall      0.25    0.25  0.0
""")


def test_metrics_show(project: Sandbox):
    assert project.tiffin("metrics", "show").out == snapshot("""\
Path           auc      label    loss.train    new    recall
scores.json    0.12346  -        1             True   -
kept.json      0.5      x        1             -      -
sub/more.yaml  -        -        -             -      0.25
""")
    assert project.tiffin("metrics", "show", "-T", "sub").out == snapshot("""\
Revision    Path           recall
workspace   sub/more.yaml  0.25
v1          sub/more.yaml  0.25
""")


def test_a_single_workspace_has_no_name(project: Sandbox):
    assert list(json.loads(project.tiffin("metrics", "show", "--json").out)) == [""]


def test_a_workspace_equal_to_its_branch_is_left_out(project: Sandbox):
    assert list(json.loads(project.tiffin("metrics", "show", "-a", "--json").out)) == ["workspace", "main"]
    project.git("checkout", "--", ".")
    assert list(json.loads(project.tiffin("metrics", "show", "-a", "--json").out)) == ["main"]
    assert list(json.loads(project.tiffin("metrics", "show", "-aT", "--json").out)) == ["workspace", "main,v1"]


def test_paths_are_seen_from_where_one_stands(project: Sandbox):
    project.write("sub/more.yaml", "recall: 1\n")
    found = json.loads(
        project.tiffin("metrics", "diff", "--json", "--targets", "more.yaml", "../scores.json", cd="sub").out
    )
    assert list(found) == ["../scores.json", "more.yaml"]
    assert list(json.loads(project.tiffin("params", "diff", "--json", cd="sub").out)) == ["../params.yaml"]


def test_metrics_are_read_from_the_store(project: Sandbox):
    (project.root / "kept.json").unlink()
    shown = json.loads(project.tiffin("metrics", "show", "kept.json", "--json").out)
    assert shown[""]["data"]["kept.json"]["data"]["auc"] == 0.5
    project.write("dvc.yaml", PIPELINE.replace("kept.json", "gone.json"))
    shown = json.loads(project.tiffin("metrics", "show", "gone.json", "--json").out)
    assert shown[""]["data"]["gone.json"]["error"] == {
        "type": "FileNotFoundError",
        "msg": "[Errno 2] No storage files available: 'gone.json'",
    }


def test_what_cannot_be_read_is_named_and_the_rest_is_shown(project: Sandbox):
    project.write("scores.json", '{"auc": ')
    project.write("sub/more.yaml", "a: [\n")
    answer = project.tiffin("metrics", "show", "--json")
    shown = json.loads(answer.out)[""]["data"]
    assert shown["scores.json"]["error"]["type"] == "JSONFileCorruptedError"
    assert shown["sub/more.yaml"]["error"]["type"] == "YAMLFileCorruptedError"
    assert shown["kept.json"]["data"]["auc"] == 0.5
    assert "some metrics could not be read: scores.json:1:" in answer.err


def test_a_revision_whose_stages_cannot_be_read(project: Sandbox):
    project.write("dvc.yaml", "stags: {}\n")
    assert json.loads(project.tiffin("metrics", "show", "--json").out)[""]["error"]["type"] == "YAMLValidationError"
    answer = project.tiffin("params", "diff", "--json")
    assert json.loads(answer.out)["params.yaml"]["lr"] == {"old": 0.1, "new": None}
    assert "'workspace': dvc.yaml:1:1: unknown key 'stags'" in answer.err


def test_values_that_templates_use_are_parameters(project: Sandbox):
    project.write("dvc.yaml", "vars: [more.yaml]\nstages:\n  s:\n    cmd: echo ${v.w}\n")
    project.write("more.yaml", "v: {w: 1, x: 2}\n")
    project.write("params.yaml", "a: 1\n")
    found = json.loads(project.tiffin("params", "diff", "HEAD", "--all", "--deps", "--json").out)
    assert found["more.yaml"] == {"v.w": {"old": None, "new": 1}}


def test_revisions(project: Sandbox):
    project.tiffin("params", "diff", "nope", code=255)
    assert project.tiffin("params", "diff", "HEAD", "HEAD", "--json").out == "{}\n"
    old, new = "v1", project.commit("two")[:7]
    assert list(json.loads(project.tiffin("params", "diff", old, new, "--json").out)) == ["params.yaml"]


def test_before_the_first_commit_there_is_nothing_to_compare(tmp_path, capfd):
    box = Sandbox(tmp_path, capfd)
    box.git("init", "--quiet")
    box.tiffin("init", "--quiet")
    assert box.tiffin("params", "diff", "--json").out == "{}\n"
    assert box.tiffin("exp", "show", "--json").out == "[]\n"
    box.write("m.json", '{"x": 1}')
    assert json.loads(box.tiffin("metrics", "show", "m.json", "--json").out) == {
        "": {"data": {"m.json": {"data": {"x": 1}}}}
    }


def test_outside_of_git_metrics_can_be_shown_but_not_compared(tmp_path, capfd):
    box = Sandbox(tmp_path, capfd)
    box.tiffin("init", "--no-scm", "--quiet")
    box.write("m.json", '{"x": 1}')
    box.tiffin("metrics", "show", "m.json")
    assert "is not in a Git repository" in box.tiffin("metrics", "diff", code=255).err


def test_a_repository_inside_a_git_repository(tmp_path, capfd):
    box = Sandbox(tmp_path, capfd)
    box.git("init", "--quiet")
    box.write("inner/params.yaml", "a: 1\n")
    box.write("params.yaml", "not: ours\n")
    box.tiffin("init", "--subdir", "--quiet", cd="inner")
    box.write("inner/deep/dvc.yaml", "metrics: [m.json]\n")
    box.write("inner/deep/m.json", '{"x": 1}')
    box.commit("one")
    box.write("inner/params.yaml", "a: 2\n")
    box.write("inner/deep/m.json", '{"x": 3}')
    assert list(json.loads(box.tiffin("params", "diff", "--json", cd="inner").out)) == ["params.yaml"]
    found = json.loads(box.tiffin("metrics", "diff", "--json", cd="inner").out)
    assert found == {"deep/m.json": {"x": {"old": 1, "new": 3, "diff": 2}}}
