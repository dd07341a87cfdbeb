"""Examples of the shape of the Criteo Kaggle set, with a hidden teacher, in any number and as any text.

    python -m benchmarks._criteo FOLDER --rows 10000000 --forms criteo,ffm

13 integer columns and 26 of categories, with that set's published numbers of categories, missing about as often as
there.  Ids are log-uniform, which is Zipf's law with exponent 1.  The labels follow a hidden logistic regression with a
factorisation machine of two latent dimensions, whose parameters are hashes of the features; so the best predictions are
known, and with them the best loss and AUC that anybody can reach.  Chunks are seeded one by one: the first rows of a
longer file are those of a shorter one.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

__all__ = ["FIELDS", "FORMS", "Data", "Examples", "examples", "log_losses", "make"]

Ids = np.ndarray[Any, np.dtype[np.uint64]]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

# Categories of C1 to C26, as the papers on DLRM give them.
VOCABULARIES = (
    1460, 583, 10131227, 2202608, 305, 24, 12517, 633, 3, 93145, 5683, 8351593, 3194, 27, 14992, 5461306, 10, 5652,
    2173, 4, 7046547, 18, 15, 286181, 105, 142572,
)  # fmt: skip
INTEGERS = 13
FIELDS = INTEGERS + len(VOCABULARIES)
# How often a column is empty: I1 to I13, C1 to C26.
MISSING = np.array([
    0.45, 0, 0.21, 0.22, 0.03, 0.22, 0.04, 0, 0.04, 0.45, 0.04, 0.77, 0.22,
    0, 0, 0.03, 0.03, 0, 0.12, 0, 0, 0, 0, 0, 0.03, 0, 0, 0, 0.03, 0, 0, 0.44, 0.44, 0.03, 0.76, 0, 0.03, 0.44, 0.44,
])  # fmt: skip
SPREAD = np.array([1.5, 2, 2, 1.5, 4, 2.5, 2, 1.5, 2.5, 0.5, 1, 0.5, 1.5])  # of the logarithms of I1 to I13

CHUNK = 50_000
BASE_RATE = 0.256  # of the set
LINEAR, LATENT = 0.3, 0.27  # sizes of the teacher's weights and of its vectors' numbers
BITS = 20  # of feature ids, in the forms that have ids


class Examples(NamedTuple):
    """Some rows.  features (n, 39): whole numbers, below 0 where there is none.  chances: of a positive label."""

    features: np.ndarray[Any, np.dtype[np.int64]]
    labels: Bools
    chances: Floats


class Data(NamedTuple):
    """Files to learn from and, with later rows, to predict, by form.  labels and chances: of the later rows."""

    train: Mapping[str, Path]
    held: Mapping[str, Path]
    rows: int
    labels: Bools
    chances: Floats


def make(folder: Path, rows: int, held: int, forms: Sequence[str], *, seed: int) -> Data:
    """Write train.FORM and held.FORM.  forms: keys of FORMS."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: {form: folder / f"{name}.{form}" for form in forms} for name in ("train", "held")}
    labels, chances = [], []
    for name, begin, end in (("train", 0, rows), ("held", rows, rows + held)):
        with ExitStack() as stack:
            files = {form: stack.enter_context(path.open("wb")) for form, path in paths[name].items()}
            for part in examples(begin, end, seed=seed):
                for form, file in files.items():
                    file.write(FORMS[form](part))
                if name == "held":
                    labels.append(part.labels)
                    chances.append(part.chances)
    return Data(paths["train"], paths["held"], rows, np.concatenate(labels), np.concatenate(chances))


