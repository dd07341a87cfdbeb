"""Tables on a device, which here is the processor's: the suite of all tables, and beside those in the host's memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.learning.test_algorithms import EXAMPLES, fields_file, pairs_decide
from tests.learning.test_checkpoints import files_of, run_until_killed
from tests.learning.twins import OPTIMIZERS, states_of
from tiffin.errors import ConfigError
from tiffin.models import Model, make_model
from tiffin.tables import LocalTable, Optimizer, Sparse, Table
from tiffin.testing.tables import SUITE
from tiffin.train import Algorithm, Options, Trained, load, named, train

torch: Any = pytest.importorskip("torch")
torch.set_num_threads(1)  # the tests run side by side

from tiffin.train import _batchwise, _checkpoints, _resident, _torch_runner  # noqa: E402 - they need PyTorch
from tiffin.train._resident import ResidentTable, are_resident  # noqa: E402 - as above

Write = Callable[[str, str], str]
CPU = torch.device("cpu")
LEARNED = [
    *(Optimizer(name, 0.1, 0.5, l1, l2) for name in OPTIMIZERS for l1, l2 in ((0.0, 0.0), (0.05, 0.0), (0.05, 0.1))),
    Optimizer("ftrl", 0.1, 0.0),
    Optimizer("adagrad", 0.1, 0.0),
]


def resident(declared: Sparse) -> ResidentTable:
    return ResidentTable(declared, 1, CPU)


def both(declared: Sparse) -> tuple[Table, Table]:
    return LocalTable(declared, seed=1), resident(declared)


def draw_batch(draw: np.random.Generator, width: int) -> tuple[np.ndarray, np.ndarray]:
    """More keys than a table of 2^6 rows has room for; some gradients are 0."""
    keys = np.unique(draw.integers(0, 1 << 60, draw.integers(1, 150)).astype(np.uint64))
    gradients = draw.normal(size=(len(keys), width)) * (draw.random((len(keys), width)) < 0.9)
    return keys, gradients.astype(np.float32)


def saved(table: Table, place: Path, name: str) -> dict[str, np.ndarray]:
    count = table.save(str(place), name)
    found = {path.name.removeprefix(name): np.load(path) for path in place.glob(f"{name}*.npy")}
    assert {len(array) for array in found.values()} == {count}
    return found


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    for ending, array in one.items():
        assert array.dtype == other[ending].dtype
        assert np.allclose(array, other[ending], rtol=1e-5, atol=1e-6), ending


@pytest.mark.parametrize("check", SUITE, ids=lambda check: check.__name__.lstrip("_"))
def test_tables_on_a_device_are_as_all_tables(check: Callable, tmp_path: Path) -> None:
    check(lambda declared: resident(declared._replace(table="fixed")), tmp_path)


@pytest.mark.parametrize("bits", [1, 5, 14])
def test_rows_begin_with_the_same_bits_as_on_the_host(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_resident, "_PIECE_FLOATS", 1_000)
    for seed in (0, (1 << 63) - 1):
        declared = Sparse(5, first=0.3, bits=bits)
        keys = np.random.default_rng(seed % 7).integers(0, 1 << 64, 3_000, np.uint64)
        assert np.array_equal(ResidentTable(declared, seed, CPU).pull(keys), LocalTable(declared, seed).pull(keys))


@pytest.mark.parametrize("first", [0.0, 0.3])
@pytest.mark.parametrize("optimizer", LEARNED, ids=str)
def test_many_steps_are_those_of_the_host(
    optimizer: Optimizer, first: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_resident, "_PIECE_FLOATS", 100)
    host, device = both(Sparse(3, optimizer, first, bits=6, decay=0.8))
    draw = np.random.default_rng(5)
    every = draw.integers(0, 1 << 60, 500).astype(np.uint64)
    for turn in range(60):
        keys, gradients = draw_batch(draw, 3)
        for table in (host, device):
            table.push(keys, gradients)
            if turn % 25 == 24:
                table.end_pass()
        for unseen in (False, True):
            found, wanted = device.pull(every, unseen=unseen), host.pull(every, unseen=unseen)
            assert np.allclose(found, wanted, rtol=1e-5, atol=1e-6)
    one, other = saved(host, tmp_path, "host"), saved(device, tmp_path, "device")
    assert np.array_equal(one["_rows.npy"], other["_rows.npy"])
    assert ("_state.npy" in one) == (states_of(optimizer.name, optimizer.l1) > 0)
    same(one, other)


def test_keys_that_share_a_row_step_one_after_another() -> None:
    host, device = both(Sparse(2, Optimizer("adagrad", alpha=0.3), bits=1))
    keys = np.arange(101, dtype=np.uint64)
    gradients = np.random.default_rng(2).normal(size=(101, 2)).astype(np.float32)
    for table in (host, device):
        table.push(keys, gradients)
    assert np.allclose(device.pull(keys), host.pull(keys), rtol=1e-5)


@pytest.mark.parametrize("optimizer", [one for one in LEARNED if one.l2 or one.name == "ftrl"], ids=str)
def test_a_model_goes_from_one_to_the_other_and_back(optimizer: Optimizer, tmp_path: Path) -> None:
    declared = Sparse(2, optimizer, first=0.2, bits=6)
    tables = both(declared)
    draw = np.random.default_rng(3)
    for turn in range(3):
        for _ in range(5):
            keys, gradients = draw_batch(draw, 2)
            for table in tables:
                table.push(keys, gradients)
        counts = [table.save(str(tmp_path), f"{at}-{turn}") for at, table in enumerate(tables)]
        again = both(declared)[::-1] if turn % 2 == 0 else both(declared)
        for at, table in enumerate(again):
            table.load(str(tmp_path), f"{at}-{turn}", counts[at])
            count = table.save(str(tmp_path), f"{at}-{turn}-again")
            assert count == counts[at]
            for ending in ("_rows", "", "_state"):
                file = tmp_path / f"{at}-{turn}{ending}.npy"
                assert not file.exists() or (
                    file.read_bytes() == (tmp_path / f"{at}-{turn}-again{ending}.npy").read_bytes()
                )
        tables = again
    every = np.arange(0, 1 << 20, 999, dtype=np.uint64)
    assert np.allclose(tables[0].pull(every), tables[1].pull(every), rtol=1e-5, atol=1e-6)


def test_what_has_decayed_to_nothing_begins_anew(tmp_path: Path) -> None:
    for optimizer in LEARNED:
        tables = both(Sparse(2, optimizer, first=0.5, bits=6, decay=0.0))
        keys = np.arange(0, 40, 2, dtype=np.uint64)
        for table in tables:
            table.push(keys, np.ones((len(keys), 2), np.float32))
            table.end_pass()
        every = np.arange(40, dtype=np.uint64)
        for unseen in (False, True):
            assert np.array_equal(tables[0].pull(every, unseen=unseen), tables[1].pull(every, unseen=unseen))


def test_of_rows_without_state_those_of_zeros_begin_anew(tmp_path: Path) -> None:
    declared = Sparse(1, Optimizer("ftrl", l1=100.0), first=0.5, bits=6)
    keys = np.arange(20, dtype=np.uint64)
    for table, name in zip(both(declared), ("host", "device"), strict=True):
        table.push(keys, np.ones((20, 1), np.float32))
        assert not table.pull(keys).any()
        count = table.save(str(tmp_path), name, state=False)
        for again in both(declared):
            again.load(str(tmp_path), name, count, state=False)
            assert np.array_equal(again.pull(keys), LocalTable(declared, seed=1).pull(keys))


def test_numbers_that_grew_beyond_all_are_not_saved(tmp_path: Path) -> None:
    for optimizer, gradient in ((Optimizer("sgd"), np.inf), (Optimizer("ftrl", l1=1.0), np.nan)):
        table = resident(Sparse(2, optimizer, bits=6))
        table.push(np.array([5], np.uint64), np.full((1, 2), gradient, np.float32))
        with pytest.raises(OverflowError, match="a number of the table is not finite"):
            table.save(str(tmp_path), "t", state=False)
    assert not list(tmp_path.iterdir())


def test_files_of_other_tables_are_refused(tmp_path: Path) -> None:
    table = resident(Sparse(2, bits=6))
    table.push(np.arange(9, dtype=np.uint64), np.ones((9, 2), np.float32))
    count = table.save(str(tmp_path), "t")
    with pytest.raises(ValueError, match="the rows are not in their order, or beyond a table of 8"):
        resident(Sparse(2, bits=3)).load(str(tmp_path), "t", count)
    with pytest.raises(ValueError, match="no type of numbers 'float8'"):
        resident(Sparse(2, bits=6)).load(str(tmp_path), "t", count, dtype="float8")
    rows = np.load(tmp_path / "t_rows.npy")
    np.save(tmp_path / "t_rows.npy", rows[::-1].copy())
    with pytest.raises(ValueError, match="the rows are not in their order"):
        resident(Sparse(2, bits=6)).load(str(tmp_path), "t", count)
    values = np.load(tmp_path / "t.npy")
    values[0, 0] = np.inf
    np.save(tmp_path / "t_rows.npy", rows)
    np.save(tmp_path / "t.npy", values)
    with pytest.raises(ValueError, match="a number of the table is not finite"):
        resident(Sparse(2, bits=6)).load(str(tmp_path), "t", count)
    with pytest.raises(ConfigError, match="a table on a device is fixed, found 'exact'"):
        resident(Sparse(2, table="exact"))
    with pytest.raises(ValueError, match="bits must be from 1 to 32, found 40"):
        resident(Sparse(2, bits=40))


# ---- in training


def test_tables_are_on_a_gpu_if_they_fit_into_half_of_its_memory() -> None:
    gpu = torch.device("cuda")
    vectors = Sparse(16, Optimizer("adagrad"), bits=20)  # a float of state each
    weights = Sparse(1, Optimizer("ftrl", l1=0.1), bits=20)  # two of them
    whole = (4 * 32 + 1 << 20) + (4 * 3 + 1 << 20)
    assert ResidentTable.bytes_of(vectors) + ResidentTable.bytes_of(weights) == whole
    assert are_resident([vectors, weights], gpu, 2 * whole)
    assert not are_resident([vectors, weights], gpu, 2 * whole - 2)
    assert not are_resident([vectors, weights], CPU, 100 * whole)
    assert are_resident([vectors, Sparse(256, bits=32, table="exact")], gpu, 2 * whole)
    assert not are_resident([vectors], gpu, 0)


def asked(name: str) -> Model | Algorithm:
    if name == "two towers":
        kind: Any = named(str(EXAMPLES / "two_tower.py") + ":TwoTower")
        algorithm: Algorithm = kind()
        algorithm.rows = 100
        algorithm.tables = {"v": algorithm.tables["v"]._replace(bits=8)}
        return algorithm
    chosen = {"k": 4, "layers": "16,8", "batch": 100, "fields": 4, "latent_alpha": 0.1, "first": 0.5, "bits": 7}
    return make_model("deepfm", {**chosen, "l1": 0.01, "decay": 0.95, "dense_alpha": 0.005})


NAMES = ["deepfm", "two towers"]


def again(place: Path, name: str) -> Trained:
    model = asked(name)
    return load(str(place), algorithm=model if isinstance(model, Algorithm) else None)


@pytest.fixture
def on_device(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Says whether tables are on the device from now on."""
    return lambda are: monkeypatch.setattr(_torch_runner, "are_resident", lambda *_: are)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_learns_the_same_on_the_device(
    write: Write, tmp_path: Path, name: str, on_device: Callable[[bool], None]
) -> None:
    rows = write("rows.ffm", fields_file(6_000, seed=1, label=pairs_decide))
    held = write("held.ffm", fields_file(3_000, seed=2, label=pairs_decide))
    found, kinds = [], (LocalTable, ResidentTable)
    for are, kind in enumerate(kinds):
        on_device(bool(are))
        trained: Any = train(asked(name), [rows], Options(passes=3))
        assert {type(table) for table in trained.runner.tables.values()} == {kind}
        trained.save(str(tmp_path / str(are)))
        for dtype in ("float16", "int8"):
            trained.save(str(tmp_path / f"{are}-{dtype}"), state=False, dtype=dtype)
        found.append(trained)
    losses = [[done.learned.loss for done in trained.passes] for trained in found]
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)
    aucs = [trained.evaluate([held]).auc for trained in found]
    assert aucs[1] == pytest.approx(aucs[0], abs=1e-3)
    assert min(aucs) > 0.7
    for are in (0, 1):
        wanted = found[are].predict([held])
        for where in (False, True):
            on_device(where)
            assert again(tmp_path / str(are), name).predict([held]) == wanted
            for dtype in ("float16", "int8"):
                assert again(tmp_path / f"{are}-{dtype}", name).predict([held]) == pytest.approx(wanted, abs=0.02)


