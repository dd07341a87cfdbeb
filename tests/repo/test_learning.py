"""`tiffin train`, `predict` and `evaluate` as a user runs them."""

import json

from inline_snapshot import snapshot

from tests.learning.examples import libsvm, teacher_rows


def test_from_files_to_predictions(sandbox):
    sandbox.write("train.svm", libsvm(teacher_rows(5_000, seed=1)))
    sandbox.write("valid.svm", libsvm(teacher_rows(500, seed=2)))
    said = sandbox.tiffin(
        "train", "lr", "--data", "train.svm", "--valid", "valid.svm", "--set", "bits=14", "--out", "model"
    ).out
    assert said.startswith("pass 1: loss 0.")
    assert "5,000 rows" in said
    assert "held out: loss 0." in said
    metrics = json.loads(sandbox.read("model/metrics.json"))
    assert metrics["rows"] == 5_000
    found = json.loads(sandbox.tiffin("evaluate", "model", "--data", "valid.svm", "--json").out)
    assert found == metrics["valid"]
    assert found["auc"] > 0.8
    lines = sandbox.tiffin("predict", "model", "--data", "valid.svm").out.splitlines()
    assert len(lines) == 500
    assert all(0 < float(line) < 1 for line in lines)
    sandbox.tiffin("predict", "model", "--data", "valid.svm", "--out", "scores.csv")
    assert sandbox.read("scores.csv") == "score\n" + "\n".join(lines) + "\n"
    sandbox.tiffin("train", "lr", "--from", "model", "--data", "valid.svm", "--out", "model")
    assert json.loads(sandbox.read("model/manifest.json"))["trained_rows"] == 5_500


def test_what_is_missing_is_said(sandbox):
    assert sandbox.tiffin("train", "lr", code=254).err == snapshot(
        """\
ERROR: no data was named
hint: tiffin train lr --data FILE... --out DIR
"""
    )
    assert sandbox.tiffin("train", "lr", "--data", "a.svm", code=254).err == snapshot(
        """\
ERROR: no directory for the model was named
hint: add --out DIR
"""
    )
    said = sandbox.tiffin("train", "lr", "--data", "a.svm", "--out", "m", code=255).err
    assert said.replace(f"{sandbox.root}/", "") == snapshot(
        """\
ERROR: data file 'a.svm' does not exist
"""
    )
    said = sandbox.tiffin("predict", "m", "--data", "a.svm", code=1).err
    assert said.replace(f"{sandbox.root}/", "") == snapshot(
        """\
ERROR: there is no model in 'm'
hint: `tiffin train` makes one
"""
    )
