"""`report`: what differs, for a pull request."""

import json
import shutil
import sys

import pytest
from inline_snapshot import snapshot

from tests.repo.conftest import Sandbox

PIPELINE = """\
stages:
  train:
    cmd: cp in.json scores.json && cp in.json model
    params: [lr, layers]
    deps: [in.json]
    outs: [model]
    metrics: [scores.json: {cache: false}]
"""


@pytest.fixture
def project(sandbox: Sandbox) -> Sandbox:
    """A pipeline that has run and is committed, then has run again with another result."""
    sandbox.write("dvc.yaml", PIPELINE)
    sandbox.write("params.yaml", "lr: 0.1\nlayers: [8, 16]\nsame: 1\n")
    sandbox.write("in.json", '{"auc": 0.5, "loss": {"train": 2.123456789, "test": 3}, "kind": "a|b", "same": 1}')
    sandbox.write("data/a", "a")
    sandbox.tiffin("add", "-q", "data")
    sandbox.tiffin("repro", "-q")
    sandbox.commit("one")
    sandbox.git("tag", "v1")
    sandbox.write("params.yaml", "lr: 0.2\nlayers: [8]\nsame: 1\n")
    sandbox.write("in.json", '{"auc": 0.75, "loss": {"train": 1, "test": 3}, "kind": "c", "same": 1, "new": 1}')
    sandbox.write("data/b", "b")
    sandbox.tiffin("add", "-q", "data")
    sandbox.tiffin("repro", "-q")
    return sandbox


def _masked(text: str, sandbox: Sandbox) -> str:
    return text.replace(sandbox.git("rev-parse", "v1")[:7], "1234567")


def test_the_workspace_against_the_last_commit(project: Sandbox):
    assert _masked(project.tiffin("report").out, project) == snapshot("""\
## From `HEAD` (1234567) to the workspace

### Metrics

| Metric     | HEAD    | workspace   | Change   |
|------------|---------|-------------|----------|
| auc        | 0.5     | 0.75        | +0.25    |
| kind       | a\\|b    | c           | -        |
| loss.train | 2.12346 | 1           | -1.12346 |
| new        | -       | 1           | -        |

Unchanged: `loss.test`, `same`.

### Parameters

| Parameter   | HEAD    | workspace   |
|-------------|---------|-------------|
| layers      | [8, 16] | [8]         |
| lr          | 0.1     | 0.2         |

### Data

|          | Path   |
|----------|--------|
| added    | data/b |
| modified | data/  |
| modified | model  |
""")


def test_two_revisions_by_name(project: Sandbox):
    commit = project.commit("two")
    out = project.tiffin("report", "v1", commit[:8], "--title", "Larger steps", "--precision", "2").out
    assert out.startswith("## Larger steps\n")
    assert "| loss.train | 2.12 | 1" in out
    assert project.tiffin("report", "v1", commit[:8]).out.startswith(
        f"## From `v1` ({project.git('rev-parse', 'v1')[:7]}) to `{commit[:8]}`\n"
    )
    assert project.tiffin("report", "HEAD", "v1").out.count("-0.25") == 1


def test_nothing_changed(project: Sandbox):
    assert project.tiffin("report", "HEAD", "HEAD").out.partition("\n\n")[2] == snapshot("""\
### Metrics

None changed.

### Parameters

None changed.

### Data

None changed.
""")


def test_long_tables_are_folded_and_very_long_ones_cut(project: Sandbox):
    project.write("in.json", json.dumps({f"metric_{at:03}": at for at in range(150)}))
    project.write("params.yaml", "".join(f"p{at}: 1\n" for at in range(30)) + "lr: 1\nlayers: 1\n")
    project.tiffin("repro", "-q")
    out = project.tiffin("report").out
    assert "<details><summary>155 metrics</summary>" in out
    assert "And 55 more: `tiffin metrics diff HEAD` shows them." in out
    assert "<details><summary>33 parameters</summary>" in out
    assert out.count("</details>") == 2


def test_what_cannot_be_read_is_said(project: Sandbox):
    project.write("params.yaml", "lr: [\n")
    out = project.tiffin("report").out
    assert "Not read in `workspace`: params.yaml:" in out


def test_what_the_cache_lacks_is_no_part_of_it(project: Sandbox):
    whole = project.tiffin("report").out
    shutil.rmtree(project.root / ".dvc/cache")
    assert "not in cache" in project.tiffin("diff").out.lower()
    assert "not in cache" not in project.tiffin("report").out
    assert "| modified | model" in whole


def test_files_of_several_kinds_are_named(project: Sandbox):
    project.write("more.json", '{"auc": 1}')
    project.write("dvc.yaml", f"{PIPELINE}metrics: [more.json]\n")
    assert "| more.json:auc " in project.tiffin("report").out
    assert "| scores.json:auc " in project.tiffin("report").out


