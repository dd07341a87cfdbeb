"""What a logged metric and a step cost, against DVCLive in the same run.

    python benchmarks/live_steps.py [--steps 300] [--rounds 3]

Each round runs both in turn, in scratch directories of their own outside any repository: STEPS steps of five metrics
through the context manager, `end` included.  Prints the median over the rounds, the spread, and the ratio of the
medians; then how tiffin does over many more steps, where DVCLive would not come to an end.
"""

import argparse
import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dvclive

from tiffin.live import Live

METRICS = [f"metric {number}" for number in range(5)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--long", type=int, default=20_000, help="steps of the run without DVCLive")
    options = parser.parse_args()
    theirs, ours = [], []
    for _ in range(options.rounds):
        theirs.append(measure(lambda: dvclive.Live(save_dvc_exp=False), options.steps))
        ours.append(measure(Live, options.steps))
    print(f"{options.steps} steps of {len(METRICS)} metrics, {options.rounds} interleaved rounds")
    print("µs, median (lowest-highest)\n")
    print("| | DVCLive | tiffin | ratio |\n|---|---|---|---|")
    for index, label in enumerate(["log_metric", "next_step", "end", "whole run, per step"]):
        report(label, [round_[index] for round_ in theirs], [round_[index] for round_ in ours])
    print(f"\ntiffin alone, {options.long} steps")
    for label, make in (("", Live), (', report="html"', lambda: Live(report="html"))):
        metric, step, end, _ = measure(make, options.long)
        print(f"Live(){label}: log_metric {metric:.2f} µs, next_step {step:.2f} µs, end {end / 1000:.1f} ms")


def measure(make: Callable[[], Any], steps: int) -> tuple[float, float, float, float]:
    """µs per log_metric, per next_step, for end, and of the whole per step."""
    clock = time.perf_counter
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        live = make()
        begun = clock()
        logging = 0.0
        for step in range(steps):
            value = 1.0 / (step + 1)
            before = clock()
            for name in METRICS:
                live.log_metric(name, value)
            logging += clock() - before
            live.next_step()
        stepped = clock()
        live.end()
        done = clock()
        check(steps)
    stepping = stepped - begun - logging
    times = (logging / steps / len(METRICS), stepping / steps, done - stepped, (done - begun) / steps)
    return times[0] * 1e6, times[1] * 1e6, times[2] * 1e6, times[3] * 1e6


def check(steps: int) -> None:
    """The run must have left every row, or the figures mean nothing."""
    for name in METRICS:
        rows = Path(f"dvclive/plots/metrics/{name}.tsv").read_text(encoding="utf-8").splitlines()
        assert len(rows) == steps + 1


def report(label: str, theirs: list[float], ours: list[float]) -> None:
    """Print one row of the table."""
    a, b = statistics.median(theirs), statistics.median(ours)
    spread = [f"{median:.2f} ({min(values):.2f}-{max(values):.2f})" for median, values in ((a, theirs), (b, ours))]
    print(f"| {label} | {spread[0]} | {spread[1]} | {a / b:.0f}× |")


if __name__ == "__main__":
    main()
