"""Stage 1: hourly readings of the electricity a building uses.

They are made up, by a law with noise, so that the project runs anywhere.  Put in its place what fetches your own data.
"""

__all__ = ["HEADERS", "readings"]

import argparse
import csv
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

HEADERS = ("time", "temperature", "kwh")
START = datetime(2025, 1, 6, tzinfo=UTC)  # a Monday


def readings(days: int, seed: int) -> Iterator[tuple[str, float, float]]:
    """Rows of HEADERS, one an hour: the same ones for the same seed."""
    random = Random(seed)
    weather = 0.0
    for hour in range(24 * days):
        now = START + timedelta(hours=hour)
        weather = 0.98 * weather + random.gauss(0, 0.8)
        season = -9 * math.cos(math.tau * hour / (24 * 365))
        temperature = round(11 + season - 4 * math.cos(math.tau * (now.hour - 3) / 24) + weather, 1)
        yield now.isoformat(timespec="hours"), temperature, round(used(now, temperature) + random.gauss(0, 1.5), 2)


def used(now: datetime, temperature: float) -> float:
    """What the building uses in an hour, in kWh, without noise: it heats, cools, and people work in it."""
    heating = 1.1 * max(0.0, 16 - temperature)
    cooling = 1.6 * max(0.0, temperature - 21)
    working = 14.0 if now.weekday() < 5 and 7 <= now.hour < 19 else 0.0
    return 12 + heating + cooling + working


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("--days", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    options.path.parent.mkdir(parents=True, exist_ok=True)
    with options.path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(HEADERS)
        lines.writerows(readings(options.days, options.seed))


if __name__ == "__main__":
    main()
