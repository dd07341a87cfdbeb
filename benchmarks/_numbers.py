"""Rows of numbers, and a label that depends on steps, products and distances: what trees are good at."""

from pathlib import Path

import numpy as np
import polars as pl

from benchmarks._criteo import Data

__all__ = ["COLUMNS", "make"]

COLUMNS = 30


def make(folder: Path, rows: int, held: int, *, seed: int) -> Data:
    """Write train.parquet and, with later rows, held.parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(rows + held, COLUMNS)).astype(np.float32)
    a, b, c, d, e, f = numbers[:, :6].T
    score = 1.5 * (a > 0.3) + b * c - 0.7 * np.abs(d) + np.sin(2 * e) * (f > -0.5) - 0.4
    chances = 1 / (1 + np.exp(-score.astype(np.float64)))
    labels = random.random(rows + held) < chances
    table = pl.DataFrame(numbers, schema=[f"x{at}" for at in range(COLUMNS)]).with_columns(
        label=pl.Series(labels).cast(int)
    )
    paths = folder / "train.parquet", folder / "held.parquet"
    for path, part in zip(paths, (table[:rows], table[rows:]), strict=True):
        part.write_parquet(path)
    return Data({"parquet": paths[0]}, {"parquet": paths[1]}, rows, labels[rows:], chances[rows:])
