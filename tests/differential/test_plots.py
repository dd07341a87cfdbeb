"""`plots show`, `plots diff`, `plots modify` and `plots templates`."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.peer.twins import TwinRepos
from tiffin.live import Live

ANCHOR = re.compile(r"<DVC_METRIC_\w+>")

PIPELINE = """\
stages:
  train:
    cmd: python train.py
    plots:
    - stage.csv:
        cache: false
        x: a
        y: b
        title: from a stage
    - headless.csv:
        cache: false
        header: false
        x: '0'
    - tree:
        cache: false
plots:
- table.csv
- tabbed.tsv: {x: step, y: loss}
- records.json: {template: scatter, x_label: time, y_label: height}
- nested.json: {y: loss, template: simple}
- deep.yaml: {x: step, y: [loss, acc], title: two columns}
- curves
- curves/special.csv: {template: scatter, title: nearer}
- one x: {x: step, y: {table.csv: b, curves/c.tsv: [loss, acc]}}
- x each: {x: {table.csv: a, curves/c.tsv: step}, y: {table.csv: b, curves/c.tsv: loss}, template: scatter}
- two files: {x: step, y: {curves/c.tsv: loss, curves/d.tsv: loss}, template: simple}
- classes.csv: {x: actual, y: predicted, template: confusion}
- classes: {x: actual, y: {classes.csv: predicted, others.csv: predicted}, template: confusion_normalized}
- weights.json: {x: weight, y: name, template: bar_horizontal_sorted}
- mine.csv: {template: mine}
- spotted.csv: {template: scatter_jitter, y: a.b}
- pictures
"""
TABLE = "step,a,b\n0,1,2\n1,2,{}\n"
RECORDS = [{"step": 0, "loss": 3.5}, {"step": 1, "loss": 2.25}]
MINE = {
    "data": {"values": "<DVC_METRIC_DATA>"},
    "title": "of <DVC_METRIC_TITLE>: <DVC_METRIC_X> and <DVC_METRIC_Y_LABEL>",
    "mark": "bar",
    "encoding": {"x": {"field": "<DVC_METRIC_X>"}, "color": "<DVC_METRIC_COLOR>", "row": "<DVC_METRIC_ROW>"},
}
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100"
    "c9fe92ef0000000049454e44ae426082"
)


@pytest.fixture
def drawn(twins: TwinRepos) -> TwinRepos:
    """Plots of every form, in two commits and a changed workspace."""
    twins.write("dvc.yaml", PIPELINE)
    twins.write(".dvc/plots/mine.json", json.dumps(MINE))
    twins.write("stage.csv", "a,b\n1,2\n")
    twins.write("headless.csv", "1,2\n3,4\n")
    twins.write("tree/leaf.json", json.dumps(RECORDS))
    twins.write("table.csv", TABLE.format(3))
    twins.write("tabbed.tsv", "step\tloss\tnote\n0\t1.5\tx\n1\tNaN\t\n")
    twins.write("records.json", json.dumps(RECORDS))
    twins.write("nested.json", json.dumps({"run": {"train": RECORDS, "flat": 1}, "more": [{"acc": 1}, {"acc": 2}]}))
    twins.write("deep.yaml", "history:\n- {step: 0, loss: 1, acc: 0.5}\n- {step: 1, loss: .5, acc: 1e-3}\n")
    twins.write("curves/c.tsv", "step\tloss\tacc\n0\t1\t2\n1\t3\t4\n")
    twins.write("curves/d.tsv", "step\tloss\n0\t1\n1\t3\n")
    twins.write("curves/below/e.csv", TABLE.format(5))
    twins.write("curves/special.csv", TABLE.format(5))
    for name in ("classes.csv", "others.csv"):
        twins.write(name, "actual,predicted\ncat,dog\ncat,cat\ndog,dog\n")
    twins.write("weights.json", json.dumps({"w": [{"name": "x", "weight": 1}, {"name": "y", "weight": -2}]}))
    twins.write("mine.csv", TABLE.format(6))
    twins.write("spotted.csv", "a.b,c[0]\n1,2\n")
    twins.write("pictures/dot.png", DOT)
    twins.write("pictures/deep/drawing.svg", "<svg/>")
    twins.commit("one")
    twins.git("tag", "v1")
    twins.write("table.csv", TABLE.format(30))
    twins.write("pictures/dot.png", DOT + b"2")
    twins.write("dvc.yaml", PIPELINE.replace("- curves\n", "- curves: {y: loss}\n").replace("title: nearer", "x: a"))
    twins.commit("two")
    twins.write("table.csv", TABLE.format(300))
    return twins


def _masked(answer: Any) -> Any:
    """The specifications are our own: of them, the data and the places for what is filled in are compared."""
    for entries in answer.get("data", {}).values():
        for entry in entries:
            if "content" in entry and "$schema" in entry["content"]:
                entry["content"] = _places(entry["content"])
    for error in answer.get("errors", []):
        error.pop("msg")
    answer.get("errors", []).sort(key=str)
    return json.loads(json.dumps(answer, sort_keys=True))


def _places(content: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(content)
    return {
        "values": content["data"]["values"],
        "title": content["title"],
        "anchors": sorted(set(ANCHOR.findall(text))),
        "several views": ["facet" in content, content.get("encoding", {}).get("column")],
    }


@pytest.mark.parametrize("split", [(), ("--split",)])
def test_every_form_of_data_and_definition(drawn: TwinRepos, split: tuple[str, ...]) -> None:
    answer = drawn.both("plots", "show", "--json", *split, mask=_masked)
    assert len(answer["data"]) == 22
    drawn.both("plots", "diff", "v1", "HEAD", "workspace", "-o", ".dvc/tmp/plots", "--json", *split, mask=_masked)


@pytest.mark.parametrize(
    "flags",
    [
        ("table.csv", "-x", "a", "-y", "step", "-t", "scatter", "--title", "T", "--x-label", "X", "--y-label", "Y"),
        ("curves", "one x", "dvc.yaml::pict", "nowhere"),
        ("tabbed.tsv", "records.json", "-t", "mine", "-x", "step"),
        ("headless.csv", "table.csv", "--no-header", "-y", "1"),
        ("tree", "-y", "nothing"),
    ],
)
def test_targets_and_properties(drawn: TwinRepos, flags: tuple[str, ...]) -> None:
    drawn.both("plots", "show", "--json", *flags, mask=_masked)


def test_revisions_of_every_kind(drawn: TwinRepos) -> None:
    drawn.git("branch", "side", "v1")
    drawn.git("update-ref", "refs/exps/" + _head(drawn, "v1^{commit}") + "/tried-oxen", "HEAD")
    for revisions in ((), ("v1", "side", "HEAD~1", "workspace"), ("-e", "tried-oxen")):
        drawn.both("plots", "diff", "--json", *revisions, "--targets", "table.csv", "dot", mask=_masked)
    drawn.both("plots", "diff", "--json", "nowhere", code=1)
    drawn.git("commit", "-qam", "three")
    drawn.both("plots", "diff", "--json", "--targets", "table.csv", mask=_masked)


def _head(twins: TwinRepos, name: str) -> str:
    """The commit as it stands in the name of an experiment's ref."""
    ids = [
        subprocess.run(["git", "rev-parse", name], cwd=side.repo, check=True, capture_output=True, text=True).stdout
        for side in twins.sides
    ]
    assert ids[0] == ids[1]
    return f"{ids[0][:2]}/{ids[0][2:].strip()}"