def test_a_report_is_written_where_it_is_asked_for(project: Sandbox):
    printed = project.tiffin("report").out
    answer = project.tiffin("report", "-o", "out/here")
    assert answer.out == "out/here/report.md\n"
    assert project.read("out/here/report.md").startswith(printed.rstrip())


def test_before_the_first_commit_and_without_git(tmp_path, capfd):
    box = Sandbox(tmp_path, capfd)
    box.git("init", "--quiet")
    box.tiffin("init", "--quiet")
    assert "unknown Git revision 'HEAD'" in box.tiffin("report", code=255).err
    bare = Sandbox(tmp_path / "bare", capfd)
    bare.root.mkdir()
    bare.tiffin("init", "--no-scm", "--quiet")
    assert "is not in a Git repository" in bare.tiffin("report", code=255).err


# Plots


@pytest.fixture
def plotted(project: Sandbox) -> Sandbox:
    """The same with two curves, of which one stays as it is, and two pictures, of which one does."""
    project.git("stash", "-q")
    project.write(
        "dvc.yaml", PIPELINE + "plots:\n- loss.csv: {x: step, title: The loss}\n- same.csv\n- a.svg\n- b.svg\n"
    )
    project.write("loss.csv", "step,loss\n1,0.5\n2,0.25\n")
    project.write("same.csv", "step,same\n1,1\n2,2\n")
    project.write("a.svg", '<svg xmlns="http://www.w3.org/2000/svg"/>')
    project.write("b.svg", '<svg xmlns="http://www.w3.org/2000/svg"/>')
    project.commit("plots")
    project.write("loss.csv", "step,loss\n1,0.5\n2,0.125\n")
    project.write("a.svg", '<svg xmlns="http://www.w3.org/2000/svg" id="new"/>')
    return project


def _plots_of(text: str) -> str:
    return text.partition("### Plots\n\n")[2]


def test_plots_that_differ_are_drawn_and_images_stand_side_by_side(plotted: Sandbox):
    plotted.tiffin("report", "-o", "report")
    assert _plots_of(plotted.read("report/report.md")) == snapshot("""\
#### The loss

![The loss](plots/01-loss.csv.svg)

#### a.svg

| HEAD                      | workspace                           |
|---------------------------|-------------------------------------|
| ![HEAD](plots/HEAD_a.svg) | ![workspace](plots/workspace_a.svg) |

Unchanged: `same.csv`, `b.svg`.
""")
    assert sorted(plotted.tree("report/plots")) == snapshot(["01-loss.csv.svg", "HEAD_a.svg", "workspace_a.svg"])
    assert plotted.read("report/plots/01-loss.csv.svg").startswith("<svg")
    assert 'id="new"' in plotted.read("report/plots/workspace_a.svg")


def test_pictures_have_the_address_where_they_will_be(plotted: Sandbox):
    plotted.tiffin("report", "-o", "report", "--image-url", "https://example.org/run 1/")
    assert "](https://example.org/run 1/plots/01-loss.csv.svg)" in plotted.read("report/report.md")


def test_a_plot_that_cannot_be_drawn_is_named_and_the_rest_is(plotted: Sandbox):
    plotted.write("loss.csv", "")
    (plotted.root / "same.csv").unlink()
    plotted.tiffin("report", "-o", "report")
    text = _plots_of(plotted.read("report/report.md"))
    assert "#### same.csv\n\n![same.csv](plots/02-same.csv.svg)\n\nNot shown: workspace: " in text
    assert "#### a.svg" in text


def test_a_report_without_plots(plotted: Sandbox):
    plotted.tiffin("report", "-o", "report", "--no-plots")
    assert "### Plots" not in plotted.read("report/report.md")
    assert not plotted.exists("report/plots")
    assert "### Plots" not in plotted.tiffin("report").out


@pytest.mark.parametrize("arguments", [["--png"], ["--image-url", "x"], ["-o", "out", "--no-plots", "--png"]])
def test_options_about_pictures_want_pictures(plotted: Sandbox, arguments: list[str]):
    answer = plotted.tiffin("report", *arguments, code=254)
    assert "is about pictures, and there are none" in answer.err
    assert "name a directory for them with -o" in answer.err


def test_pictures_as_png_need_vega(plotted: Sandbox, monkeypatch: pytest.MonkeyPatch):
    plotted.tiffin("report", "-o", "report", "--png")
    assert (plotted.root / "report/plots/01-loss.csv.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    answer = plotted.tiffin("report", "-o", "other", "--png", code=255)
    assert "pip install 'tiffin[plots]'" in answer.err
    assert not plotted.exists("other/report.md")