@pytest.mark.parametrize("name", NAMES)
def test_a_run_on_the_device_is_resumed_with_the_same_bits_and_on_the_host_too(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, on_device: Callable[[bool], None]
) -> None:
    monkeypatch.setattr(_batchwise, "_TICK_S", 0.0)
    monkeypatch.setattr(_checkpoints, "SHARE", 0)
    rows = write("rows.ffm", fields_file(2_000, seed=1, label=pairs_decide))
    options = Options(passes=3, checkpoint=str(tmp_path / "points"), checkpoint_every_s=0.0, resume=True)
    on_device(True)
    wanted = train(asked(name), [rows], options._replace(checkpoint=None, resume=False))
    found, ticks = None, 7
    while found is None:
        found = run_until_killed(asked(name), rows, options, ticks)
        ticks = ticks * 2 % 23
    assert files_of(found, tmp_path / "found") == files_of(wanted, tmp_path / "wanted")

    other = options._replace(checkpoint=str(tmp_path / "others"))
    assert run_until_killed(asked(name), rows, other, 30) is None
    on_device(False)
    mixed = train(asked(name), [rows], other)
    assert mixed.passes[-1].learned.loss == pytest.approx(wanted.passes[-1].learned.loss, rel=1e-4)


def test_tables_with_a_row_for_each_feature_stay_on_the_host(write: Write, on_device: Callable[[bool], None]) -> None:
    on_device(True)
    path = write("rows.ffm", fields_file(500, seed=1, label=pairs_decide))
    trained: Any = train(make_model("deepfm", {"k": 4, "layers": "8", "fields": 4, "table": "exact"}), [path])
    assert {type(table) for table in trained.runner.tables.values()} == {LocalTable}