def test_from_a_folder_below(drawn: TwinRepos) -> None:
    # DVC forgets there that a table has no header.
    for argv in (
        ("show", "c.tsv", "../table.csv"),
        ("diff", "v1", "--targets", "../pictures", "one x", "x each", "../curves"),
    ):
        drawn.both("plots", *argv, "--json", "--split", "-o", "../out", cwd="curves", mask=_masked, state=False)


def test_the_specification_alone(drawn: TwinRepos) -> None:
    theirs, ours = drawn.apart("plots", "show", "--show-vega", "mine.csv")
    assert (ours.code, json.loads(ours.out)) == (theirs.code, json.loads(theirs.out))
    for argv in (("--show-vega",), ("--show-vega", "a", "b"), ("--show-vega", "--json", "table.csv")):
        drawn.both("plots", "show", *argv, code=1)
    drawn.both("plots", "show", "table.csv", "--json", "-t", "nowhere", code=255)


def test_templates(twins: TwinRepos) -> None:
    names = twins.both("plots", "templates", text=True).split()
    for name in names:
        theirs, ours = (json.loads(result.out) for result in twins.apart("plots", "templates", name))
        assert sorted(set(ANCHOR.findall(str(ours)))) == sorted(set(ANCHOR.findall(str(theirs)))), name
        assert ours["$schema"] == theirs["$schema"]
    twins.both("plots", "templates", "nowhere", code=1)


BROKEN = """\
plots:
- missing.csv
- bad.json
- bad.yaml
- latin.csv
- text.txt
- empty.csv
- empty.json
- short.csv
- table.csv: {y: nope}
- lengths: {x: {table.csv: a}, y: {table.csv: b, short.csv: b, long.csv: b}}
- too many: {x: {table.csv: a, short.csv: a}, y: {table.csv: b}}
"""


