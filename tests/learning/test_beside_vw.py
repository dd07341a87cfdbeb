"""What is learned is no worse than what Vowpal Wabbit learns from the same file."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.training import CASES, Case, make_data
from tiffin.models import make_model
from tiffin.train import train

ROWS = 30_000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, np.ndarray]:
    train_file, held, labels, _ = make_data(tmp_path_factory.mktemp("vw"), ROWS, seed=2)
    return train_file, held, labels


def loss_of(chance: np.ndarray, labels: np.ndarray) -> float:
    return float(-np.mean(np.where(labels, np.log(chance), np.log(1 - chance))))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_later_examples_are_predicted_as_well_as_by_vw(
    data: tuple[Path, Path, np.ndarray], tmp_path: Path, case: Case
) -> None:
    train_file, held, labels = data
    vw = [sys.executable, "-m", "vowpalwabbit", "--quiet"]
    learn = ["-d", train_file, "-b", "20", "--loss_function", "logistic", *case.theirs, "-f", tmp_path / "vw.model"]
    ask = ["-t", "-i", tmp_path / "vw.model", "-d", held, "--link", "logistic", "-p", tmp_path / "predictions"]
    for words in (learn, ask):
        subprocess.run([*vw, *map(str, words)], check=True, capture_output=True)
    theirs = loss_of(np.loadtxt(tmp_path / "predictions"), labels)
    chosen = dict(word.split("=") for word in case.ours if word != "--set")
    model = train(make_model("lr", {**chosen, "bits": 20}), [str(train_file)])
    ours = loss_of(np.array(model.predict([str(held)])), labels)
    assert ours < theirs * 1.005
