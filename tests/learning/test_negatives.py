"""Negatives that are left out are made up for by those that stay."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tiffin.errors import ConfigError
from tiffin.models import make_model
from tiffin.train import Options, Trained, train

Write = Callable[[str, str], str]
ROWS = 120_000


@pytest.fixture(scope="module")
def rare(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, float]:
    """Files to learn from and to predict, and the part of the former that is positive, which is small."""
    random = np.random.default_rng(5)
    weights = random.normal(0, 1, 40)
    folder = tmp_path_factory.mktemp("rare")
    shares = []
    for name, count in (("train", ROWS), ("held", 60_000)):
        features = random.integers(0, 40, (count, 3))
        labels = random.random(count) < 1 / (1 + np.exp(4.2 - weights[features].sum(axis=1)))
        lines = (f"{int(label)} {a} {b} {c}\n" for label, (a, b, c) in zip(labels, features.tolist(), strict=True))
        (folder / f"{name}.svm").write_text("".join(lines))
        shares.append(float(labels.mean()))
    return str(folder / "train.svm"), str(folder / "held.svm"), shares[0]


def learned(path: str, **how: object) -> Trained:
    return train(make_model("lr", {"bits": 10, "optimizer": "adagrad"}), [path], Options(deterministic=True, **how))  # type: ignore[arg-type]


def test_predictions_stay_calibrated(rare: tuple[str, str, float]) -> None:
    path, held, share = rare
    whole = learned(path).evaluate([held])
    part = learned(path, negatives=0.1)
    found = part.evaluate([held])
    assert part.trained_rows == pytest.approx(ROWS * (share + (1 - share) * 0.1), rel=0.02)
    assert part.passes[0].learned.base_rate == pytest.approx(share, rel=0.03)
    assert found.mean_prediction == pytest.approx(whole.mean_prediction, rel=0.05)
    assert found.calibration_error is not None
    assert found.calibration_error < 0.007  # without weights, predictions would be ten times as large
    assert found.loss < whole.loss * 1.03


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_same_rows_are_left_out_for_any_number_of_threads(rare: tuple[str, str, float], threads: int) -> None:
    path, held, _ = rare
    one, other = (learned(path, negatives=0.3, threads=count) for count in (3, threads))
    assert one.predict([held]) == other.predict([held])


def test_further_passes_learn_from_the_same_rows(rare: tuple[str, str, float]) -> None:
    path, _, _ = rare
    both = learned(path, negatives=0.2, passes=2)  # the second one from parsed examples
    assert both.passes[1].from_cache
    assert both.passes[0].learned.rows == both.passes[1].learned.rows
    assert both.passes[0].features == both.passes[1].features


def test_which_rows_are_left_out_depends_on_the_seed(write: Write, tmp_path: Path) -> None:
    path = write("a.svm", "".join(f"{int(i % 7 == 0)} {i}\n" for i in range(3_000)))
    found = []
    for seed in (1, 2):
        model = make_model("lr", {"bits": 16, "seed": seed})
        trained = train(model, [path], Options(deterministic=True, negatives=0.5))
        trained.save(str(tmp_path / str(seed)))
        found.append(set(np.load(tmp_path / str(seed) / "rows.npy").tolist()))
    assert 0.4 < len(found[0] & found[1]) / len(found[0] | found[1]) < 0.7


@pytest.mark.parametrize(
    ("part", "loss", "what"),
    [
        (0.0, "logistic", "the part of negatives goes from 0.0001 to 1, found 0"),
        (1.5, "logistic", "the part of negatives goes from 0.0001 to 1, found 1.5"),
        (float("nan"), "logistic", "the part of negatives goes from 0.0001 to 1, found nan"),
        (0.5, "squared", "the squared loss knows no negatives"),
    ],
)
def test_parts_that_make_no_sense_are_refused(write: Write, part: float, loss: str, what: str) -> None:
    path = write("a.svm", "1 1\n0 2\n")
    with pytest.raises(ConfigError, match=what):
        train(make_model("lr", {"loss": loss}), [path], Options(negatives=part))