def examples(begin: int, end: int, *, seed: int) -> Iterator[Examples]:
    """Rows begin to end of the endless file of this seed."""
    bias = _bias()
    for number in range(begin // CHUNK, -(-end // CHUNK)):
        random = np.random.default_rng([seed, number])
        features = _features(random)
        chances = 1 / (1 + np.exp(-(_scores(features) + bias)))
        labels = random.random(CHUNK) < chances
        part = slice(max(begin - number * CHUNK, 0), min(end - number * CHUNK, CHUNK))
        yield Examples(features[part], labels[part], chances[part])


def log_losses(chances: Floats, labels: Bools) -> Floats:
    """Of each row."""
    bounded = np.clip(chances, 1e-9, 1 - 1e-9)
    losses: Floats = -np.where(labels, np.log(bounded), np.log(1 - bounded))
    return losses


def _features(random: np.random.Generator) -> np.ndarray[Any, np.dtype[np.int64]]:
    features = np.empty((CHUNK, FIELDS), np.int64)
    counts = np.exp(np.abs(random.normal(size=(CHUNK, INTEGERS))) * SPREAD) - 1
    features[:, :INTEGERS] = np.minimum(counts, 1e7)
    reach = np.log(np.array(VOCABULARIES) + 1.0)
    features[:, INTEGERS:] = np.exp(random.random((CHUNK, len(VOCABULARIES)), np.float32) * reach) - 1
    features[random.random((CHUNK, FIELDS), np.float32) < MISSING] = -1
    return features


def _buckets(features: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Integers as learners see them: the square of their logarithm (docs/formats/examples.md)."""
    found = features.copy()
    integers = features[:, :INTEGERS]
    large = np.square(np.log(np.maximum(integers, 3))).astype(np.int64) + 1000
    found[:, :INTEGERS] = np.where(integers > 2, large, integers)
    return found


def _hashes(features: np.ndarray[Any, np.dtype[np.int64]]) -> Ids:
    """64 bits a feature, of its field and its bucket or category."""
    fields = np.arange(FIELDS, dtype=np.uint64) << np.uint64(40)
    mixed = (_buckets(features).astype(np.uint64) ^ fields) * np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.uint64(0x94D049BB133111EB)
    return mixed ^ mixed >> np.uint64(29)


def _scores(features: np.ndarray[Any, np.dtype[np.int64]]) -> Floats:
    """The teacher's logits, without its constant."""
    there = features >= 0
    hashes = _hashes(features)

    def numbers(shift: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        part = (hashes >> np.uint64(shift) & np.uint64(0xFFFF)).astype(np.float32) * np.float32(2**-15) - np.float32(1)
        part *= there
        return part

    scores: Floats = LINEAR * numbers(0).sum(axis=1, dtype=np.float64)
    for shift in (16, 32):
        vectors = LATENT * numbers(shift)
        scores += (np.square(vectors.sum(axis=1)) - np.square(vectors).sum(axis=1)) / 2
    return scores


@cache
def _bias() -> float:
    """The constant that gives the base rate, by bisection on some rows."""
    scores = _scores(_features(np.random.default_rng(0)))
    low, high = -20.0, 20.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        if np.mean(1 / (1 + np.exp(-(scores + middle)))) < BASE_RATE:
            low = middle
        else:
            high = middle
    return low


# ── Text ──────────────────────────────────────────────────────────────────────────────────────────────────────────
# Rows are laid out in a matrix of bytes, each cell as wide as its longest text; zeros are nothing, and fall out.


def _criteo(part: Examples) -> bytes:
    integers = _decimal(part.features[:, :INTEGERS])
    hashes = _hashes(part.features)[:, INTEGERS:]
    categories = _hexadecimal((hashes >> np.uint64(32)).astype(">u4"))
    return _joined(
        [
            _label(part, b"0", b"1"),
            _cells(b"\t", integers, part.features[:, :INTEGERS] >= 0, keep_prefix=True),
            _cells(b"\t", categories, part.features[:, INTEGERS:] >= 0, keep_prefix=True),
        ]
    )


def _libsvm(part: Examples) -> bytes:
    return _joined([_label(part, b"0", b"1"), _cells(b" ", _ids(part), part.features >= 0, b":1")])


def _ffm(part: Examples) -> bytes:
    ids, there = _ids(part), part.features >= 0
    cells = [_cells(b" %d:" % field, ids[:, [field]], there[:, [field]], b":1") for field in range(FIELDS)]
    return _joined([_label(part, b"0", b"1"), *cells])


def _vw(part: Examples) -> bytes:
    return _joined([_label(part, b"-1 |x", b"1 |x"), _cells(b" ", _ids(part), part.features >= 0)])


FORMS: Mapping[str, Callable[[Examples], bytes]] = {"criteo": _criteo, "svm": _libsvm, "ffm": _ffm, "vw": _vw}


def _ids(part: Examples) -> Bytes:
    """Feature ids below 2^BITS, as text (n, 39, 8)."""
    return _decimal((_hashes(part.features) & np.uint64((1 << BITS) - 1)).astype(np.int64))


def _label(part: Examples, negative: bytes, positive: bytes) -> Bytes:
    width = max(len(negative), len(positive))
    texts = np.frombuffer(negative.ljust(width, b"\0") + positive.ljust(width, b"\0"), np.uint8)
    found: Bytes = texts.reshape(2, width)[part.labels.astype(int)]
    return found


def _cells(prefix: bytes, texts: Bytes, there: Bools, suffix: bytes = b"", *, keep_prefix: bool = False) -> Bytes:
    """Columns side by side, (n, width); where nothing is there, nothing is, or only the prefix."""
    rows, columns, width = texts.shape
    whole = np.empty((rows, columns, len(prefix) + width + len(suffix)), np.uint8)
    whole[:, :, : len(prefix)] = np.frombuffer(prefix, np.uint8)
    whole[:, :, len(prefix) : len(prefix) + width] = texts
    whole[:, :, len(prefix) + width :] = np.frombuffer(suffix, np.uint8)
    whole[:, :, len(prefix) if keep_prefix else 0 :] *= there[:, :, None]
    return whole.reshape(rows, -1)


def _joined(cells: Sequence[Bytes]) -> bytes:
    end = np.full((len(cells[0]), 1), ord("\n"), np.uint8)
    whole = np.concatenate([*cells, end], axis=1)
    text: bytes = whole[whole != 0].tobytes()
    return text


def _decimal(values: np.ndarray[Any, np.dtype[np.int64]]) -> Bytes:
    """Numbers from 0 to 10^8 - 1, (n, m) to (n, m, 8)."""
    high, low = np.divmod(np.maximum(values, 0).astype(np.uint32), np.uint32(10_000))
    is_long = high > 0
    table = _four_digits()
    return np.concatenate(
        [table[np.where(is_long, high + 10_000, 20_000)], table[np.where(is_long, low, low + 10_000)]], axis=2
    )


@cache
def _four_digits() -> Bytes:
    """Row i: i with zeros in front; row 10,000 + i: without them; row 20,000: nothing."""
    padded = [b"%04d" % number for number in range(10_000)]
    plain = [(b"%d" % number).rjust(4, b"\0") for number in range(10_000)]
    return np.frombuffer(b"".join([*padded, *plain, b"\0" * 4]), np.uint8).reshape(-1, 4)


def _hexadecimal(values: np.ndarray[Any, Any]) -> Bytes:
    """Big-endian 32-bit numbers, (n, m) to (n, m, 8)."""
    table = np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), np.uint8).reshape(256, 2)
    return table[values.view(np.uint8).reshape(*values.shape, 4)].reshape(*values.shape, 8)


def main() -> None:
    """Write files of this shape."""
    parser = argparse.ArgumentParser(description="Write examples of the shape of the Criteo Kaggle set.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--held", type=int, default=100_000, help="later rows, in files of their own")
    parser.add_argument("--forms", type=lambda text: text.split(","), default=["criteo"], help=", ".join(FORMS))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    data = make(options.folder, options.rows, options.held, options.forms, seed=options.seed)
    print(f"the best log loss on the later rows is {np.mean(log_losses(data.chances, data.labels)):.4f}")


if __name__ == "__main__":
    main()
