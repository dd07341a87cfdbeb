"""Examples of 20 ids each from published vocabularies, with a linear teacher: what Vowpal Wabbit is compared on.

Ids are log-uniform (Zipf's law with exponent 1); labels come from a hidden logistic regression whose weights are hashes
of the ids.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks._criteo import Data

__all__ = ["FIELDS", "made", "make"]

# Published vocabulary sizes of the Criteo terabyte log, of as many fields as there are here.
VOCABULARIES = (
    45833188, 36746, 17245, 7413, 20243, 3, 7114, 1441, 62, 29275261, 1572176, 345138, 10, 2209, 11267, 128, 4, 974,
    14, 48937457,
)  # fmt: skip
FIELDS = len(VOCABULARIES)
CHUNK = 50_000


def make(folder: Path, rows: int, held: int, *, seed: int) -> Data:
    """Write train.vw and, with later examples, held.vw."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    train_file, held_file = folder / "train.vw", folder / "held.vw"
    labels, chances = [], []
    for path, count in ((train_file, rows), (held_file, held)):
        with path.open("wb") as file:
            for start in range(0, count, CHUNK):
                size = min(CHUNK, count - start)
                ids = np.stack([_ids(random, size, vocabulary) for vocabulary in VOCABULARIES], axis=1)
                chance = 1 / (1 + np.exp(1.0 - _teacher(ids).sum(axis=1)))
                label = random.random(size) < chance
                if path == held_file:
                    labels.append(label)
                    chances.append(chance)
                file.write(_text(ids, label))
    return Data({"vw": train_file}, {"vw": held_file}, rows, np.concatenate(labels), np.concatenate(chances))


def made(folder: Path, rows: int, held: int, *, seed: int) -> Data:
    """As `make`, unless an earlier call has made it there."""
    done, labels, chances = folder / f"done-{rows}-{held}-{seed}", folder / "labels.npy", folder / "chances.npy"
    if not done.exists():
        data = make(folder, rows, held, seed=seed)
        np.save(labels, data.labels)
        np.save(chances, data.chances)
        done.touch()
    return Data({"vw": folder / "train.vw"}, {"vw": folder / "held.vw"}, rows, np.load(labels), np.load(chances))


def make_even(path: Path, rows: int, vocabulary: int, *, seed: int) -> None:
    """Examples whose ids come evenly from so many, so that they fill a table; labels depend on nothing."""
    random = np.random.default_rng(seed)
    with path.open("wb") as file:
        for start in range(0, rows, CHUNK):
            size = min(CHUNK, rows - start)
            file.write(_text(random.integers(0, vocabulary, (size, len(VOCABULARIES))), random.random(size) < 0.3))


def _text(ids: np.ndarray[Any, np.dtype[np.int64]], labels: np.ndarray[Any, np.dtype[np.bool_]]) -> bytes:
    """Lines such as "-1 | 0_17 1_4 ..."."""
    start = pl.Series(np.where(labels, "1 |", "-1 |"))
    fields = [pl.format(f"{field}_{{}}", pl.Series(ids[:, field])) for field in range(ids.shape[1])]
    lines = pl.select(pl.concat_str([start, *fields], separator=" "))
    return lines.write_csv(include_header=False, quote_style="never").encode("ascii")


def _ids(random: np.random.Generator, size: int, vocabulary: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.minimum(np.exp(random.random(size) * math.log(vocabulary + 1)).astype(np.int64), vocabulary)


def _teacher(ids: np.ndarray[Any, np.dtype[np.int64]]) -> Any:
    """The hidden weight of each id: a hash of field and id, made roughly normal."""
    field = np.arange(ids.shape[1], dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (ids.astype(np.uint64) + field) * np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.uint64(0x94D049BB133111EB)
    parts = [(mixed >> np.uint64(shift) & np.uint64(0xFFFF)).astype(np.float64) / 65535 for shift in (0, 16, 32, 48)]
    return (sum(parts) - 2) * 0.9
