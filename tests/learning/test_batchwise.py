"""What learns a batch at a time has all that the native engine has: checkpoints, cache, fewer negatives, exact tables."""

import json
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.learning.examples import libsvm, teacher_rows
from tests.learning.test_algorithms import FM, fields_file, pairs_decide
from tests.learning.test_checkpoints import Killed, files_of, run_until_killed
from tiffin.cli import main
from tiffin.errors import ConfigError, FormatError, TrainingError
from tiffin.models import Model, make_model
from tiffin.tables import Sparse
from tiffin.train import Algorithm, Options, _batchwise, _checkpoints, load, sigmoid, train

torch: Any = pytest.importorskip("torch")
torch.set_num_threads(1)  # the tests run side by side

Write = Callable[[str, str], str]
NETWORK = {"k": 4, "layers": "16,8", "batch": 100, "fields": 4}


class Small(FM):
    """Its batches are short, so a pass has many."""

    rows = 100


def asked(name: str) -> Model | Algorithm:
    if name == "algorithm":
        return Small()
    if name == "network":
        return make_model("deepfm", {**NETWORK, "bits": 12})
    counts = {"admit": 3, "ttl": 400} if name == "counting network" else {}
    return make_model("deepfm", {**NETWORK, "table": "exact", "decay": 0.9, **counts})


NAMES = ["algorithm", "network", "exact network", "counting network"]


@pytest.fixture(autouse=True)
def _many_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_batchwise, "_TICK_S", 0.0)
    monkeypatch.setattr(_checkpoints, "SHARE", 0)


@pytest.fixture
def rows(write: Write) -> str:
    """Each has a feature that few others have."""
    draw = random.Random(1)
    lines = fields_file(3_000, seed=1, label=pairs_decide).splitlines()
    return write("rows.ffm", "".join(f"{line} 0:{draw.randrange(100, 500)}:1\n" for line in lines) + "bad\n")


def options_in(place: Path, **chosen: object) -> Options:
    common = {"passes": 3, "max_bad": 1, "checkpoint": str(place), "checkpoint_every_s": 0.0, "resume": True}
    return Options(**{**common, **chosen})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_a_run_that_is_resumed_ends_with_the_same_bits(rows: str, tmp_path: Path, name: str) -> None:
    draw = random.Random(name)
    options = options_in(tmp_path / "points")
    wanted = train(asked(name), [rows], options._replace(checkpoint=None, resume=False))

    found = run_until_killed(asked(name), rows, options, 5)
    assert found is None
    while found is None:
        threads = draw.choice([1, 2])
        found = run_until_killed(asked(name), rows, options._replace(threads=threads), draw.randrange(10, 60))
    assert [done.learned for done in found.passes] == [done.learned for done in wanted.passes]
    assert found.skipped([rows]) == wanted.skipped([rows])
    assert files_of(found, tmp_path / "found") == files_of(wanted, tmp_path / "wanted")


