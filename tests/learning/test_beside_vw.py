"""What is learned is no worse than what Vowpal Wabbit learns from the same file."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from benchmarks import _wide as wide
from benchmarks._criteo import Data, log_losses
from benchmarks.learners import Place, VowpalWabbit
from tiffin.models import make_model
from tiffin.train import Options, train

ROWS = 30_000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return wide.make(tmp_path_factory.mktemp("vw"), ROWS, ROWS // 8, seed=2)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"optimizer": "adagrad", "alpha": 0.3}, ()),
        ({"optimizer": "ftrl", "alpha": 0.3}, ("--ftrl", "--ftrl_alpha", "0.3", "--ftrl_beta", "1")),
    ],
    ids=["adaptive", "ftrl"],
)
def test_later_examples_are_predicted_as_well_as_by_vw(
    data: Data, tmp_path: Path, ours: dict, theirs: tuple[str, ...]
) -> None:
    vw, place = VowpalWabbit("-b", "20", *theirs), Place(tmp_path / "vw.model", tmp_path / "predictions")
    for command in (vw.train(data.train["vw"], place), vw.predict(data.held["vw"], place)):
        subprocess.run(list(map(str, command)), check=True, capture_output=True)
    model = train(make_model("lr", {**ours, "bits": 20}), [str(data.train["vw"])], Options(deterministic=True))
    chances = np.array(model.predict([str(data.held["vw"])]), dtype=float)
    assert log_losses(chances, data.labels).mean() < log_losses(vw.chances(place), data.labels).mean() * 1.005