def test_what_cannot_be_read(twins: TwinRepos) -> None:
    twins.write("dvc.yaml", BROKEN)
    twins.write("bad.json", "{")
    twins.write("bad.yaml", "a: [")
    twins.write("latin.csv", b"a,b\n\xff,1\n")
    twins.write("text.txt", "text")
    twins.write("empty.csv", "")
    twins.write("empty.json", "[]")
    twins.write("short.csv", "a,b\n1\n2,3\n")
    twins.write("long.csv", "a,b\n1,2\n2,3\n3,4\n")
    twins.write("table.csv", TABLE.format(3))
    twins.commit("one")
    twins.both("plots", "show", "--json", mask=_masked)
    twins.write("dvc.yaml", "plots: [")
    twins.both("plots", "show", "--json", mask=_masked)
    twins.both("plots", "diff", "HEAD", "--json", "--split", mask=_masked)


def test_nothing_to_show(twins: TwinRepos) -> None:
    twins.both("plots", "show", "--json")
    twins.both("plots", "show")
    twins.both("plots", "diff", "--json")
    twins.both("plots", "show", "nowhere.csv", "--json", mask=_masked)


def test_data_that_only_the_cache_has(twins: TwinRepos) -> None:
    stage = (
        "stages:\n  s:\n    cmd: {}\n    outs:\n    - shown\n    plots:\n    - p.csv:\n        x: a\nplots:\n- shown\n"
    )
    twins.write("dvc.yaml", stage.format("mkdir -p shown/x && cp in.csv shown/x/ && cp in.csv p.csv"))
    twins.write("in.csv", "a,b\n1,2\n2,3\n")
    twins.both("repro")
    twins.commit("one")
    twins.remove("shown", "p.csv")
    twins.both("plots", "diff", "HEAD", "--json", mask=_masked)


STAGE = """\
# what is drawn
stages:
  s:
    cmd: echo x  # not much
    outs:
    - b.json:
        cache: false
    - o.json
    metrics:
    - m.json
    plots:
    - a.csv
    - st.csv:
        x: a
"""


def test_modify(twins: TwinRepos) -> None:
    twins.write("dvc.yaml", STAGE)
    every = ("-x", "q", "-y", "r", "--title", "T", "-t", "scatter", "--x-label", "XL", "--y-label", "YL", "--no-header")
    for argv in (("o.json", *every), ("m.json", "-x", "m"), ("st.csv", "--unset", "x"), ("b.json",)):
        twins.both("plots", "modify", *argv)
    twins.both("plots", "modify", "o.json", "--unset", "y", "title", "-y", "new")
    for argv in (("nope.csv", "-x", "a"), ("a.csv", "--unset", "y"), ("o.json", "-t", "nowhere")):
        twins.both("plots", "modify", *argv, code=255)


def test_a_folder_part_of_which_only_the_cache_has(twins: TwinRepos) -> None:
    twins.write("dvc.yaml", "plots:\n- run\n")
    twins.write("run/metrics/loss.tsv", "step\tloss\n0\t1\n")
    twins.write("run/images/0.png", DOT)
    twins.write("run/images/deep/1.png", DOT + b"1")
    twins.write("run/table.csv", "a\n1\n")
    twins.both("add", "run/images", "run/table.csv")
    twins.commit("one")
    twins.both("plots", "diff", "HEAD", "--json", mask=_without_gitignore)
    twins.remove("run/images", "run/table.csv")
    twins.both("plots", "diff", "HEAD", "--json", "-o", "out", mask=_without_gitignore)


def _without_gitignore(answer: Any) -> Any:
    """DVC takes it for a plot, which it cannot draw."""
    answer["data"].pop("run/.gitignore", None)
    answer["errors"] = [error for error in answer.get("errors", []) if error["name"] != "run/.gitignore"]
    return _masked(answer)


def test_what_live_wrote(twins: TwinRepos) -> None:
    def train(folder: Path) -> None:
        with Live(str(folder / "dvclive"), dvcyaml=str(folder / "dvc.yaml"), save_dvc_exp=False) as live:
            for step in range(3):
                live.log_metric("train/loss", 1 / (step + 1))
                live.next_step()
            live.log_sklearn_plot("confusion_matrix", [0, 1, 1], [0, 1, 0], name="cm")
            live.log_sklearn_plot("roc", [0, 1, 1, 0], [0.1, 0.6, 0.4, 0.3])
            live.log_plot("weights", [{"name": "a", "w": 1}], x="w", y="name", template="bar_horizontal")
            live.log_image("dot.png", dot)

    dot = str(twins.ours.home / "dot.png")
    Path(dot).write_bytes(DOT)
    twins.each(train)
    twins.commit("one")
    answer = twins.both("plots", "diff", "HEAD", "--json", "--split", mask=_masked)
    assert len(answer["data"]) == 5
