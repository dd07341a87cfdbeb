"""A file in Criteo's form as arrays, for libraries that want each column as numbers from 0 on."""

from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

FIELDS, INTEGERS = 39, 13
BUCKETS = 1 << 17  # ids of a column, by hash: 5 million rows in all, as 2^22 are in a table that all columns share
K, BATCH = 16, 4096

Ids = np.ndarray[Any, np.dtype[np.int64]]


def read(path: str) -> tuple[Ids, np.ndarray[Any, np.dtype[np.float32]]]:
    """Ids (n, 39), and labels (n,).  Integers are cut as the Criteo competition did."""
    table = pl.read_csv(path, separator="\t", has_header=False, schema={f"{at}": pl.String for at in range(FIELDS + 1)})
    value = {at: pl.col(f"{at}").cast(pl.Int64) for at in range(1, INTEGERS + 1)}
    cut = {
        at: pl.when(one <= 2).then(one).otherwise(100 + (one.cast(pl.Float64).log() ** 2).cast(pl.Int64))
        for at, one in value.items()
    }
    hashed = []
    for at in range(1, FIELDS + 1):
        known = cut[at].fill_null(0) if at in cut else pl.col(f"{at}").fill_null("")
        hashed.append((known.hash(seed=at) % BUCKETS).cast(pl.Int64).alias(f"{at}"))
    return table.select(hashed).to_numpy(order="c"), table["0"].cast(pl.Float32).to_numpy()


def parts(rows: int) -> list[slice]:
    """Slices of a batch each."""
    return [slice(begin, end) for begin, end in pairwise([*range(0, rows, BATCH), rows])]
