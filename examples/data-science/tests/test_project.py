"""What must hold for the numbers to mean something."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from src.data.make_dataset import readings
from src.data.tables import read_table, write_table
from src.features.build_features import describe, feature_names
from src.models.linear import fit, predict
from src.models.predict_model import scores
from src.visualization.visualize import bars, error_by_hour

NOON = datetime(2025, 1, 6, 12, tzinfo=UTC)


def test_the_same_seed_gives_the_same_readings():
    assert list(readings(2, seed=1)) == list(readings(2, seed=1)) != list(readings(2, seed=2))
    assert len(list(readings(2, seed=1))) == 48


def test_every_feature_has_a_name():
    names = feature_names(degree=3, harmonics=2)
    assert len(describe(NOON, 20.0, degree=3, harmonics=2)) == len(names) == len(set(names)) == 12


def test_a_day_later_at_the_same_temperature_is_the_same_to_the_model():
    tomorrow = NOON + timedelta(days=1)
    assert describe(NOON, 20.0, degree=1, harmonics=1) == describe(tomorrow, 20.0, degree=1, harmonics=1)


def test_a_law_without_noise_is_found():
    rows = [(float(a), float(b)) for a in range(4) for b in range(4)]
    weights = fit(rows, [3 + 2 * a - b for a, b in rows], ridge=0.0)
    assert weights == pytest.approx([3, 2, -1])
    assert predict(weights, (10.0, 1.0)) == pytest.approx(22)


def test_ridge_makes_weights_small():
    rows, targets = [(0.0,), (1.0,), (2.0,)], [0.0, 1.0, 2.0]
    assert abs(fit(rows, targets, ridge=100.0)[1]) < abs(fit(rows, targets, ridge=0.0)[1])


def test_scores_of_a_perfect_and_of_a_useless_model():
    assert scores([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]) == {"mae": 0.0, "r2": 1.0}
    assert scores([1.0, 2.0, 3.0], [2.0, 2.0, 2.0])["r2"] == 0.0


def test_a_table_is_read_as_it_was_written(tmp_path):
    write_table(tmp_path / "new" / "table.csv", ("a", "b"), [(1, math.pi), (2, 0.5)])
    assert read_table(tmp_path / "new" / "table.csv") == {"a": [1, 2], "b": [3.141593, 0.5]}


def test_errors_are_drawn_by_the_hour():
    errors = error_by_hour({"hour": [0, 0, 23], "used": [1, 2, 3], "predicted": [2, 4, 3]})
    assert errors[0] == 1.5
    assert bars(errors, "title").count("<rect") == 24
