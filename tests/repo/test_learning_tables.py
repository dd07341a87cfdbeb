"""Tables and written models at the command line, and in a pipeline with parameters."""

import json
import random
import sys

import polars as pl
import pytest


def _clicks(count: int, seed: int = 1) -> str:
    draw = random.Random(seed)
    rows = ["day,site,age,click"]
    for at in range(count):
        site, age = draw.choice("abcd"), draw.randint(10, 70)
        rows.append(
            f"2024-01-{1 + at * 20 // count:02},{site},{age},{int(draw.random() < (0.8 if site == 'a' else 0.2))}"
        )
    return "\n".join(rows) + "\n"


SPEC = """\
label: click
time: day
features:
  - cat('site')
  - num('age').bucket([18, 40])
score: linear(ftrl(alpha=${train.alpha}))
table: fixed(12)
"""


def test_from_a_table_to_predictions(sandbox):
    sandbox.write("clicks.csv", _clicks(4_000))
    said = sandbox.tiffin(
        "train",
        "lr",
        "--data",
        "clicks.csv",
        "--label",
        "click",
        "--time",
        "day",
        "--holdout",
        "0.25",
        "--out",
        "model",
    ).out
    metrics = json.loads(sandbox.read("model/metrics.json"))
    assert (metrics["train"]["rows"], metrics["valid"]["rows"]) == (3_000, 1_000)
    assert metrics["valid"]["auc"] > 0.7
    assert "held out: loss 0." in said
    same = sandbox.tiffin(
        "train",
        "lr",
        "--data",
        "clicks.csv",
        "--label",
        "click",
        "--time",
        "day",
        "--valid-from",
        "2024-01-16",
        "--out",
        "m",
    ).out
    assert "1,000 rows" in same.splitlines()[-1]
    pl.read_csv(sandbox.root / "clicks.csv").drop("click").head(50).write_parquet(sandbox.root / "later.parquet")
    lines = sandbox.tiffin("predict", "model", "--data", "later.parquet").out.splitlines()
    assert len(lines) == 50
    found = json.loads(sandbox.tiffin("evaluate", "model", "--data", "clicks.csv", "--json").out)
    assert found["rows"] == 4_000
    sandbox.tiffin("train", "lr", "--from", "model", "--data", "clicks.csv", "--out", "model")
    assert json.loads(sandbox.read("model/manifest.json"))["trained_rows"] == 7_000


def test_the_plan_is_told_and_nothing_learned(sandbox):
    sandbox.write("clicks.csv", _clicks(50))
    sandbox.write("clicks.yaml", SPEC)
    sandbox.write("params.yaml", "train: {alpha: 0.1}\n")
    said = sandbox.tiffin("train", "clicks.yaml", "--data", "clicks.csv", "--explain-plan", "--threads", "2").out
    lines = [" ".join(line.split()) for line in said.replace(f"{sandbox.root}/", "").splitlines()]
    assert lines == [
        "read clicks.csv: 4 of 4 columns thread 'read', Polars",
        "encode 2 features of 2 columns 2 threads, native",
        "learn linear, logistic loss, table of 2^12 rows 2 threads, native",
    ]
    sandbox.write("a.svm", "1 1:1\n")
    said = sandbox.tiffin("train", "fm", "--data", "a.svm", "--explain-plan").out
    assert [line.split()[0] for line in said.splitlines()] == ["read", "parse", "learn"]


def test_rows_out_of_order_are_warned_of(sandbox):
    first, *rows = _clicks(40).splitlines()
    sandbox.write("clicks.csv", "\n".join([first, *reversed(rows)]))
    told = sandbox.tiffin("train", "lr", "--data", "clicks.csv", "--label", "click", "--time", "day", "--out", "m").err
    assert "clicks.csv, row 3 is earlier than the one before it" in told


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        (["--holdout", "0.2"], 254, "--holdout needs to know which column is the time"),
        (["--holdout", "2", "--time", "day"], 254, "a part that is held out is between 0 and 1, found 2"),
        (["--holdout", "x", "--time", "day"], 254, "--holdout: expected a number between 0 and 1, found 'x'"),
        (["--holdout", "0.1", "--valid-from", "2024", "--time", "day"], 254, "--valid-from and --holdout both say what is held out"),
        (["--holdout", "0.5", "--time", "dya"], 255, "there is no column 'dya'"),
        (["--valid-from", "x", "--time", "age"], 254, "'age' has numbers, and 'x' is none"),
        (["--holdout", "0.5", "--time", "same"], 255, "no row comes before the last 50% by 'same'"),
        (["--format", "vw", "--holdout", "0.5", "--time", "day"], 254, "'vw' has no columns"),
    ],
)  # fmt: skip
def test_what_cannot_be_held_out_is_said(sandbox, words, code, what):
    sandbox.write(
        "clicks.csv",
        _clicks(40)
        .replace(",click", ",click,same", 1)
        .replace("\n2024", ",1\n2024")
        .replace("click,same,1", "click,same"),
    )
    told = sandbox.tiffin(
        "train", "lr", "--data", "clicks.csv", "--label", "click", *words, "--out", "m", code=code
    ).err
    assert what in told


def test_numbers_of_a_written_model_are_parameters_of_a_pipeline(sandbox):
    sandbox.write("clicks.csv", _clicks(2_000))
    sandbox.write("clicks.yaml", SPEC)
    sandbox.write("params.yaml", "train:\n  alpha: 0.01\n")
    sandbox.write(
        "dvc.yaml",
        "stages:\n"
        "  train:\n"
        f"    cmd: {sys.executable} -m tiffin train clicks.yaml --data clicks.csv --deterministic --out model\n"
        "    deps: [clicks.csv, clicks.yaml]\n"
        "    params: [train.alpha]\n"
        "    outs: [model]\n",
    )
    sandbox.tiffin("add", "clicks.csv")
    sandbox.tiffin("repro")
    sandbox.git("add", ".")
    sandbox.git("commit", "-qm", "first")
    before = json.loads(sandbox.read("model/metrics.json"))["train"]["loss"]
    sandbox.tiffin("exp", "run", "-S", "train.alpha=0.5")
    assert json.loads(sandbox.read("model/manifest.json"))["model"]["alpha"] == 0.5
    assert json.loads(sandbox.read("model/metrics.json"))["train"]["loss"] != before
    assert "train.alpha" in sandbox.tiffin("params", "diff").out
