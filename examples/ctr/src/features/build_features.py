"""Stage 2: each show as a label and the places of its features; split by day.

line := label (" " place)*      label 1: clicked; place: a hash below 2**bits
"""

__all__ = ["parts", "places"]

import argparse
import csv
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from zlib import crc32

# Known before the ad is shown.  The day is not among them: the days of the test are not in the training.
KNOWN = ("hour", "user", "site", "ad", "device", "position")
CROSSED = ("hour", "site", "ad", "device")


def places(show: Mapping[str, str], *, bits: int, crosses: bool) -> list[int]:
    """The places of a show's features, sorted, each once; place 0 is in all of them."""
    words = [f"{field}={show[field]}" for field in KNOWN]
    if crosses:
        words += [f"{a}={show[a]}&{b}={show[b]}" for a, b in combinations(CROSSED, 2)]
    return sorted({0, *(crc32(word.encode()) % (1 << bits) for word in words)})


def parts(days: int) -> dict[str, range]:
    """Which days are for what: the last one for the test, the one before for validation."""
    return {"train": range(days - 2), "valid": range(days - 2, days - 1), "test": range(days - 1, days)}


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--bits", type=int, required=True)
    parser.add_argument("--crosses", action="store_true")
    options = parser.parse_args()
    with options.source.open(newline="", encoding="utf-8") as file:
        log = list(csv.DictReader(file))
    options.directory.mkdir(parents=True, exist_ok=True)
    for part, days in parts(1 + int(log[-1]["day"])).items():
        with (options.directory / f"{part}.txt").open("w", encoding="utf-8") as file:
            for show in log:
                if int(show["day"]) in days:
                    found = places(show, bits=options.bits, crosses=options.crosses)
                    file.write(f"{show['clicked']} {' '.join(map(str, found))}\n")


if __name__ == "__main__":
    main()
