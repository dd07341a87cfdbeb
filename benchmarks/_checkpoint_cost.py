"""What a checkpoint takes from the training that goes on beside it.

    python -m benchmarks._checkpoint_cost DATA FOLDER

Trains for as long as it takes to write so many checkpoints to FOLDER, and prints a JSON list. For each of them it has
the size in bytes, how long it took to write, and how much later the same rows were learned from than they would have
been: at the mean speed of some seconds before it and some seconds after it.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from tiffin.models import make_model
from tiffin.train import Options, Trained, train


class Written(NamedTuple):
    """One checkpoint.  bytes: its size.  seconds: from its begin to its end.  lost_s: that training took longer."""

    bytes: int
    seconds: float
    lost_s: float


def watch(data: str, folder: Path, settings: dict[str, Any], every_s: float, count: int) -> list[Written]:
    """Train until there were so many checkpoints, and some time after the last."""
    points = folder / "points"
    moments: list[tuple[float, float]] = []  # when how many rows had been learned from
    writes: list[tuple[float, float, int]] = []  # begin, end, bytes
    newest = ""
    before = 0

    def progress(_: Trained, rows: int, __: int) -> None:
        nonlocal newest
        now = perf_counter()
        last = max((path for path in points.iterdir() if path.name[-1].isdigit()), default=None)
        if last is not None and last.name != newest:  # it was written since the last call
            newest = last.name
            writes.append((moments[-1][0], now, sum(file.stat().st_size for file in last.iterdir())))
        moments.append((now, before + rows))

    def goes_on(trained: Trained) -> bool:
        nonlocal before
        before += trained.passes[-1].learned.rows
        return len(writes) < count or perf_counter() < writes[-1][1] + every_s / 2

    points.mkdir()
    options = Options(passes=10**9, cache=str(folder / "parsed"), checkpoint=str(points), checkpoint_every_s=every_s)
    train(make_model("lr", settings), [data], options, progress=progress, after_pass=goes_on)
    return _costs(moments, writes[:count], every_s / 4)


def _costs(
    moments: Sequence[tuple[float, float]], writes: Sequence[tuple[float, float, int]], window_s: float
) -> list[Written]:
    times, rows = np.array(moments).T

    def learned(begin: float, end: float) -> float:
        return float(np.interp(end, times, rows) - np.interp(begin, times, rows))

    found = []
    for begin, end, size in writes:
        after = end + window_s  # what it leaves behind is over by then
        speed = (learned(begin - window_s, begin) + learned(after, after + window_s)) / (2 * window_s)
        found.append(Written(size, end - begin, after - begin - learned(begin, after) / speed))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Watch one run, and print what its checkpoints cost; return 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks._checkpoint_cost", description=__doc__)
    parser.add_argument("data")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="NAME=VALUE")
    parser.add_argument("--every", type=float, default=30.0, help="seconds from one to the next")
    parser.add_argument("--checkpoints", type=int, default=8)
    options = parser.parse_args(arguments)
    settings = dict(setting.split("=", 1) for setting in options.settings)
    found = watch(options.data, options.folder, settings, options.every, options.checkpoints)
    print(json.dumps([one._asdict() for one in found]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
