"""What must hold for the numbers to mean something: a feature knows what was known at the forecast, and no more."""

import numpy as np
import pandas as pd
import pytest

from src.data.features import CATEGORIES, FEATURES, KNOWN_LATER, WEATHER, describe, split_by_time
from src.models.predict_model import test_scores as scores_of
from src.params import read_params

OPTIONS = {"target": "late", "late_minutes": 30, "lead_minutes": 60, "recent_hours": 3}


def _flights():
    """A flight an hour for three days, each a little later than the one before."""
    hours = pd.date_range("2013-03-01T10:00Z", periods=72, freq="h")
    return pd.DataFrame(
        {
            "year": 2013,
            "month": 3,
            "day": hours.day,
            "time_hour": hours.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "minute": 0,
            "sched_dep_time": hours.hour * 100,
            "sched_arr_time": hours.hour * 100 + 30,
            "origin": "EWR",
            "dest": "ORD",
            "carrier": "UA",
            "flight": range(72),
            "tailnum": "N1",
            "distance": 700,
            "dep_delay": np.arange(72.0),
            "arr_delay": np.arange(72.0),
        }
    )


def _weather():
    hours = pd.date_range("2013-03-01T00:00Z", periods=100, freq="h").strftime("%Y-%m-%dT%H:%M:%SZ")
    return pd.DataFrame({"origin": "EWR", "time_hour": hours, **{name: np.arange(100.0) for name in WEATHER}})


def _planes():
    return pd.DataFrame({"tailnum": ["N1"], "year": [1999], "seats": [55]})


@pytest.fixture
def described():
    return describe(_flights(), _weather(), _planes(), **OPTIONS)


def test_columns_known_only_later_are_no_features(described):
    assert not set(KNOWN_LATER) & set(FEATURES)
    assert list(described.columns) == ["scheduled", "date", *FEATURES, "late"]


def test_what_happens_later_changes_no_earlier_feature(described):
    flights = _flights()
    flights.loc[40:, ["dep_delay", "arr_delay"]] = 777.0
    changed = describe(flights, _weather(), _planes(), **OPTIONS)
    pd.testing.assert_frame_equal(changed[FEATURES].head(40), described[FEATURES].head(40))


def test_weather_is_that_of_the_last_hour_that_was_over(described):
    # Scheduled at 10, forecast at 9: the hour from 8 to 9 is the last one that is over.
    assert described["temp"].iloc[0] == 8


def test_a_flight_is_late_after_half_an_hour(described):
    assert described["late"].sum() == 41
    assert set(CATEGORIES) <= set(described.columns)


def test_parts_follow_each_other_in_time(described):
    parts = split_by_time(described, valid_from="2013-03-02", test_from="2013-03-03")
    assert parts["train"]["date"].max() < parts["valid"]["date"].min()
    assert parts["valid"]["date"].max() < parts["test"]["date"].min()
    with pytest.raises(ValueError, match="no flights are left for test"):
        split_by_time(described, valid_from="2013-03-02", test_from="2014-01-01")


def test_the_parameters_split_by_time_too():
    options = read_params()["make_dataset"]
    assert options["valid_from"] < options["test_from"]


def test_test_metrics_name_the_base_rate():
    assert scores_of(np.array([0, 0, 0, 1]), np.array([0.1, 0.2, 0.7, 0.9]))["base_rate"] == 0.25
