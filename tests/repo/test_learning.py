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


def test_predictions_are_written_as_the_name_of_their_file_says(sandbox):
    import polars as pl

    sandbox.write("a.svm", libsvm(teacher_rows(500, seed=1)))
    sandbox.tiffin("train", "lr", "--data", "a.svm", "--set", "bits=12", "--out", "model")
    shown = sandbox.tiffin("predict", "model", "--data", "a.svm", "--out", "-").out
    said = sandbox.tiffin("predict", "model", "--data", "a.svm", "--out", "new/scores.parquet").out
    assert said == "500 predictions in 'new/scores.parquet'\n"
    found = pl.read_parquet(sandbox.root / "new/scores.parquet")["score"]
    assert "".join(f"{value:.7g}\n" for value in found) == shown
    said = sandbox.tiffin("predict", "model", "--data", "a.svm", "--out", "a.txt", code=254).err
    assert said.replace(f"{sandbox.root}/", "") == snapshot(
        """\
ERROR: predictions are written to files that end with .csv or .parquet, found 'a.txt'
hint: leave --out out to see them here
"""
    )


def test_evaluation_by_column(sandbox):
    rows = [
        f"{1 if (i * 7) % 10 < (3 if i % 4 else 6) else -1} |site {'a' if i % 4 else 'b'} |x {i}\n" for i in range(400)
    ]
    sandbox.write("a.vw", "".join(rows) + "1 |x 7\n")
    how = ["--set", "bits=16", "--set", "optimizer=sgd", "--set", "alpha=0.01"]
    sandbox.tiffin("train", "lr", "--data", "a.vw", *how, "--deterministic", "--out", "model")
    said = sandbox.tiffin("evaluate", "model", "--data", "a.vw", "--by", "site", "--most", "2").out
    assert said == snapshot("""\
loss 0.619794, AUC 0.91162, PR-AUC 0.87180, calibration error 0.44470, base rate 0.35162, 401 rows

site      rows    base rate    loss     AUC      PR-AUC    calibration error
a         300     0.26667      0.59012  1.00000  1.00000   0.42400
b         100     0.60000      0.70666  1.00000  1.00000   0.50559
(others)  1       1.00000      0.83456  -        1.00000   0.56593
""")
    found = json.loads(sandbox.tiffin("evaluate", "model", "--data", "a.vw", "--by", "site", "--json").out)
    assert [(one["value"], one["rows"]) for one in found["by"]["slices"]] == [("a", 300), ("b", 100), (None, 1)]
    assert found["by"]["others"] is None
    assert found["rows"] == 401
    assert set(found["by"]["slices"][0]) == snapshot(
        {
            "auc",
            "base_rate",
            "calibration_error",
            "log_loss",
            "loss",
            "mean_prediction",
            "missed_rows",
            "pr_auc",
            "rows",
            "value",
        }
    )
    assert sandbox.tiffin("evaluate", "model", "--data", "a.vw", "--most", "2", code=254).err == snapshot("""\
ERROR: --most counts the values of a column, and none was named
hint: add --by COLUMN
""")
    assert sandbox.tiffin("evaluate", "model", "--data", "a.vw", "--by", "a b", code=251).err == snapshot(
        "ERROR: vw files have no 'a b': the name of a namespace has no blank, ':' or '|'\n"
    )


def test_patience_goes_on_through_passes_that_are_no_better(sandbox):
    sandbox.write("train.svm", libsvm(teacher_rows(60, seed=1)))
    sandbox.write("valid.svm", libsvm(teacher_rows(500, seed=2)))
    how = ["--valid", "valid.svm", "--set", "bits=12", "--set", "alpha=1", "--passes", "200", "--deterministic"]
    passes = {}
    for patience in (1, 5):
        said = sandbox.tiffin(
            "train", "fm", "--data", "train.svm", *how, "--patience", str(patience), "--out", "model"
        ).out
        best = json.loads(sandbox.read("model/metrics.json"))["passes"]
        passes[patience] = said.count("held out")
        assert passes[patience] == best + patience
        found = json.loads(sandbox.tiffin("evaluate", "model", "--data", "valid.svm", "--json").out)
        assert found["loss"] == json.loads(sandbox.read("model/metrics.json"))["valid"]["loss"]
    assert passes[5] > passes[1]


