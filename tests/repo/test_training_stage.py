"""`tiffin train` as a stage: its metrics and plots are those of the repository."""

import json
import sys

from tests.learning.examples import libsvm, teacher_rows
from tests.repo.conftest import Sandbox


def test_passes_are_metrics_and_plots_of_the_repository(sandbox: Sandbox) -> None:
    sandbox.write("data/train.svm", libsvm(teacher_rows(3_000, seed=1)))
    sandbox.write("data/valid.svm", libsvm(teacher_rows(1_000, seed=2)))
    sandbox.write("params.yaml", "train: {alpha: 0.1}\n")
    command = (
        "train lr --data data/train.svm --valid data/valid.svm --passes 3 --set bits=12 --set alpha=${train.alpha}"
    )
    sandbox.write(
        "dvc.yaml",
        f"""\
stages:
  train:
    cmd: {sys.executable} -m tiffin {command} --out model --live live --checkpoint points --resume
    deps: [data/train.svm, data/valid.svm]
    outs: [model]
    metrics: [live/metrics.json: {{cache: false}}]
plots:
  - live/plots/metrics: {{x: step}}
""",
    )
    before = sandbox.read("dvc.yaml")
    sandbox.tiffin("repro")
    assert sandbox.read("dvc.yaml") == before
    assert not sandbox.exists("points")
    shown = json.loads(sandbox.tiffin("metrics", "show", "--json").out)
    (metrics,) = [found["data"] for found in shown[""]["data"].values()]
    assert set(metrics) == {"train", "valid", "step"}
    assert 0.3 < metrics["valid"]["loss"] < 0.69
    assert 0.5 < metrics["valid"]["auc"] < 1
    assert metrics["train"]["rows_per_s"] > 0
    losses = sandbox.read("live/plots/metrics/train/loss.tsv").splitlines()
    assert losses[0] == "step\tloss"
    assert [line.split("\t")[0] for line in losses[1:]] == [str(step) for step in range(metrics["step"] + 1)]
    plots = sandbox.tiffin("plots", "show", "--json").out
    assert "live/plots/metrics/valid/auc.tsv" in plots
    assert sandbox.tiffin("status").out.strip() == "Data and pipelines are up to date."
    sandbox.write("params.yaml", "train: {alpha: 0.5}\n")
    sandbox.tiffin("repro")
    assert len(sandbox.read("live/plots/metrics/train/loss.tsv").splitlines()) >= 2
