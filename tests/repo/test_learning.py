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
    sandbox.tiffin("train", "lr", "--from", "model", "--data", "valid.svm", "--data", "train.svm", "--out", "model")
    assert json.loads(sandbox.read("model/manifest.json"))["trained_rows"] == 10_500


def test_lines_that_are_skipped_are_named(sandbox):
    sandbox.write("train.svm", "1 1:1\nbad\n0 2:1\n1 x\n")
    told = sandbox.tiffin("train", "lr", "--data", "train.svm", "--max-bad", "2", "--out", "model")
    assert "2 rows, 2 bad rows skipped" in told.out
    named = ["train.svm:2: expected a number as label", "train.svm:4: expected a whole number as feature"]
    for command in ("predict", "evaluate"):
        said = sandbox.tiffin(command, "model", "--data", "train.svm", "--max-bad", "2").err
        for errors in (told.err, said):
            assert all(name in errors for name in named)


def test_passes_end_when_held_out_examples_are_predicted_no_better(sandbox):
    sandbox.write("train.svm", libsvm(teacher_rows(60, seed=1)))
    sandbox.write("valid.svm", libsvm(teacher_rows(500, seed=2)))
    arguments = [
        "--data",
        "train.svm",
        "--valid",
        "valid.svm",
        "--set",
        "bits=12",
        "--set",
        "alpha=1",
        "--out",
        "model",
    ]
    said = sandbox.tiffin("train", "fm", *arguments, "--passes", "200").out
    metrics = json.loads(sandbox.read("model/metrics.json"))
    best = metrics["passes"]
    assert best < 200
    assert f"no better than after pass {best}, whose model is kept\n" in said
    found = json.loads(sandbox.tiffin("evaluate", "model", "--data", "valid.svm", "--json").out)
    assert found["loss"] == metrics["valid"]["loss"]


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
    sandbox.write("taken/file", "1")
    said = sandbox.tiffin("train", "lr", "--data", "a.svm", "--out", "taken", code=1).err
    assert said.replace(f"{sandbox.root}/", "") == snapshot(
        """\
ERROR: 'taken' is there, and no model
hint: name another directory, or remove it
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
