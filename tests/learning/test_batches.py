"""Batches have all examples of the files, in order, the same for any number of threads and any size of blocks."""

import gc
import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.learning.examples import libsvm, teacher_rows
from tiffin._native.learning import Batch, BatchReader, FileSource, TextRows
from tiffin.errors import FormatError, MissingDependency, TransferError
from tiffin.stream import batches

Write = Callable[[str, str], str]


def rows_of(batch: Batch) -> Iterator[tuple[float, list[tuple[int, float]]]]:
    """Examples as a parser in Python would give them; checks what a batch says twice."""
    assert np.array_equal(batch.unique[batch.index], batch.keys)
    assert np.array_equal(batch.unique, np.unique(batch.keys))
    values = np.ones(len(batch.keys), np.float32) if batch.values is None else batch.values
    assert len(batch.offsets) == len(batch) + 1 == len(batch.labels) + 1
    for row, label in enumerate(batch.labels):
        part = slice(batch.offsets[row], batch.offsets[row + 1])
        yield float(label), list(zip(batch.keys[part].tolist(), values[part].tolist(), strict=True))


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_all_examples_come_in_order(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    value = st.sampled_from([1.0, 1.0, 1.0, 0.5, -2.0])
    feature = st.tuples(st.integers(0, 40), value)
    label = st.sampled_from([0.0, 1.0, -1.0, 3.5])
    rows = data.draw(st.lists(st.tuples(label, st.lists(feature, max_size=9)), max_size=60))
    size = data.draw(st.integers(1, 25))
    path = tmp_path_factory.mktemp("batches") / "rows.svm"
    path.write_text(libsvm(rows))
    source = FileSource([str(path)] * 2, data.draw(st.sampled_from([16, 100, 1 << 20])))
    reader = BatchReader(TextRows(source, "libsvm"), rows=size, threads=data.draw(st.integers(1, 4)))
    found = list(reader)
    assert [len(batch) for batch in found[:-1]] == [size] * (len(found) - 1)
    assert [row for batch in found for row in rows_of(batch)] == rows * 2
    assert all(
        batch.values is not None for batch in found[:-1] if any(x != 1 for _, row in rows_of(batch) for _, x in row)
    )


def test_batches_are_the_same_for_any_number_of_threads(write: Write) -> None:
    path = write("rows.svm", libsvm(teacher_rows(20_000, seed=1, features=4_000)))
    found = []
    for threads in (1, 3):
        with batches([path], rows=777, threads=threads) as reader:
            found.append([(batch.unique.tobytes(), batch.index.tobytes(), batch.labels.tobytes()) for batch in reader])
    assert found[0] == found[1]
    assert len(found[0]) == -(-20_000 // 777)


def test_weights_come_where_one_is_not_1(write: Write) -> None:
    path = write("a.vw", "1 |n a\n-1 |n b\n1 2.5 |n a\n1 |n c\n")
    with batches([path], rows=2) as found:
        first, second = found
    assert first.weights is None
    assert second.weights is not None
    assert second.weights.tolist() == [2.5, 1.0]


def test_arrays_outlive_their_batch_and_its_reader(write: Write) -> None:
    path = write("rows.svm", libsvm(teacher_rows(3_000, seed=2)))
    with batches([path], rows=1000) as found:
        kept = [(batch.labels, batch.keys, batch.keys.copy()) for batch in found]
    del found
    gc.collect()
    assert all(np.array_equal(keys, copy) for _, keys, copy in kept)
    assert all(labels.flags.owndata is False for labels, _, _ in kept)


def test_compressed_files_and_several_files_are_read(write: Write, tmp_path: Path) -> None:
    text = libsvm(teacher_rows(500, seed=3))
    (tmp_path / "b.svm.gz").write_bytes(gzip.compress(text.encode()))
    with batches([write("a.svm", text), str(tmp_path / "b.svm.gz")], rows=300) as found:
        assert [len(batch) for batch in found] == [300, 300, 300, 100]


def test_empty_files_have_no_batches(write: Write) -> None:
    with batches([write("a.svm", "\n\n")]) as found:
        assert not list(found)
    assert found.totals()["features"] == 0


def test_threads_end_when_nobody_wants_more(write: Write) -> None:
    path = write("rows.svm", libsvm(teacher_rows(30_000, seed=4)))
    before = len(list(Path("/proc/self/task").iterdir()))
    for _ in range(3):
        with batches([path], rows=10, threads=4) as found:
            next(found)
        assert not list(found)
    assert len(list(Path("/proc/self/task").iterdir())) == before


def test_what_comes_before_a_bad_line_comes_and_then_it_is_named(write: Write) -> None:
    paths = [write("good.svm", "1 1:1\n" * 10), write("a.svm", "0 1:1\nx\n")]
    seen: list[int] = []
    with pytest.raises(FormatError, match=r"a\.svm:2:1: expected a number as label"), batches(paths, rows=4) as found:
        seen.extend(map(len, found))
    assert seen == [4, 4]  # the other two did not fill a batch
    with batches(paths, rows=4, max_bad=1) as found:
        assert sum(map(len, found)) == 11
    assert found.bad_rows() == [(1, 2, 1, "expected a number as label")]
    assert found.totals()["bad_rows"] == 1


def test_labels_and_fields_are_asked_for(write: Write) -> None:
    path = write("a.ffm", "1 0:1:1\n3 1:1:1\n")
    with batches([path]) as found:
        assert next(found).labels.tolist() == [1, 3]
    with pytest.raises(FormatError, match="label 3 is neither 0 and 1"), batches([path], labels="logistic") as found:
        next(found)
    with pytest.raises(FormatError, match="field 1, and the model has 1 of them"), batches([path], fields=1) as found:
        next(found)


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingDependency, match="does not exist"), batches(["no.svm"]):
        pass
    with pytest.raises(TransferError, match="Is a directory"), batches([str(tmp_path)], "libsvm") as found:
        list(found)


# ---- sums over features, and their twins


def twin_pool(batch: Batch, rows: np.ndarray, fields: int, *, squared: bool) -> np.ndarray:
    pools = np.zeros((len(batch), max(fields, 1), rows.shape[1]), np.float64)
    for row in range(len(batch)):
        for i in range(batch.offsets[row], batch.offsets[row + 1]):
            value = 1.0 if batch.values is None else float(batch.values[i])
            field = int(batch.keys[i] >> np.uint64(48)) if fields > 1 else 0
            pools[row, field] += rows[batch.index[i]].astype(np.float64) * (value * value if squared else value)
    return pools if fields else pools[:, 0]


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_sums_over_features_are_those_of_the_twin(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    feature = st.tuples(st.integers(0, 3), st.integers(0, 9), st.sampled_from([1.0, 0.5, -2.0]))
    rows = data.draw(st.lists(st.lists(feature, max_size=6), min_size=1, max_size=12))
    path = tmp_path_factory.mktemp("pool") / "rows.ffm"
    path.write_text("".join("1 " + " ".join(f"{f}:{i}:{x}" for f, i, x in row) + "\n" for row in rows))
    (batch,) = BatchReader(TextRows(FileSource([str(path)]), "ffm"), rows=100)
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    width = data.draw(st.sampled_from([1, 3, 4, 8, 16, 17]))
    vectors = random.normal(size=(len(batch.unique), width)).astype(np.float32)
    fields, squared = data.draw(st.sampled_from([0, 1, 4])), data.draw(st.booleans())
    pools = batch.pool(vectors, fields, squared)
    assert pools == pytest.approx(twin_pool(batch, vectors, fields, squared=squared), abs=1e-4)
    # The way back is the transposed matrix: <pool(v), g> = <v, unpool(g)>.
    gradient = random.normal(size=pools.shape).astype(np.float32)
    back = batch.unpool(gradient, squared)
    assert float((pools * gradient).sum()) == pytest.approx(float((vectors * back).sum()), rel=1e-3, abs=1e-3)


def test_pairs_have_the_derivative_of_finite_differences(write: Write) -> None:
    (batch,) = BatchReader(
        TextRows(FileSource([write("a.svm", "1 1:0.5 2:2 3:1\n0 2:1\n1 1:1 3:-1 5:1\n0\n")]), "libsvm"), rows=9
    )
    random = np.random.default_rng(1)
    vectors = random.normal(size=(4, 3)).astype(np.float32)
    scores, sums = batch.pairs(vectors)
    wanted = [
        sum(float(x[i] * x[j] * vectors[k[i]] @ vectors[k[j]]) for i in range(len(k)) for j in range(i))
        for k, x in (
            (batch.index[a:b], batch.values[a:b])  # type: ignore[index]
            for a, b in zip(batch.offsets[:-1], batch.offsets[1:], strict=True)
        )
    ]
    assert scores == pytest.approx(wanted, abs=1e-5)
    slopes = random.normal(size=4).astype(np.float32)
    derivative = batch.unpair(vectors, sums, slopes)
    for at in np.ndindex(vectors.shape):
        moved = vectors.copy()
        moved[at] += 1e-2
        change = float((batch.pairs(moved)[0] - scores) @ slopes)
        assert derivative[at] * 1e-2 == pytest.approx(change, abs=2e-4)


def test_arrays_that_do_not_fit_are_refused(write: Write) -> None:
    (batch,) = BatchReader(TextRows(FileSource([write("a.ffm", "1 0:1:1 5:2:1\n")]), "ffm"), rows=9)
    with pytest.raises(ValueError, match="there are 2 keys and 3 rows"):
        batch.pool(np.zeros((3, 2), np.float32))
    with pytest.raises(ValueError, match="field 5, and there are 2"):
        batch.pool(np.zeros((2, 2), np.float32), 2)
    with pytest.raises(ValueError, match="expected pools of 1 rows"):
        batch.unpool(np.zeros((2, 2), np.float32))
    with pytest.raises(TypeError):
        batch.pool(np.zeros((2, 2), np.float64))
