"""Examples as matrices: what is gathered from files, and keys as columns."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.learning.examples import libsvm, teacher_rows
from tiffin._native.learning import FileSource, TextRows, common_keys, compare, gather, to_columns

Write = Callable[[str, str], str]
KEYS = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 20), max_size=60)


@given(keys=KEYS, least=st.integers(0, 4))
def test_common_keys_are_those_of_the_twin(keys: list[int], least: int) -> None:
    wanted = sorted(key for key, count in Counter(keys).items() if count >= least)
    found = common_keys(np.array(keys, np.uint64), least)
    assert found.tolist() == wanted  # type: ignore[attr-defined]


@given(rows=st.lists(st.lists(st.integers(0, 30), max_size=8), max_size=12), known=st.sets(st.integers(0, 30)))
def test_columns_are_those_of_the_twin(rows: list[list[int]], known: set[int]) -> None:
    keys = [key * 2**50 for row in rows for key in row]
    begins = np.cumsum([0, *map(len, rows)])
    values = np.arange(1, len(keys) + 1, dtype=np.float32)
    names = [key * 2**50 for key in sorted(known)]
    found = to_columns(begins, np.array(keys, np.uint64), values, np.array(names, np.uint64))
    place, wanted = 0, []
    for row in rows:
        sums: dict[int, float] = {}
        for key in row:
            if key in known:
                column = sorted(known).index(key)
                sums[column] = sums.get(column, 0) + values[place]
            place += 1
        wanted.append(sorted(sums.items()))
    their_begins, columns, sums_found = (array.tolist() for array in found)  # type: ignore[attr-defined]
    assert their_begins == np.cumsum([0, *map(len, wanted)]).tolist()
    assert list(zip(columns, sums_found, strict=True)) == [pair for row in wanted for pair in row]


@pytest.mark.parametrize("threads", [1, 3])
def test_files_are_gathered_in_their_order(write: Write, threads: int) -> None:
    rows = teacher_rows(3_000, seed=1)
    rows[700] = (1.0, [(3, 0.5), (4, 1.0)])
    path = write("rows.svm", libsvm(rows))
    source = TextRows(FileSource([path], 4_096), "libsvm")
    begins, keys, values, labels, weights, size, bad_rows, bad = gather(source, "logistic", threads=threads)
    assert begins.tolist() == np.cumsum([0, *(len(features) for _, features in rows)]).tolist()  # type: ignore[attr-defined]
    assert keys.tolist() == [key for _, features in rows for key, _ in features]  # type: ignore[attr-defined]
    assert values.tolist() == [value for _, features in rows for _, value in features]  # type: ignore[attr-defined]
    assert labels.tolist() == [label for label, _ in rows]  # type: ignore[attr-defined]
    assert (len(weights), bad_rows, bad) == (0, 0, [])  # type: ignore[arg-type]
    assert size == len(libsvm(rows))


def test_weights_are_gathered(write: Write) -> None:
    path = write("rows.vw", "1 | a\n-1 2.5 | b\n| c\n")
    *_, labels, weights, _, _, _ = gather(TextRows(FileSource([path]), "vw"), "logistic", labels=False)
    assert labels.tolist()[:2] == [1, -1]  # type: ignore[attr-defined]
    assert np.isnan(labels.tolist()[2])  # type: ignore[attr-defined]
    assert weights.tolist() == [1, 2.5, 1]  # type: ignore[attr-defined]


def test_arrays_that_do_not_fit_are_refused() -> None:
    keys, ones, none = np.array([1, 2], np.uint64), np.ones(2, np.float32), np.empty(0, np.float32)
    for begins in ([0, 1], [0, 3], [1, 2], [0, 2, 1, 2], []):
        with pytest.raises(ValueError, match="begins must go up"):
            to_columns(np.array(begins, np.int64), keys, ones, keys)
    with pytest.raises(ValueError, match="known keys must ascend"):
        to_columns(np.array([0, 2]), keys, ones, keys[::-1].copy())
    with pytest.raises(TypeError):
        to_columns(np.array([0, 2]), keys.astype(np.int64), ones, keys)
    with pytest.raises(ValueError, match="a score for each label"):
        compare("logistic", np.ones(4, np.float32), ones, none)
    with pytest.raises(ValueError, match="a label is no class"):
        compare("softmax", np.ones(4, np.float32), 2 * ones, none)
