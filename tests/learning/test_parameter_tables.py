"""Tables of parameters: the suite of all of them, and the local one beside its slow twin."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib import format as npy

from tests.learning.twins import OPTIMIZERS, F, states_of, step
from tiffin._native.learning import optimizer_step, scatter_add, table_row
from tiffin.errors import ConfigError, TrainingError
from tiffin.tables import LocalTable, Optimizer, Sparse, read_array, write_array
from tiffin.testing.tables import SUITE

KINDS: dict[str, dict[str, Any]] = {
    "fixed": {},
    "exact": {"table": "exact"},
    "spilling": {"table": "exact", "memory": 2 << 20},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("check", SUITE, ids=lambda check: check.__name__.lstrip("_"))
def test_local_tables(check: Callable, kind: str, tmp_path: Path) -> None:
    check(lambda declared: LocalTable(declared._replace(**KINDS[kind]), seed=1), tmp_path)


def test_keys_are_admitted_when_they_came_often_enough() -> None:
    table = LocalTable(Sparse(2, Optimizer("sgd", alpha=1.0), first=0.5, table="exact", admit=3))
    keys, ones = np.array([5, 9], np.uint64), np.ones((2, 2), np.float32)
    for _ in range(2):
        assert not table.pull(keys).any()
        table.push(keys, ones)
    table.push(keys[:1], ones[:1])
    found = table.pull(keys)
    assert found[0].all()
    assert not found[1].any()


def test_keys_that_did_not_come_for_long_lose_their_rows() -> None:
    table = LocalTable(Sparse(1, Optimizer("sgd", alpha=1.0), table="exact", ttl=100))
    one, other = np.array([1], np.uint64), np.array([2], np.uint64)
    table.push(one, np.ones((1, 1), np.float32), 10)
    for _ in range(20):
        table.push(other, np.ones((1, 1), np.float32), 10)
    table.end_pass()
    assert table.pull(np.array([1, 2], np.uint64)).tolist() == [[0], [-20]]


@pytest.mark.parametrize("kind", KINDS)
def test_at_the_end_of_a_pass_all_decays(kind: str) -> None:
    declared = Sparse(16, Optimizer("sgd", alpha=1.0), decay=0.5)._replace(**KINDS[kind])
    table = LocalTable(declared)
    keys = np.arange(40_000, dtype=np.uint64)
    table.push(keys, np.ones((len(keys), 16), np.float32))
    for _ in range(2):
        table.end_pass()
    assert (table.pull(keys) == -0.25).all()


def test_what_is_on_disk_and_what_is_not_is_saved_alike(tmp_path: Path) -> None:
    declared = Sparse(16, Optimizer("adagrad", alpha=0.1), first=0.1, table="exact")
    random = np.random.default_rng(1)
    tables = [LocalTable(declared._replace(memory=memory), seed=3) for memory in (0, 1 << 20)]
    for _ in range(10):
        keys = np.unique(random.integers(0, 50_000, 5_000)).astype(np.uint64)
        gradients = random.normal(size=(len(keys), 16)).astype(np.float32)
        for table in tables:
            table.push(keys, gradients)
    for table, name in zip(tables, ("a", "b"), strict=True):
        table.save(str(tmp_path), name)
    for ending in ("_keys.npy", ".npy", "_state.npy"):
        assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()
    for wrong, what in (
        ({"table": "both"}, "a table is fixed or exact, found 'both'"),
        ({"admit": 20}, "'admit' of a table goes from 1 to 15, found 20"),
        ({"ttl": -1}, "'ttl' of a table goes from 0 to 1073741824, found -1"),
        ({"memory": -1}, "'memory' of a table goes from 0"),
        ({"decay": float("nan")}, "'decay' of a table goes from 0 to 1, found nan"),
    ):
        with pytest.raises(ConfigError, match=what):
            LocalTable(declared._replace(**wrong))


optimizers = st.builds(
    Optimizer,
    st.sampled_from(OPTIMIZERS),
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
                state = states.get(place, [F(0)] * states_of(optimizer.name, optimizer.l1))
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
    states = np.zeros((states_of(optimizer.name, optimizer.l1), len(given_)), np.float32)
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
    whole = (tmp_path / "a.npy").read_bytes()
    for body, size in ((whole[:-4], 20), (whole + b"\0\0", 26)):
        (tmp_path / "b.npy").write_bytes(body)
        with pytest.raises(ValueError, match=rf"b\.npy: expected 24 bytes of values, found {size}"):
            read_array(str(tmp_path / "b.npy"), np.float32, (2, 3))


def test_no_memory_is_taken_for_what_a_header_claims(tmp_path: Path) -> None:
    with (tmp_path / "a.npy").open("wb") as file:
        npy.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": (1 << 50,)})
    with pytest.raises(ValueError, match=r"a\.npy: expected 4503599627370496 bytes of values, found 0"):
        read_array(str(tmp_path / "a.npy"), np.float32, (1 << 50,))
    endless = (tmp_path / "a.npy").read_bytes().replace(b"(1125", b"((125")
    (tmp_path / "a.npy").write_bytes(endless)
    with pytest.raises(ValueError, match=r"a\.npy: expected the npy header"):
        read_array(str(tmp_path / "a.npy"), np.float32, (1 << 50,))
