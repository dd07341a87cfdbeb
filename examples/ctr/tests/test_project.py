"""What must hold for the numbers to mean something."""

import math

import pytest

from src.data.make_dataset import FIELDS, shows
from src.features.build_features import parts, places
from src.models.logistic import learn, predict
from src.models.measures import auc, calibration, logloss
from src.models.predict_model import scores

SHOW = dict(zip(FIELDS, ("0", "9", "u1", "s2", "a3", "phone", "1", "1"), strict=True))


def test_the_same_seed_gives_the_same_log():
    assert list(shows(2, 20, seed=1)) == list(shows(2, 20, seed=1)) != list(shows(2, 20, seed=2))


def test_a_later_day_is_never_trained_on():
    days = parts(8)
    assert max(days["train"]) < min(days["valid"]) <= max(days["valid"]) < min(days["test"])
    assert sorted(day for part in days.values() for day in part) == list(range(8))


def test_a_feature_knows_nothing_of_the_click():
    assert places(SHOW, bits=14, crosses=True) == places({**SHOW, "clicked": "0", "day": "5"}, bits=14, crosses=True)


def test_places_stay_below_their_number():
    found = places(SHOW, bits=6, crosses=True)
    assert 0 in found
    assert max(found) < 64
    assert set(places(SHOW, bits=20, crosses=False)) < set(places(SHOW, bits=20, crosses=True))


def test_what_is_clicked_more_often_is_forecast_higher():
    weights, sums = {}, {}
    log = [(1, [0, 1]), (0, [0, 2])] * 50
    learn(weights, sums, log, alpha=0.5, l2=0.0)
    assert predict(weights, [0, 1]) > 0.9
    assert predict(weights, [0, 2]) < 0.1
    assert predict({}, [0, 1]) == 0.5
    assert 0.0 < predict({0: -1e9}, [0]) < 1e-10


def test_measures_of_perfect_and_of_useless_forecasts():
    assert auc([0, 0, 1], [0.1, 0.2, 0.3]) == 1.0
    assert auc([0, 1, 0, 1], [0.5] * 4) == 0.5
    assert auc([1, 1], [0.1, 0.2]) == 0.5
    assert logloss([0, 1], [0.5, 0.5]) == pytest.approx(math.log(2))
    assert calibration([0, 1, 1, 1], [0.1, 0.4, 0.6, 0.9], groups=2) == [(0.25, 0.5), (0.75, 1.0)]


def test_a_model_is_held_against_the_base_rate():
    assert (
        scores([0, 0, 0, 1], [0.25] * 4)["logloss"]
        == scores([0, 0, 0, 1], [0.1, 0.1, 0.1, 0.9])["logloss_of_base_rate"]
    )
