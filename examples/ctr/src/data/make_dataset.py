"""Stage 1: a log of ads that were shown, and whether they were clicked.

It is made up, by a law with noise, so that the project runs anywhere.  Put in its place what fetches your own log.
"""

__all__ = ["FIELDS", "shows"]

import argparse
import csv
import math
from collections.abc import Iterator
from pathlib import Path
from random import Random

FIELDS = ("day", "hour", "user", "site", "ad", "device", "position", "clicked")
USERS, SITES, ADS = 2000, 120, 300
DEVICES = ("phone", "tablet", "desktop")


def shows(days: int, shows_per_day: int, seed: int) -> Iterator[tuple[object, ...]]:
    """Rows of FIELDS in the order of time: the same ones for the same seed."""
    random = Random(seed)
    likes_ads = [random.gauss(0, 0.8) for _ in range(USERS)]
    quality = [random.gauss(0, 0.7) for _ in range(ADS)]
    topic_of_site = [random.randrange(6) for _ in range(SITES)]
    topic_of_ad = [random.randrange(6) for _ in range(ADS)]
    for day in range(days):
        for hour in sorted(_hour(random) for _ in range(shows_per_day)):
            # A few users, sites and ads are seen often, most of them hardly ever.
            user, site, ad = (_rare(random, size) for size in (USERS, SITES, ADS))
            device, position = random.choice(DEVICES), random.randrange(1, 5)
            fits = 1.6 if topic_of_site[site] == topic_of_ad[ad] else 0.0
            score = -2.2 - 0.5 * (position - 1) + fits + likes_ads[user] + quality[ad]
            score += 0.4 if device == "phone" and hour >= 18 else 0.0
            clicked = int(random.random() < 1 / (1 + math.exp(-score)))
            yield day, hour, f"u{user}", f"s{site}", f"a{ad}", device, position, clicked


def _hour(random: Random) -> int:
    return int(random.triangular(0, 24, 19))


def _rare(random: Random, size: int) -> int:
    return int(size * random.random() ** 3)


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("--days", type=int, required=True)
    parser.add_argument("--shows_per_day", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    options.path.parent.mkdir(parents=True, exist_ok=True)
    with options.path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(FIELDS)
        lines.writerows(shows(options.days, options.shows_per_day, options.seed))


if __name__ == "__main__":
    main()