@pytest.mark.parametrize("name", ["algorithm", "network"])
def test_an_interrupt_waits_for_the_batch_and_is_gone_on_from(
    rows: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    options = options_in(tmp_path / "points", checkpoint_every_s=1_000)
    kind = type(train(asked(name), [rows], options._replace(passes=1, checkpoint=None, resume=False)).runner)  # type: ignore[attr-defined]
    run, calls = kind.run, 0

    def interrupted(self: Any, *arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 7:
            signal.raise_signal(signal.SIGINT)
        return run(self, *arguments, **named)

    monkeypatch.setattr(kind, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(asked(name), [rows], options)
    monkeypatch.undo()
    told: list[str] = []
    found = train(asked(name), [rows], options, tell=told.append)
    assert told[0] == "training goes on in pass 1, after 700 rows of it"
    wanted = train(asked(name), [rows], options._replace(checkpoint=None, resume=False))
    assert files_of(found, tmp_path / "found") == files_of(wanted, tmp_path / "wanted")


def test_a_run_goes_on_only_with_the_settings_of_its_algorithm(rows: str, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        train(Small(k=3), [rows], options_in(tmp_path), progress=_killed)
    with pytest.raises(TrainingError, match=r"its settings was \{'k': 3\}, and here it is \{'k': 2\}"):
        train(Small(k=2), [rows], options_in(tmp_path))


def _killed(*_: object) -> None:
    raise Killed


def test_a_run_goes_on_only_with_the_same_batches(rows: str, tmp_path: Path) -> None:
    algorithm = Small()
    algorithm.rows = 50
    with pytest.raises(Killed):
        train(algorithm, [rows], options_in(tmp_path), progress=_killed)
    with pytest.raises(TrainingError, match="its examples of a batch was 50, and here it is 100"):
        train(Small(), [rows], options_in(tmp_path))
    wanted = train(algorithm, [rows], options_in(tmp_path, checkpoint=None, resume=False))
    again = Small()
    again.rows = 50
    assert train(again, [rows], options_in(tmp_path)).predict([rows], max_bad=1) == wanted.predict([rows], max_bad=1)


@pytest.mark.parametrize("name", NAMES)
def test_the_second_pass_comes_from_the_cache_with_equal_bits(rows: str, tmp_path: Path, name: str) -> None:
    options = Options(max_bad=1)
    once = train(asked(name), [rows], options)
    wanted = train(asked(name), [rows], options, start=once)
    for threads in (1, 3):
        cache = str(tmp_path / "cache")
        found = train(asked(name), [rows], options._replace(passes=2, threads=threads, cache=cache))
        assert [done.from_cache for done in found.passes] == [threads == 3, True]
        assert [done.learned for done in found.passes] == [done.learned for done in wanted.passes]
        assert files_of(found, tmp_path / str(threads)) == files_of(wanted, tmp_path / "wanted")


def test_where_a_cache_is_damaged_in_its_middle_the_rest_comes_from_text(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("rows.svm", libsvm(teacher_rows(4_000, seed=1)) * 12)  # more than two blocks
    options = Options(threads=1, cache=str(tmp_path / "cache"))
    wanted = train(FM(), [path], options)
    (file,) = (tmp_path / "cache").iterdir()
    body = bytearray(file.read_bytes())
    body[len(body) * 3 // 4] ^= 1
    file.write_bytes(body)
    begun: list[int] = []
    through = _batchwise.Batchwise._go_through

    def noted(self: Any, *arguments: Any) -> None:
        begun.append(self._course.rows)
        through(self, *arguments)

    monkeypatch.setattr(_batchwise.Batchwise, "_go_through", noted)
    found = train(FM(), [path], options)
    assert not found.passes[0].from_cache
    assert begun[0] == 0 < begun[1] < 48_000
    assert found.passes[0].learned == wanted.passes[0].learned
    assert found.predict([path]) == wanted.predict([path])


def test_negatives_that_are_left_out_are_made_up_for(write: Write) -> None:
    draw = np.random.default_rng(3)
    lines = (f"{int(draw.random() < 0.02 * (1 + i % 5))} {i % 5}\n" for i in range(30_000))
    path = write("rare.svm", "".join(lines))
    part = train(FM(), [path], Options(passes=10, negatives=0.5))
    found = part.evaluate([path])
    assert part.trained_rows < 10 * 17_000
    assert part.passes[0].learned.base_rate == pytest.approx(found.base_rate, rel=0.03)
    assert found.mean_prediction == pytest.approx(found.base_rate, rel=0.1)


def test_networks_learn_as_much_with_a_row_for_each_feature(write: Write, tmp_path: Path) -> None:
    path = write("rows.ffm", fields_file(8_000, seed=1, label=pairs_decide))
    held = write("held.ffm", fields_file(3_000, seed=2, label=pairs_decide))
    chosen = {**NETWORK, "latent_alpha": 0.1, "first": 0.5, "dense_alpha": 0.005, "table": "exact"}
    for more in ({}, {"admit": 2}, {"memory": 1 << 20, "spill": str(tmp_path)}):
        trained = train(make_model("deepfm", {**chosen, **more}), [path], Options(passes=4))
        trained.save(str(tmp_path / "model"))
        auc = trained.evaluate([held]).auc
        assert auc is not None
        assert auc > 0.76
        assert len(np.load(tmp_path / "model/table_weights_keys.npy")) == 48
        assert load(str(tmp_path / "model")).predict([held]) == trained.predict([held])


@pytest.mark.parametrize("name", ["widedeep", "deepfm", "dcn"])
def test_networks_tell_classes_apart(write: Write, tmp_path: Path, name: str) -> None:
    def which(row: np.ndarray, draw: np.random.Generator) -> float:
        return float((row[0] % 3 + row[2] % 3) % 3) if draw.random() < 0.9 else float(draw.integers(3))

    path = write("rows.ffm", fields_file(8_000, seed=1, label=which))
    held = write("held.ffm", fields_file(2_000, seed=2, label=which))
    softmax = {"loss": "softmax", "classes": 3, "latent_alpha": 0.1, "first": 0.5, "dense_alpha": 0.005, "bits": 12}
    trained = train(make_model(name, {**NETWORK, **softmax}), [path], Options(passes=4))
    assert (trained.evaluate([held]).accuracy or 0) > 0.85  # weights alone come to a third
    found = np.array(trained.predict([held])).reshape(-1, 3)
    assert found.sum(axis=1) == pytest.approx(np.ones(2_000), abs=1e-5)
    trained.save(str(tmp_path / "model"))
    assert load(str(tmp_path / "model")).predict([held]) == trained.predict([held])
    odd = write("odd.ffm", "-1 0:1:1\n7 1:2:1\n")  # nobody looks at the labels
    assert len(trained.predict([odd])) == 6
    with pytest.raises(FormatError, match="3 is no class: they go from 0 to 2"):
        train(make_model(name, {**NETWORK, **softmax}), [write("a.ffm", "3 0:1:1\n")])


BUFFERS = {
    "wide": torch.tensor([1.0, 1 / 3], dtype=torch.float64),
    "narrow": torch.tensor([0.1], dtype=torch.float16),
    "brain": torch.tensor([0.1, 3.0], dtype=torch.bfloat16),
    "small": torch.tensor([-3, 7], dtype=torch.int8),
    "whole": torch.tensor(5, dtype=torch.int32),
    "flags": torch.tensor([True, False]),
    "mask": torch.tensor([[0.0, -torch.inf]]),
    "none": torch.empty(0, 3),
}


class InTorch(Algorithm):
    """A weight for each feature, and a module that adds a constant."""

    tables = {"w": Sparse(1, bits=10)}  # noqa: RUF012 - never changed
    rows = 50

    def module(self) -> Any:
        module = torch.nn.Embedding(1, 1, sparse=True)
        for name, buffer in BUFFERS.items():
            module.register_buffer(name, buffer.clone())
        return module

    def optimizer(self, module: Any) -> Any:
        """Its number of steps is no tensor."""
        return torch.optim.SparseAdam(module.parameters(), lr=0.05)

    def step(self, batch: Any, tables: Any, dense: Any) -> Any:
        constants = dense(torch.zeros(len(batch), dtype=torch.long))[:, 0]
        scores = batch.pool(tables["w"])[:, 0] + constants
        return scores, torch.nn.functional.binary_cross_entropy_with_logits(scores, batch.labels, reduction="none")


class Scheduled(InTorch):
    """Steps become smaller with each batch."""

    def optimizer(self, module: Any) -> Any:
        self._optimizer = super().optimizer(module)
        return self._optimizer

    def step(self, batch: Any, tables: Any, dense: Any) -> Any:
        for group in self._optimizer.param_groups if torch.is_grad_enabled() else ():
            group["lr"] *= 0.9
            group["betas"] = (group["betas"][0] * 0.99, group["betas"][1])
        return super().step(batch, tables, dense)


@pytest.mark.parametrize("kind", [InTorch, Scheduled])
def test_what_a_module_and_its_optimiser_hold_comes_back(rows: str, tmp_path: Path, kind: type[Algorithm]) -> None:
    options = Options(max_bad=1)
    half = train(kind(), [rows], options)
    half.save(str(tmp_path / "half"))
    again: Any = load(str(tmp_path / "half"), algorithm=kind)
    for name, buffer in BUFFERS.items():
        found = getattr(again.runner.module, name)
        assert found.dtype == buffer.dtype
        assert torch.equal(found, buffer)
    assert again.predict([rows], max_bad=1) == half.predict([rows], max_bad=1)
    whole = train(kind(), [rows], options._replace(passes=2))
    assert files_of(train(again.algorithm, [rows], options, start=again), tmp_path / "again") == files_of(
        whole, tmp_path / "whole"
    )


def test_a_run_that_is_resumed_goes_on_with_the_same_steps(rows: str, tmp_path: Path) -> None:
    options = options_in(tmp_path / "points")
    wanted = train(Scheduled(), [rows], options._replace(checkpoint=None, resume=False))
    assert run_until_killed(Scheduled(), rows, options, 45) is None
    found = train(Scheduled(), [rows], options)
    assert files_of(found, tmp_path / "found") == files_of(wanted, tmp_path / "wanted")


def test_a_model_from_before_groups_were_kept_is_gone_on_with(rows: str, tmp_path: Path) -> None:
    trained = train(asked("network"), [rows], Options(max_bad=1))
    trained.save(str(tmp_path / "model"))
    manifest = tmp_path / "model/manifest.json"
    fields = json.loads(manifest.read_text())
    (group,) = fields["parts"]["dense"].pop("groups")
    assert group["lr"] == trained.model.dense_alpha
    manifest.write_text(json.dumps(fields))
    assert (
        train(asked("network"), [rows], Options(max_bad=1), start=load(str(tmp_path / "model"))).trained_rows == 6_000
    )
    for strange in ([], [3], [{"lr": [0.1]}], [{"lr": None}], [{"fused": 1}], [{"params": [0]}], [{"betas": [0.9]}], 3):
        fields["parts"]["dense"]["groups"] = strange
        manifest.write_text(json.dumps(fields))
        with pytest.raises(FormatError):
            load(str(tmp_path / "model"))


class ListKeeping(torch.optim.SGD):  # type: ignore[misc]
    """Its state is no array."""

    def step(self, closure: Any = None) -> Any:
        for parameter in self.param_groups[0]["params"]:
            self.state[parameter]["seen"] = ["a"]
        return super().step(closure)


class Listing(InTorch):
    """An algorithm with that optimiser."""

    def optimizer(self, module: Any) -> Any:
        return ListKeeping(module.parameters(), lr=0.1)


class Complex(InTorch):
    """It has a buffer of complex numbers."""

    def module(self) -> Any:
        module = super().module()
        module.register_buffer("waves", torch.zeros(2, dtype=torch.complex64))
        return module


@pytest.mark.parametrize(
    ("algorithm", "what"),
    [
        (Listing(), "the state 'seen' of ListKeeping is no tensor or number, and cannot be saved"),
        (Complex(), "'waves' has the type complex64, and cannot be saved"),
    ],
)
def test_what_could_not_be_saved_is_said_after_the_first_batch(rows: str, algorithm: Algorithm, what: str) -> None:
    seen: list[int] = []
    with pytest.raises(ConfigError, match=what):
        train(algorithm, [rows], Options(max_bad=1), progress=lambda _, rows, __: seen.append(rows))
    assert not seen


class Columns(Algorithm):
    """A weight for each feature."""

    tables = {"w": Sparse(1, bits=10)}  # noqa: RUF012 - never changed
    rows = 50

    def step(self, batch: Any, tables: Any, dense: Any) -> Any:
        scores = batch.pool(tables["w"])[:, 0]
        slopes = (sigmoid(scores) - batch.labels) * batch.weights
        tables.grad("w", batch.unpool(slopes[:, None]))
        return scores


class Classes(Algorithm):
    """A weight of each class for each feature."""

    tables = {"w": Sparse(3, bits=10)}  # noqa: RUF012 - never changed
    loss = "softmax"
    outputs = 3
    rows = 50

    def step(self, batch: Any, tables: Any, dense: Any) -> Any:
        scores = batch.pool(tables["w"])
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        tables.grad("w", batch.unpool(chances - np.eye(3, dtype=np.float32)[np.nan_to_num(batch.labels).astype(int)]))
        return scores


def test_algorithms_tell_classes_apart(tmp_path: Path) -> None:
    draw = np.random.default_rng(6)
    kind = draw.integers(0, 3, 2_000)
    frame = pl.DataFrame({"kind": kind, "which": np.where(draw.random(2_000) < 0.9, kind, 0)})
    algorithm = Classes()
    algorithm.label = "which"
    frame = frame.with_columns(kind=pl.col("kind").cast(pl.String))
    trained = train(algorithm, frame, Options(passes=2))
    assert (trained.evaluate(frame).accuracy or 0) > 0.85
    assert trained.output_names == ("score_0", "score_1", "score_2")
    assert np.array(trained.predict(frame)).reshape(-1, 3).sum(axis=1) == pytest.approx(np.ones(2_000), abs=1e-5)
    with pytest.raises(ConfigError, match="the softmax loss knows no negatives"):
        train(Classes(), frame, Options(negatives=0.5), start=trained)
    algorithm = Classes()
    algorithm.loss, algorithm.label = "logistic", "which"
    with pytest.raises(ConfigError, match="several outputs go with the loss softmax"):
        train(algorithm, frame)


def test_algorithms_learn_from_tables(tmp_path: Path) -> None:
    draw = np.random.default_rng(4)
    kind = draw.choice(["a", "b", "c"], 2_000)
    label = (draw.random(2_000) < np.where(kind == "a", 0.9, 0.2)).astype(int)
    frame = pl.DataFrame({"kind": kind, "noise": draw.integers(0, 5, 2_000), "bought": label})
    frame.write_parquet(tmp_path / "rows.parquet")
    path, out = str(tmp_path / "rows.parquet"), str(tmp_path / "model")
    with pytest.raises(ConfigError, match="no column was named as label"):
        train(Columns(), [path])
    algorithm = Columns()
    algorithm.label = "bought"
    trained = train(algorithm, [path], Options(passes=3))
    trained.save(out)
    again = load(out, algorithm=Columns)
    assert (again.evaluate([path]).auc or 0) > 0.8
    assert again.predict(frame) == trained.predict([path])
    spec = f"{__file__}:Columns"
    assert main(["train", spec, "--data", path, "--label", "bought", "--out", str(tmp_path / "other")]) == 0
    assert main(["evaluate", str(tmp_path / "other"), "--data", path, "--algorithm", spec]) == 0


def test_predictions_of_many_batches_are_handed_over_as_they_come(write: Write) -> None:
    path = write("rows.svm", libsvm(teacher_rows(1_000, seed=1)))
    trained = train(Small(), [path])
    parts: list[int] = []
    trained.predict_each([path], lambda part: parts.append(len(part)))
    assert parts == [100] * 10
