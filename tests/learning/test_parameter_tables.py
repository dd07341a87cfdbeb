"""Tables of parameters: the suite of all of them, and the local one beside its slow twin."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.learning.twins import STATES, F, step
from tiffin._native.learning import optimizer_step, scatter_add, table_row
from tiffin.errors import TrainingError
from tiffin.tables import LocalTable, Optimizer, Sparse, read_array, write_array
from tiffin.testing.tables import SUITE


@pytest.mark.parametrize("check", SUITE, ids=lambda check: check.__name__.lstrip("_"))
def test_local_tables(check: Callable, tmp_path: Path) -> None:
    check(lambda declared: LocalTable(declared, seed=1), tmp_path)


optimizers = st.builds(
    Optimizer,
    st.sampled_from(sorted(STATES)),
    st.sampled_from([0.01, 0.1, 0.5]),
    st.sampled_from([0.5, 1.0]),
    st.sampled_from([0.0, 0.1]),
    st.sampled_from([0.0, 0.1]),
)
gradients = st.sampled_from([1.0, -0.5, 0.25, 3.0, 0.0])


@given(optimizer=optimizers, data=st.data())
@settings(max_examples=60, deadline=None)
def test_steps_are_those_of_the_twin(optimizer: Optimizer, data: st.DataObject) -> None:
    bits, width = 4, data.draw(st.sampled_from([1, 2, 5]))
    table = LocalTable(Sparse(width, optimizer, bits=bits))
    weights: dict[tuple[int, int], np.float32] = {}
    states: dict[tuple[int, int], list] = {}
    for _ in range(data.draw(st.integers(1, 4))):
        keys = sorted(data.draw(st.sets(st.integers(0, 30), min_size=1, max_size=8)))
        given_ = np.array([[data.draw(gradients) for _ in range(width)] for _ in keys], np.float32)
        table.push(np.array(keys, np.uint64), given_)
        for key, row in zip(keys, given_, strict=True):
            for at, gradient in enumerate(row):
                place = (table_row(key, bits), at)
                state = states.get(place, [F(0)] * STATES[optimizer.name])
                now = step(*optimizer, weights.get(place, F(0)), state, gradient, F(1))
                weights[place], states[place] = now
    found = table.pull(np.arange(31, dtype=np.uint64), unseen=False)
    wanted = [[float(weights.get((table_row(key, bits), at), 0)) for at in range(width)] for key in range(31)]
    assert found == pytest.approx(np.array(wanted), rel=1e-3, abs=1e-5)


@given(optimizer=optimizers, given_=st.lists(gradients, min_size=1, max_size=9))
@settings(max_examples=30, deadline=None)
def test_dense_steps_are_those_of_a_table(optimizer: Optimizer, given_: list[float]) -> None:
    table = LocalTable(Sparse(1, optimizer, bits=16))
    keys = np.arange(len(given_), dtype=np.uint64)
    weights = np.zeros(len(given_), np.float32)
    states = np.zeros((STATES[optimizer.name], len(given_)), np.float32)
    for sign in (1, -1, 1):
        gradient = np.array(given_, np.float32) * sign
        table.push(keys, gradient[:, None])
        optimizer_step(optimizer, weights, states, gradient)
    assert np.array_equal(table.pull(keys, unseen=False)[:, 0], weights)


@given(st.lists(st.tuples(st.integers(0, 6), gradients), max_size=30), st.sampled_from([1, 3, 8]))
def test_scatter_add_is_that_of_numpy(given_: list[tuple[int, float]], width: int) -> None:
    index = np.array([at for at, _ in given_], np.uint32)
    rows = np.array([[x] * width for _, x in given_], np.float32).reshape(-1, width)
    ours, theirs = np.zeros((7, width), np.float32), np.zeros((7, width), np.float32)
    scatter_add(ours, index, rows)
    np.add.at(theirs, index, rows)
    assert np.array_equal(ours, theirs)


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="index 7 of 7 rows"):
        scatter_add(np.zeros((7, 1), np.float32), np.array([7], np.uint32), np.zeros((1, 1), np.float32))
    with pytest.raises(ValueError, match="no optimiser 'adam'"):
        LocalTable(Sparse(1, Optimizer("adam")))
    with pytest.raises(ValueError, match="bits must be from 1 to 32, found 40"):
        LocalTable(Sparse(1, bits=40))
    with pytest.raises(TrainingError, match=r"there is no memory for a table of 2\^32 rows"):
        LocalTable(Sparse(1 << 30, bits=32))
    write_array(str(tmp_path / "a.npy"), np.zeros((2, 3), np.float32))
    for kind, shape in ((np.float32, (3, 2)), (np.uint32, (2, 3))):
        with pytest.raises(ValueError, match=r"a\.npy: expected"):
            read_array(str(tmp_path / "a.npy"), kind, shape)
    (tmp_path / "b.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:-4])
    with pytest.raises(ValueError, match="the file is cut off"):
        read_array(str(tmp_path / "b.npy"), np.float32, (2, 3))
