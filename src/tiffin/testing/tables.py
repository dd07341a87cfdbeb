"""What every `Table` must do, as checks: run each of SUITE with a function that makes an empty table.

@pytest.mark.parametrize("check", SUITE, ids=lambda check: check.__name__.lstrip("_"))
def test_local(check, tmp_path):
    check(lambda declared: LocalTable(declared, seed=1), tmp_path)
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tiffin.tables import Optimizer, Sparse, Table

__all__ = ["SUITE"]

_Make = Callable[[Sparse], Table]

_SGD = Sparse(3, Optimizer("sgd", alpha=0.5))
_OPTIMIZERS = ("sgd", "adagrad", "ftrl", "normalized")


def _keys(*keys: int) -> NDArray[np.uint64]:
    return np.array(keys, np.uint64)


def _ones(count: int, width: int = 3) -> NDArray[np.float32]:
    return np.ones((count, width), np.float32)


def _rows_begin_as_zeros(make: _Make, _directory: Path) -> None:
    assert not make(_SGD).pull(_keys(7, 1, 7)).any()


def _first_values_depend_on_the_key_and_do_not_change_when_they_are_read(make: _Make, _directory: Path) -> None:
    declared = _SGD._replace(first=0.5)
    one, other = make(declared), make(declared)
    keys = _keys(*range(100))
    rows = one.pull(keys)
    assert rows.any(axis=1).all()
    assert (np.abs(rows) <= 0.5).all()
    assert len(np.unique(rows)) > 250
    assert np.array_equal(one.pull(keys[::-1]), rows[::-1])
    assert np.array_equal(other.pull(keys), rows)
    assert not one.pull(keys, unseen=False).any()


def _pull_after_push_gives_what_the_step_made(make: _Make, _directory: Path) -> None:
    table = make(_SGD)
    table.push(_keys(3, 9), np.array([[1, 2, 3], [4, 5, 6]], np.float32))
    found = table.pull(_keys(9, 5, 3), unseen=False)
    assert found.tolist() == [[-2, -2.5, -3], [0, 0, 0], [-0.5, -1, -1.5]]


def _a_step_goes_on_from_the_first_values(make: _Make, _directory: Path) -> None:
    table = make(_SGD._replace(first=0.5))
    before = table.pull(_keys(4))
    table.push(_keys(4), _ones(1))
    assert np.allclose(table.pull(_keys(4), unseen=False), before - 0.5)


def _keys_out_of_order_or_twice_are_refused(make: _Make, _directory: Path) -> None:
    table = make(_SGD)
    for keys in (_keys(2, 1), _keys(1, 1)):
        _refused(lambda keys=keys: table.push(keys, _ones(2)))  # type: ignore[misc]
    _refused(lambda: table.push(_keys(1, 2), _ones(3)))
    _refused(lambda: table.push(_keys(1, 2), _ones(2, 4)))
    assert not table.pull(_keys(1, 2)).any()


def _many_keys_are_the_same_as_few_at_a_time(make: _Make, _directory: Path) -> None:
    declared = Sparse(16, Optimizer("adagrad", alpha=0.1), first=0.1)
    whole, parts = make(declared), make(declared)
    keys = np.arange(0, 200_000, 3, dtype=np.uint64)
    gradients = np.random.default_rng(0).normal(size=(len(keys), 16)).astype(np.float32)
    for _ in range(2):
        whole.push(keys, gradients)
        for at in range(0, len(keys), 10_000):
            parts.push(keys[at : at + 10_000], gradients[at : at + 10_000])
    assert np.array_equal(whole.pull(keys), np.concatenate([parts.pull(part) for part in np.array_split(keys, 7)]))


def _no_keys_are_no_rows(make: _Make, _directory: Path) -> None:
    table = make(_SGD)
    assert table.pull(_keys()).shape == (0, 3)
    table.push(_keys(), np.zeros((0, 3), np.float32))


def _a_saved_table_comes_back_and_learns_on(make: _Make, directory: Path) -> None:
    for name in _OPTIMIZERS:
        declared = Sparse(2, Optimizer(name, alpha=0.1, l1=0.01 if name == "ftrl" else 0), first=0.2)
        table, again = make(declared), make(declared)
        keys = np.arange(5, 500, 5, dtype=np.uint64)
        table.push(keys, _ones(len(keys), 2))
        count = table.save(str(directory), name)
        again.load(str(directory), name, count)
        for one in (table, again):
            one.push(keys, -_ones(len(keys), 2))
        assert np.array_equal(again.pull(_keys(*range(600))), table.pull(_keys(*range(600))))


def _a_saved_table_counts_on(make: _Make, directory: Path) -> None:
    declared = _SGD._replace(table="exact", admit=3, ttl=100)
    whole, table = make(declared), make(declared)
    draw = np.random.default_rng(1)
    for turn in range(40):
        if turn % 10 == 9:  # another one goes on
            again = make(declared)
            found = table.save_sightings(str(directory), f"t{turn}")
            count = table.save(str(directory), f"t{turn}")
            if found is not None:
                again.load_sightings(str(directory), f"t{turn}", found)
            again.load(str(directory), f"t{turn}", count, ages=found is not None)
            table = again
        keys = np.unique(draw.integers(0, 200, 30).astype(np.uint64))
        for one in (whole, table):
            one.push(keys, _ones(len(keys)), 10)
            if turn % 7 == 6:
                one.end_pass()
        assert np.array_equal(table.pull(_keys(*range(200))), whole.pull(_keys(*range(200))))


def _without_state_it_only_answers(make: _Make, directory: Path) -> None:
    table, again = make(_SGD._replace(optimizer=Optimizer("ftrl"))), make(_SGD._replace(optimizer=Optimizer("ftrl")))
    table.push(_keys(1, 2), _ones(2))
    again.load(str(directory), "t", table.save(str(directory), "t", state=False), state=False)
    assert not (directory / "t_state.npy").exists()
    assert np.array_equal(again.pull(_keys(1, 2)), table.pull(_keys(1, 2)))


def _a_mapped_table_answers_the_same(make: _Make, directory: Path) -> None:
    for name, declared in {"fixed": _SGD._replace(first=0.5), "exact": _SGD._replace(table="exact")}.items():
        table, mapped = make(declared), make(declared)
        keys = np.arange(5, 5_000, 5, dtype=np.uint64)
        table.push(keys, np.random.default_rng(0).normal(size=(len(keys), 3)).astype(np.float32))
        mapped.load(str(directory), name, table.save(str(directory), name), state=False, mapped=True)
        every = _keys(*range(6_000))
        for unseen in (False, True):
            assert np.array_equal(mapped.pull(every, unseen=unseen), table.pull(every, unseen=unseen))


def _numbers_may_come_in_fewer_bytes(make: _Make, directory: Path) -> None:
    table = make(_SGD)
    table.push(_keys(1, 2), np.array([[1, -2, 3], [0.5, 0.25, 0]], np.float32))
    count = table.save(str(directory), "t")
    wanted = table.pull(_keys(1, 2, 3))
    values = np.load(directory / "t.npy")
    scales = np.abs(values).max(axis=1) / np.float32(127)
    np.save(directory / "t_scale.npy", scales)
    for dtype, kept in (("float16", values), ("int8", np.rint(values / scales[:, None]))):
        np.save(directory / "t.npy", kept.astype(dtype))
        for mapped in (False, True):
            again = make(_SGD)
            again.load(str(directory), "t", count, state=False, dtype=dtype, mapped=mapped)
            assert np.abs(again.pull(_keys(1, 2, 3)) - wanted).max() < 0.02


def _damaged_files_are_refused(make: _Make, directory: Path) -> None:
    table = make(_SGD)
    table.push(_keys(1, 2), _ones(2))
    count = table.save(str(directory), "t")
    _refused(lambda: make(_SGD).load(str(directory), "t", count + 1))
    np.save(directory / "t.npy", np.full((count, 3), np.nan, np.float32))
    _refused(lambda: make(_SGD).load(str(directory), "t", count))


def _refused(work: Callable[[], object]) -> None:
    try:
        work()
    except ValueError:
        return
    raise AssertionError("nothing was refused")


SUITE: tuple[Callable[[_Make, Path], None], ...] = (
    _rows_begin_as_zeros,
    _first_values_depend_on_the_key_and_do_not_change_when_they_are_read,
    _pull_after_push_gives_what_the_step_made,
    _a_step_goes_on_from_the_first_values,
    _keys_out_of_order_or_twice_are_refused,
    _many_keys_are_the_same_as_few_at_a_time,
    _no_keys_are_no_rows,
    _a_saved_table_comes_back_and_learns_on,
    _a_saved_table_counts_on,
    _without_state_it_only_answers,
    _a_mapped_table_answers_the_same,
    _numbers_may_come_in_fewer_bytes,
    _damaged_files_are_refused,
)
