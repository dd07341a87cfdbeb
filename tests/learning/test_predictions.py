"""Predictions are written as they come, as a whole or not at all."""

import resource
import signal
import sys
from array import array
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tiffin.errors import FormatError, MissingDependency, TransferError, UsageError
from tiffin.models import make_model
from tiffin.train import csv_lines, predictions_to, train

Write = Callable[[str, str], str]


def lines(count: int) -> str:
    return "".join(
        f"{n % 3 % 2} {n % 41}:1 {n % 997}:0.5 {n % 7919}:1 12345678:0.25 98765432:1\n" for n in range(count)
    )


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_parts_come_in_the_order_of_the_rows(write: Write, threads: int) -> None:
    path = write("rows.svm", lines(40_000))
    trained = train(make_model("lr", {"bits": 12}), [path])
    parts: list[array] = []
    trained.predict_each([path, path], parts.append, threads=threads)
    assert len(parts) >= 4
    both = [value for part in parts for value in part]
    assert both == list(trained.predict([path])) * 2


def test_what_the_taker_raises_ends_the_pass(write: Write) -> None:
    path = write("rows.svm", lines(40_000))
    trained = train(make_model("lr", {"bits": 12}), [path])
    seen: list[int] = []

    def take(part: array) -> None:
        seen.append(len(part))
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        trained.predict_each([path] * 20, take, threads=3)
    assert len(seen) == 1


def test_files_hold_what_was_taken(tmp_path: Path) -> None:
    parts = [array("f", [0.25, 1e-9]), array("f"), array("f", np.linspace(0, 1, 100_000))]
    for name in ("a.csv", "new/a.parquet"):
        with predictions_to(str(tmp_path / name)) as take:
            for part in parts:
                take(part)
    frame = pl.read_parquet(tmp_path / "new/a.parquet")
    assert frame.schema == {"score": pl.Float32}
    wanted = np.concatenate(parts)
    assert np.array_equal(frame["score"].to_numpy(), wanted)
    text = (tmp_path / "a.csv").read_text()
    assert text == "score\n" + "".join(map(csv_lines, parts))
    assert np.allclose(pl.read_csv(tmp_path / "a.csv")["score"].to_numpy(), wanted, rtol=1e-6)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_pass_that_fails_leaves_what_was_there(write: Write, tmp_path: Path, name: str) -> None:
    path = write("rows.svm", lines(3_000))
    trained = train(make_model("lr", {"bits": 12}), [path])
    bad = write("bad.svm", lines(40_000) + "x\n")
    (tmp_path / name).write_text("old")
    with pytest.raises(FormatError), predictions_to(str(tmp_path / name)) as take:
        trained.predict_each([bad], take)
    assert (tmp_path / name).read_text() == "old"
    assert not list(tmp_path.glob("*.tmp"))


def test_names_and_places_that_will_not_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        pytest.raises(UsageError, match=r"files that end with \.csv or \.parquet, found 'a\.txt'"),
        predictions_to("a.txt"),
    ):
        pass
    (tmp_path / "file").write_text("")
    with pytest.raises(TransferError, match="cannot write"), predictions_to(str(tmp_path / "file/a.csv")):
        pass
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(MissingDependency, match="need the library polars") as caught, predictions_to("a.parquet"):
        pass
    assert caught.value.hint == "pip install 'tiffin[train]'"


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_full_disk_is_said(tmp_path: Path, name: str) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, limits[1]))
    try:
        with pytest.raises(TransferError, match="cannot write"):
            write_many(str(tmp_path / name))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert not list(tmp_path.iterdir())


def write_many(path: str) -> None:
    with predictions_to(path) as take:
        for seed in range(200):
            take(array("f", np.random.default_rng(seed).random(10_000)))