def test_parts_of_the_negatives(sandbox):
    sandbox.write("a.svm", libsvm(teacher_rows(2_000, seed=1)))
    how = ["train", "lr", "--data", "a.svm", "--set", "bits=12", "--out", "model"]
    sandbox.tiffin(*how, "--negatives", "0.25")
    assert 500 < json.loads(sandbox.read("model/metrics.json"))["rows"] < 2_000
    assert sandbox.tiffin(*how, "--negatives", "few", code=254).err == snapshot(
        "ERROR: --negatives: expected a number up to 1, found 'few'\n"
    )
    assert sandbox.tiffin(*how, "--patience", "0", code=254).err == snapshot(
        "ERROR: --patience: expected a number from 1 on, found 0\n"
    )


def test_trees_end_where_held_out_examples_are_predicted_no_better(sandbox):
    sandbox.write("train.svm", libsvm(teacher_rows(600, seed=1)))
    sandbox.write("valid.svm", libsvm(teacher_rows(500, seed=2)))
    arguments = ["--data", "train.svm", "--valid", "valid.svm", "--deterministic", "--threads", "1", "--out", "model"]
    said = sandbox.tiffin("train", "trees", *arguments, "--set", "rounds=300", "--set", "patience=3").out
    assert said.startswith("pass 1: loss 0.")
    manifest = json.loads(sandbox.read("model/manifest.json"))
    assert 1 <= manifest["parts"]["trees"] < 500
    found = json.loads(sandbox.tiffin("evaluate", "model", "--data", "valid.svm", "--json", "--threads", "1").out)
    assert found == json.loads(sandbox.read("model/metrics.json"))["valid"]
    sandbox.tiffin("train", "trees", "--from", "model", "--data", "valid.svm", "--out", "more", "--threads", "1")
    assert json.loads(sandbox.read("more/manifest.json"))["parts"]["trees"] > manifest["parts"]["trees"]


def test_of_several_models_the_best_is_kept(sandbox):
    sandbox.write("train.svm", libsvm(teacher_rows(3_000, seed=1)))
    sandbox.write("valid.svm", libsvm(teacher_rows(500, seed=2)))
    arguments = ["--data", "train.svm", "--valid", "valid.svm", "--out", "model", "--set", "bits=12", "-j", "1"]
    told = sandbox.tiffin("train", "trees,lr,ffm", *arguments, "--set", "rounds=2", "--set", "min_rows=400")
    header, first, second, kept = told.out.splitlines()
    assert header.split() == ["model", "held-out", "loss", "AUC", "accuracy", "rows/s", "time", "size"]
    assert (first.split()[0], second.split()[0]) == ("lr", "trees")
    assert kept == "the best is kept: lr"
    assert "ffm: an ffm model needs to know how many fields there are" in told.err
    metrics = json.loads(sandbox.read("model/metrics.json"))
    assert [tried["model"] for tried in metrics["tried"]] == ["lr", "trees", "ffm"]
    found = json.loads(sandbox.tiffin("evaluate", "model", "--data", "valid.svm", "--json").out)
    assert found == metrics["tried"][0]["valid"]


def test_classes_are_predicted_side_by_side(sandbox):
    sandbox.write("train.svm", "".join(f"{n % 3} {n % 3}:1\n" for n in range(300)))
    sandbox.write("valid.svm", "0 0:1\n1 1:1\n2 2:1\n")
    chosen = ["--set", "loss=softmax", "--set", "classes=3", "--set", "bits=8"]
    said = sandbox.tiffin("train", "lr", "--data", "train.svm", *chosen, "--valid", "valid.svm", "--out", "model").out
    assert ", accuracy 1.00000, 3 rows" in said
    sandbox.tiffin("predict", "model", "--data", "valid.svm", "--out", "scores.csv")
    header, *lines = sandbox.read("scores.csv").splitlines()
    assert header == "score_0,score_1,score_2"
    for label, line in enumerate(lines):
        chances = [float(chance) for chance in line.split(",")]
        assert max(chances) == chances[label] > 0.5


def test_an_exported_model_predicts(sandbox):
    sandbox.write("train.svm", libsvm(teacher_rows(3_000, seed=1)))
    sandbox.tiffin("train", "fm", "--data", "train.svm", "--out", "model", "--set", "bits=12")
    said = sandbox.tiffin("export", "model", "--dtype", "int8", "--out", "small").out
    assert said.startswith("'small' has ")
    found = [
        json.loads(sandbox.tiffin("evaluate", name, "--data", "train.svm", "--json").out) for name in ("model", "small")
    ]
    assert abs(found[0]["auc"] - found[1]["auc"]) < 0.001
    assert sandbox.tiffin("export", "model", code=254).err == snapshot(
        """\
ERROR: no directory for the model was named
hint: add --out DIR
"""
    )
