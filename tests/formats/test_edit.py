"""Changes of a dvc.yaml: the bytes that DVC and DVCLive make, and nothing of the user's lost."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tiffin.errors import FormatError, YamlError
from tiffin.formats import edit

PLAIN = "stages:\n  old:\n    cmd: python old.py\n    deps:\n    - old.py\n    - data\n    outs:\n    - out\n"
COMMENTED = """\
# the pipeline

vars:
  - lr: 1e-3   # learning rate

stages:
  # the first
  old:
    cmd: >-
      python old.py
      --fold
    deps: [old.py, data]   # in a row
    outs:
      - "out"
      # the end of old
  templated:
    cmd: echo ${lr}

# about plots
plots:
- a.csv
"""
ANCHORED = """\
stages:
  old: &base
    cmd: python old.py
    deps: &deps
    - data
  other:
    <<: *base
    outs: [x]
  third:
    cmd: x
    deps: *deps
"""
FILES = {"new": "", "plain": PLAIN, "commented": COMMENTED, "anchored": ANCHORED}
DEFINITION = {
    "cmd": "python new.py " + "--option value " * 6,
    "deps": ["data", "new.py"],
    "outs": [{"o": {"cache": False}}],
}


def with_dvc(repo: Any, text: str, name: str, definition: dict[str, Any]) -> str:
    """Let DVC write the stage into its dvc.yaml."""
    from dvc.dvcfile import ProjectFile
    from dvc.stage import serialize

    path = Path("dvc.yaml")
    path.unlink(missing_ok=True)
    if text:
        path.write_text(text)
    file = ProjectFile(repo, str(path.absolute()))
    stage = SimpleNamespace(name=name, raw_data=SimpleNamespace(parametrized=False))
    original = serialize.to_pipeline_file
    serialize.to_pipeline_file = lambda stage: {stage.name: dict(definition)}
    try:
        file._dump_pipeline_file(stage)
    finally:
        serialize.to_pipeline_file = original
    return path.read_text()


@pytest.mark.parametrize("name", ["new", "old"])
@pytest.mark.parametrize("file", FILES)
def test_a_stage_is_put_as_dvc_puts_it(file: str, name: str, dvc_repo: Any) -> None:
    expected = with_dvc(dvc_repo, FILES[file], name, DEFINITION)
    assert edit.put_stage(FILES[file], name, DEFINITION) == expected


def test_an_unchanged_stage_leaves_the_text_alone() -> None:
    definition = {"cmd": "python old.py", "deps": ["old.py", "data"], "outs": ["out"]}
    assert edit.put_stage(PLAIN, "old", definition) == PLAIN


def test_comments_alone_stay_on_top() -> None:
    assert edit.put_stage("# mine\n", "a", {"cmd": "x"}) == "# mine\nstages:\n  a:\n    cmd: x\n"


def test_a_removed_stage_is_gone_and_the_rest_stays() -> None:
    removed = edit.remove_stage(COMMENTED, "templated")
    assert "templated" not in removed
    for kept in ("# the pipeline", "# learning rate", "# the first", "# in a row", "- a.csv"):
        assert kept in removed
    assert edit.remove_stage(PLAIN, "old") == ""
    assert edit.remove_stage(PLAIN, "gone") == PLAIN
    assert edit.remove_stage("plots:\n- a\nstages:\n  a:\n    cmd: x\n", "a") == "plots:\n- a\n"


@pytest.mark.parametrize(
    ("text", "kind"), [("- a\n", FormatError), ("stages: [a]\n", FormatError), ("stages: {a\n", YamlError)]
)
def test_what_is_no_pipeline_is_refused(text: str, kind: type[FormatError]) -> None:
    with pytest.raises(kind, match=r"^sub/dvc\.yaml"):
        edit.put_stage(text, "a", {"cmd": "x"}, path="sub/dvc.yaml")


LIVE: dict[str, Any] = {
    "params": "dvclive/params.yaml",
    "metrics": "dvclive/metrics.json",
    "plots": [{"dvclive/plots/metrics": {"x": "step"}}, "dvclive/plots/images"],
    "artifacts": {"model": {"path": "dvclive/artifacts/m.pt", "type": "model"}},
}
USERS = """\
# mine
stages:
  train:
    cmd: python train.py   # run it
params:
- own.yaml
metrics:
- dvclive/metrics.json
- own.json
plots:
- dvclive/plots/metrics:
    x: step
- ROC:
    x: fpr
    y:
      a.json: tpr
- dvclive/plots/sklearn/old.json:
    template: simple
artifacts:
  mine:
    path: model.pkl
    desc: mine
"""


@pytest.mark.parametrize("text", ["", PLAIN, COMMENTED, USERS], ids=["new", "plain", "commented", "users"])
def test_live_sections_are_those_of_dvclive(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dvclive.dvc import update_dvcyaml

    monkeypatch.chdir(tmp_path)
    Path("dvc.yaml").write_text(text)
    updates = {
        "params": [LIVE["params"]],
        "metrics": [LIVE["metrics"]],
        "plots": list(LIVE["plots"]),
        "artifacts": {name: dict(value) for name, value in LIVE["artifacts"].items()},
    }
    update_dvcyaml(SimpleNamespace(dvc_file="dvc.yaml", dir="dvclive"), updates)
    assert edit.update_dvclive_sections(text, "dvclive", **LIVE) == Path("dvc.yaml").read_text()


def test_writing_the_same_sections_again_changes_nothing() -> None:
    once = edit.update_dvclive_sections(USERS, "dvclive", **LIVE)
    assert edit.update_dvclive_sections(once, "dvclive/", **LIVE) == once


def test_entries_of_another_folder_stay_with_their_comments() -> None:
    text = "plots:\n- other/dvclive/plots  # another run\n- dvclive/plots/old\n- my_dvclive/x # and this\n"
    text += "metrics: [a, dvclive/b]\n"
    updated = edit.update_dvclive_sections(
        text, "dvclive", params=None, metrics=None, plots=["dvclive/new"], artifacts={}
    )
    assert updated == (
        "plots:\n- other/dvclive/plots  # another run\n- my_dvclive/x # and this\n- dvclive/new\nmetrics: [a]\n"
    )


def test_sections_left_empty_go() -> None:
    text = "metrics:\n- dvclive/metrics.json\nartifacts:\n  m:\n    path: dvclive/m\nparams:\n- a\n"
    updated = edit.update_dvclive_sections(text, "dvclive", params=None, metrics=None, plots=[], artifacts={})
    assert updated == "params:\n- a\n"
