"""How an exact table bears many distinct ids: with all of them in memory, and with a part of the memory they need.

    python -m benchmarks._distinct_ids --ids 20_000_000

Each example has a few ids that are common and a few that are rare, by a power law, and a label that follows a hidden
weight of each.  Every table is trained by a process of its own, whose peak memory is the kernel's account of it; a run
with next to no ids says what of that is the table's.  The loss and AUC are those of later examples.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._measure import measure
from tiffin._native.learning import Learner
from tiffin.models import make_model
from tiffin.train._sparse import new_learner

FEATURES = 10  # of an example
CHUNK = 200_000  # examples made at once
HELD_OUT = 400_000
NONE = np.empty(0, np.float32)


def chunks(examples: int, ids: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Ids (n, FEATURES) and labels (n,)."""
    random = np.random.default_rng(seed)
    for begin in range(0, examples, CHUNK):
        count = min(CHUNK, examples - begin)
        # Half of the features by a power law, half evenly from all: most of those are met once or a few times.
        ranks = (ids ** random.random((count, FEATURES // 2))).astype(np.int64)
        found = np.concatenate([ranks, random.integers(0, ids, (count, FEATURES - FEATURES // 2))], axis=1)
        # Another hash than that of the fixed table, whose neighbours would else have weights that are alike.
        mixed = found.astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9)
        scrambled = ((mixed ^ (mixed >> np.uint64(29))) * np.uint64(0x94D049BB133111EB)) >> np.uint64(32)
        scores = (scrambled.astype(np.float32) / np.float32(2**31) - 1).sum(axis=1)
        labels = (random.random(count) < 1 / (1 + np.exp(-scores))).astype(np.float32)
        yield found, labels


def run(learner: Learner, ids: np.ndarray, labels: np.ndarray, *, learn: bool) -> dict[str, float]:
    begins = np.arange(len(ids) + 1, dtype=np.int64) * FEATURES
    learner.run_matrix(begins, ids.reshape(-1).astype(np.uint64), NONE, labels, NONE, learn=learn)
    return learner.totals()


def child(settings: dict[str, Any], examples: int, ids: int) -> None:
    """Train one table, and print its figures."""
    learner = new_learner(make_model("lr", settings))
    met = np.zeros(ids + 1, np.bool_)
    learning_s = 0.0
    for found, labels in chunks(examples, ids, seed=1):
        met[found] = True
        begun = time.perf_counter()
        run(learner, found, labels, learn=True)
        learning_s += time.perf_counter() - begun
    loss = weight = 0.0
    aucs = []
    for found, labels in chunks(HELD_OUT, ids, seed=2):
        totals = run(learner, found, labels, learn=False)
        loss, weight = loss + totals["loss"], weight + totals["weight"]
        aucs.append(totals["auc"])
    figures = {
        "distinct": int(met.sum()),
        "rows_in_memory": learner.key_rows,
        "rows_per_s": examples / learning_s,
        "loss": loss / weight,
        "auc": float(np.mean(aucs)),
    }
    print(json.dumps(figures))


def report(ids: int, examples: int, share: float, spill: str) -> Iterator[str]:
    """Lines of a table.  spill: where rows go that do not fit."""
    bytes_each = 8 + 16 * 4 / 3  # a row of an lr model by ftrl without an L1, and its slots
    scratch = tempfile.mkdtemp(prefix="tiffin-bench-")

    def measured(settings: dict[str, Any], *, ids: int = ids, examples: int = examples) -> dict[str, Any]:
        command = [sys.executable, "-m", "benchmarks._distinct_ids", "--child", json.dumps(settings)]
        command += ["--ids", str(ids), "--examples", str(examples), "--spill", spill]
        sample = measure(command, Path(), os.environ, Path(scratch, "log"))
        return {**json.loads(sample.output), "peak": sample.peak, "user_s": sample.user_s, "system_s": sample.system_s}

    # The ids that were met are counted in a byte each.
    nothing = measured({"table": "exact"}, ids=1000, examples=CHUNK)["peak"] + ids
    whole = measured({"table": "exact"})
    memory = int(share * whole["distinct"] * bytes_each)
    cases: dict[str, dict[str, Any] | None] = {
        "exact": None,
        f"exact, {share:.0%} of the memory": {"table": "exact", "memory": memory, "spill": spill},
        "exact, admit=2": {"table": "exact", "admit": 2},
        "fixed, as much memory": {"bits": max(1, int(memory / 8).bit_length() - 1)},
    }
    distinct = f"{examples:,} examples with {FEATURES} of {whole['distinct']:,} distinct ids"
    yield f"{distinct}; bound {memory / 2**20:,.0f} MiB."
    yield ""
    yield "| table | memory of it, MiB | rows in memory | examples/s | loss | AUC | AUC lost |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for name, settings in cases.items():
        found = whole if settings is None else measured(settings)
        yield (
            f"| {name} | {(found['peak'] - nothing) / 2**20:,.0f} | {found['rows_in_memory']:,} "
            f"| {found['rows_per_s']:,.0f} | {found['loss']:.5f} | {found['auc']:.5f} "
            f"| {whole['auc'] - found['auc']:+.5f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ids", type=int, default=20_000_000, help="how many there may be")
    parser.add_argument("--examples", type=int, help="default: as many as are needed to meet most ids")
    parser.add_argument("--share", type=float, default=0.25, help="of the memory that the whole table needs")
    parser.add_argument("--spill", default="/var/tmp")
    parser.add_argument("--child", type=json.loads)
    options = parser.parse_args()
    examples = options.examples or options.ids * 3 // (FEATURES // 2)
    if options.child is not None:
        child(options.child, examples, options.ids)
    else:
        for line in report(options.ids, examples, options.share, options.spill):
            print(line, flush=True)


if __name__ == "__main__":
    main()
