"""What is known about a flight at the moment of the forecast.

Every table has two clocks: when a thing happened and when it could be known.  The forecast for a flight is made
`lead_minutes` before its scheduled departure; only rows known by then may describe it.
"""

__all__ = [
    "CATEGORIES",
    "FEATURES",
    "KNOWN_LATER",
    "NUMBERS",
    "add_weather",
    "describe",
    "recent_delay",
    "split_by_time",
]

import numpy as np
import pandas as pd
from numpy.typing import NDArray

WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
CATEGORIES = ["carrier", "origin", "dest"]
NUMBERS = [
    "weekday",
    "departure_minute",
    "arrival_minute",
    "distance",
    "plane_age",
    "seats",
    "recent_delay_origin",
    "recent_delay_carrier",
    *WEATHER,
]
FEATURES = CATEGORIES + NUMBERS

# These become known when the flight has left or landed.  They give the answer away, so they never leave this module.
KNOWN_LATER = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"]

# Weather older than this says nothing about the departure: better to call it missing.
WEATHER_KEEPS = pd.Timedelta(hours=3)


def describe(
    flights: pd.DataFrame,
    weather: pd.DataFrame,
    planes: pd.DataFrame,
    *,
    target: str,
    late_minutes: int,
    lead_minutes: int,
    recent_hours: int,
) -> pd.DataFrame:
    """One row per flight that arrived, in time order: scheduled (UTC), date (local), FEATURES and the 0/1 target.

    A flight that was cancelled or diverted has no arrival delay and so no target.  It is left out at the end only:
    until then it counts like any other, for a flight that left and was diverted later did show a departure delay.
    """
    table = flights.copy()
    table["scheduled"] = _utc(table["time_hour"]) + pd.to_timedelta(table["minute"], unit="min")
    table["forecast_at"] = table["scheduled"] - pd.Timedelta(minutes=lead_minutes)
    table = table.sort_values(["forecast_at", "origin", "carrier", "flight"], kind="stable", ignore_index=True)
    table["date"] = pd.to_datetime(table[["year", "month", "day"]]).dt.strftime("%Y-%m-%d")
    table["weekday"] = pd.to_datetime(table["date"]).dt.day_of_week
    table["departure_minute"] = _minute_of_day(table["sched_dep_time"])
    table["arrival_minute"] = _minute_of_day(table["sched_arr_time"])
    window = pd.Timedelta(hours=recent_hours)
    table["recent_delay_origin"] = recent_delay(table, ["origin"], window)
    table["recent_delay_carrier"] = recent_delay(table, ["origin", "carrier"], window)
    table = add_weather(table, weather)
    table = _add_planes(table, planes)
    table[target] = (table["arr_delay"] > late_minutes).astype("int8")
    arrived = table["arr_delay"].notna()
    return table.loc[arrived, ["scheduled", "date", *FEATURES, target]].reset_index(drop=True)


def add_weather(table: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    """Join the last weather of the origin that was known at `forecast_at`; `table` is in the order of that column.

    A weather row sums up the hour that starts at its time_hour, so it is known when that hour is over.
    """
    known = weather[["origin", *WEATHER]].assign(known_at=_utc(weather["time_hour"]) + pd.Timedelta(hours=1))
    return pd.merge_asof(
        table,
        known.sort_values("known_at", kind="stable"),
        left_on="forecast_at",
        right_on="known_at",
        by="origin",
        direction="backward",
        tolerance=WEATHER_KEEPS,
    ).drop(columns="known_at")


def recent_delay(table: pd.DataFrame, keys: list[str], window: pd.Timedelta) -> NDArray[np.float64]:
    """Mean departure delay (minutes) of the last departures of the same `keys`, as known at `forecast_at`.

    Shape (n,), in the order of `table`; NaN where no flight left within `window` before the forecast.  The departure
    delay of the flight itself is not known yet; those of the flights that have already left are.
    """
    left_at = table["scheduled"] + pd.to_timedelta(table["dep_delay"], unit="min")
    left_seconds = _seconds(left_at)
    forecast_seconds = _seconds(table["forecast_at"])
    delays = table["dep_delay"].to_numpy(dtype=np.float64)
    means = np.full(len(table), np.nan)
    for rows in table.groupby(keys).indices.values():
        gone = rows[~np.isnan(delays[rows])]
        gone = gone[np.argsort(left_seconds[gone], kind="stable")]
        times = left_seconds[gone]
        totals = np.concatenate([[0.0], np.cumsum(delays[gone])])
        end = np.searchsorted(times, forecast_seconds[rows], side="right")
        start = np.searchsorted(times, forecast_seconds[rows] - window.total_seconds(), side="right")
        count = end - start
        means[rows] = np.divide(totals[end] - totals[start], count, out=np.full(len(rows), np.nan), where=count > 0)
    return means


def split_by_time(table: pd.DataFrame, *, valid_from: str, test_from: str) -> dict[str, pd.DataFrame]:
    """The parts train, valid and test: dates before `valid_from`, from there on, and from `test_from` on.

    Raises ValueError when a part would be empty.
    """
    date = table["date"]
    parts = {
        "train": table[date < valid_from],
        "valid": table[(date >= valid_from) & (date < test_from)],
        "test": table[date >= test_from],
    }
    for name, part in parts.items():
        if part.empty:
            raise ValueError(
                f"no flights are left for {name}: valid_from {valid_from}, test_from {test_from}, "
                f"dates from {date.min()} to {date.max()}"
            )
    return parts


def _add_planes(table: pd.DataFrame, planes: pd.DataFrame) -> pd.DataFrame:
    """Join seats and age by tail number; a sixth of the flights have a plane that nobody describes."""
    known = planes[["tailnum", "seats"]].assign(built=planes["year"])
    joined = table.merge(known, on="tailnum", how="left", validate="many_to_one")
    return joined.assign(plane_age=joined["year"] - joined["built"])


def _minute_of_day(clock: pd.Series) -> pd.Series:
    """Minutes since midnight of a time written as the number HHMM."""
    return clock // 100 * 60 + clock % 100


def _utc(text: pd.Series) -> pd.Series:
    return pd.to_datetime(text, utc=True).astype("datetime64[us, UTC]")


def _seconds(times: pd.Series) -> NDArray[np.float64]:
    """Seconds since 1970; NaN where the time is missing."""
    seconds = (times - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    return seconds.to_numpy(dtype=np.float64)
