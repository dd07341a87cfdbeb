"""Stage 2: what is known of each hour, and what came of it; the last days are kept for the test."""

__all__ = ["TARGET", "describe", "feature_names"]

import argparse
import csv
import math
from datetime import datetime
from pathlib import Path

from src.data.tables import write_table

TARGET = "kwh"


def feature_names(degree: int, harmonics: int) -> list[str]:
    """The names of the features, in the order of `describe`."""
    waves = [f"{name}_{k}" for k in range(1, harmonics + 1) for name in ("sin", "cos")]
    weekday = [f"weekday_{wave}" for wave in waves]
    return ["weekday", *(f"temperature_{k}" for k in range(1, degree + 1)), *waves, *weekday]


def describe(time: datetime, temperature: float, *, degree: int, harmonics: int) -> list[float]:
    """The features of one hour: all of them are known before it begins, given a forecast of the temperature."""
    angle = math.tau * time.hour / 24
    weekday = 1.0 if time.weekday() < 5 else 0.0
    warmth = (temperature - 10) / 10  # near 1, so that its powers are too
    waves = [wave(k * angle) for k in range(1, harmonics + 1) for wave in (math.sin, math.cos)]
    return [weekday, *(warmth**k for k in range(1, degree + 1)), *waves, *(weekday * value for value in waves)]


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--test_days", type=int, required=True)
    parser.add_argument("--degree", type=int, required=True)
    parser.add_argument("--harmonics", type=int, required=True)
    options = parser.parse_args()
    shape = {"degree": options.degree, "harmonics": options.harmonics}
    rows = []
    with options.source.open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            time = datetime.fromisoformat(line["time"])
            features = describe(time, float(line["temperature"]), **shape)
            rows.append([time.hour, *features, float(line[TARGET])])
    names = ["hour", *feature_names(**shape), TARGET]
    first = len(rows) - 24 * options.test_days
    write_table(options.directory / "train.csv", names, rows[:first])
    write_table(options.directory / "test.csv", names, rows[first:])


if __name__ == "__main__":
    main()
