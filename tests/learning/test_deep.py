"""Models with networks: the same curve as plain PyTorch, quality on real data, models that come back."""

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.lib import format as npy

from tests.learning.examples import libsvm, teacher_rows
from tests.learning.test_algorithms import fields_file, pairs_decide
from tiffin.errors import ConfigError, FormatError, MissingDependency, TrainingError
from tiffin.models import make_model
from tiffin.stream import batches
from tiffin.train import Options, load, train

torch: Any = pytest.importorskip("torch")
torch.set_num_threads(1)  # the tests run side by side

Write = Callable[[str, str], str]
REAL = Path(__file__).parents[3] / "shared/data/criteo_head_8k.tsv.gz"
SMALL = {"k": 4, "layers": "16,8", "bits": 12, "batch": 100, "latent_alpha": 0.1, "first": 0.5}


@pytest.fixture
def data(write: Write) -> tuple[str, str]:
    rows = write("rows.ffm", fields_file(10_000, seed=1, label=pairs_decide))
    return rows, write("held.ffm", fields_file(4_000, seed=2, label=pairs_decide))


@pytest.mark.parametrize("name", ["widedeep", "deepfm", "dcn"])
def test_networks_learn_what_weights_cannot(data: tuple[str, str], name: str) -> None:
    rows, held = data
    model = make_model(name, {**SMALL, "fields": 4, "dense_alpha": 0.005})
    auc = train(model, [rows], Options(passes=4)).evaluate([held]).auc
    linear = train(make_model("lr", {"bits": 12}), [rows]).evaluate([held]).auc
    assert auc is not None
    assert linear is not None
    assert auc > 0.76 > linear + 0.05


@pytest.mark.parametrize("name", ["widedeep", "deepfm", "dcn"])
def test_a_saved_model_predicts_the_same_and_learns_on(write: Write, tmp_path: Path, name: str) -> None:
    rows = write("rows.ffm", fields_file(2_000, seed=1, label=pairs_decide))
    model = make_model(name, {**SMALL, "fields": 4, "dropout": 0.2})
    whole = train(model, [rows], Options(passes=2))
    half = train(model, [rows])
    half.save(str(tmp_path / "model"))
    again = load(str(tmp_path / "model"))
    assert again.predict([rows]) == half.predict([rows])
    assert train(model, [rows], start=again).predict([rows]) == whole.predict([rows])
    half.save(str(tmp_path / "slim"), state=False)
    assert load(str(tmp_path / "slim")).predict([rows]) == half.predict([rows])
    assert not list((tmp_path / "slim").glob("*state*"))
    assert {path.suffix for path in (tmp_path / "model").iterdir()} == {".npy", ".json"}


class Plain(torch.nn.Module):  # type: ignore[misc]
    """DeepFM in plain PyTorch, from the first values of a model of ours."""

    def __init__(self, ours: Any, keys: np.ndarray) -> None:
        super().__init__()
        vectors, weights = (ours.runner.tables[name].pull(keys) for name in ("latent", "weights"))
        self.vectors = torch.nn.Embedding.from_pretrained(torch.from_numpy(vectors), freeze=False)
        self.weights = torch.nn.Embedding.from_pretrained(torch.from_numpy(weights), freeze=False)
        self.bias = torch.nn.Parameter(torch.zeros(()))
        self.mlp = torch.nn.Sequential(
            torch.nn.Linear(16, 16),
            torch.nn.ReLU(),
            torch.nn.Linear(16, 8),
            torch.nn.ReLU(),
            torch.nn.Linear(8, 1, bias=False),
        )
        self.mlp.load_state_dict(
            {
                name.removeprefix("mlp."): value
                for name, value in ours.runner.module.state_dict().items()
                if name.startswith("mlp.")
            }
        )

    def forward(self, places: Any) -> Any:
        v = self.vectors(places)
        pairs = 0.5 * (v.sum(1) ** 2 - (v**2).sum(1)).sum(1)
        return self.bias + self.weights(places).sum((1, 2)) + pairs + self.mlp(v.flatten(1))[:, 0]


def test_the_curve_is_that_of_plain_pytorch(write: Write) -> None:
    path = write("rows.ffm", fields_file(1_000, seed=1, label=pairs_decide))
    steps = {"optimizer": "sgd", "alpha": 0.02, "latent_optimizer": "sgd", "latent_alpha": 0.02}
    model = make_model(
        "deepfm", {**SMALL, **steps, "fields": 4, "bits": 20, "dense_optimizer": "sgd", "dense_alpha": 2.0}
    )
    with batches([path], rows=100) as found:
        read = [(batch.keys.reshape(-1, 4), batch.labels) for batch in found]
    keys = np.unique(np.concatenate([rows for rows, _ in read]))
    ours = train(model, [path], Options(passes=1), after_pass=lambda _: False)
    fresh: Any = __import__("tiffin.train._deep", fromlist=["new"]).new(model, "ffm")
    plain = Plain(fresh, keys)
    dense = [*plain.mlp.parameters(), plain.bias]
    optimizer = torch.optim.SGD(
        [
            {"params": [plain.vectors.weight, plain.weights.weight], "lr": 0.02},
            {"params": dense, "lr": 2.0 / 100},
        ]
    )
    for passed in range(5):
        losses = []
        for rows, labels in read:
            scores = plain(torch.from_numpy(np.searchsorted(keys, rows)))
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                scores, torch.from_numpy(labels), reduction="sum"
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        learned = train(model, [path], start=fresh).passes[-1].learned.loss
        assert learned == pytest.approx(sum(losses) / 1_000, rel=2e-4)
        if passed == 0:
            assert ours.passes[0].learned.loss == learned


@pytest.mark.parametrize("loss", ["squared", "poisson"])
def test_other_losses_are_learned(write: Write, loss: str) -> None:
    path = write("rows.ffm", fields_file(5_000, seed=1, label=lambda row, _: float(row[0] + row[1] % 3)))
    model = make_model("widedeep", {**SMALL, "fields": 4, "loss": loss, "batch": 50, "alpha": 0.02})
    trained = train(model, [path], Options(passes=5))
    assert trained.evaluate([path]).loss < 0.5 * trained.passes[0].learned.loss or loss == "poisson"
    assert (
        np.corrcoef(trained.predict([path]), [float(line.split()[0]) for line in Path(path).read_text().splitlines()])[
            0, 1
        ]
        > 0.9
    )


def test_files_without_fields_are_one_slot(write: Write) -> None:
    path = write("rows.svm", libsvm(teacher_rows(8_000, seed=5, pairs=True)))
    trained = train(make_model("deepfm", {**SMALL, "k": 8}), [path], Options(passes=3))
    assert trained.model.fields == 1
    assert (trained.passes[-1].learned.auc or 0) > 0.75


def test_features_of_one_field_are_added_up(write: Write) -> None:
    one, other = write("a.ffm", "1 0:1:1 0:2:1 1:3:1\n0 1:4:1\n"), write("b.ffm", "1 0:2:1 1:3:1 0:1:1\n0 1:4:1\n")
    trained = train(make_model("dcn", {**SMALL, "fields": 2}), [one])
    assert trained.predict([one]) == pytest.approx(trained.predict([other]), rel=1e-5)


def test_what_cannot_be_learned_is_said(write: Write, tmp_path: Path) -> None:
    path = write("a.ffm", "1 0:1:1\n0 3:1:1\n")
    with pytest.raises(ConfigError, match="needs to know how many fields there are"):
        train(make_model("deepfm"), [path])
    with pytest.raises(ConfigError, match="'layers' should be whole numbers from 1 to 65536, found '64,0'"):
        train(make_model("deepfm", {"layers": "64,0", "fields": 4}), [path])
    with pytest.raises(FormatError, match="field 3, and the model has 2 of them"):
        train(make_model("deepfm", {"fields": 2}), [path])
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match="device is cuda, and PyTorch finds no such GPU here"):
            train(make_model("deepfm", {"fields": 4, "device": "cuda"}), [path])
    train(make_model("deepfm", {**SMALL, "fields": 4}), [path]).save(str(tmp_path / "model"))
    manifest = json.loads((tmp_path / "model/manifest.json").read_text())
    manifest["model"]["layers"] = "9"
    (tmp_path / "model/manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(FormatError, match="its dense parameters are not those of this model"):
        load(str(tmp_path / "model"))


HUGE = {"fields": 65_536, "k": 256, "layers": "1"}  # a petabyte of weights for a layer that crosses all


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        (HUGE, "its dense parameters are not those of this model"),
        ({"layers": "65536,65536"}, "its dense parameters are not those of this model"),
        ({"layers": ",".join(["1"] * 1_000_000)}, "dense parameters, and more layers than that"),
    ],
    ids=["wide", "large", "deep"],
)
def test_no_memory_is_taken_for_what_the_files_do_not_hold(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], what: str
) -> None:
    path = write("a.ffm", "1 0:1:1\n0 3:1:1\n")
    train(make_model("dcn", {**SMALL, "fields": 4}), [path]).save(str(tmp_path / "model"))
    manifest = json.loads((tmp_path / "model/manifest.json").read_text())
    manifest["model"] |= settings
    (tmp_path / "model/manifest.json").write_text(json.dumps(manifest))
    monkeypatch.setattr("tiffin.train._deep.TorchRunner", None)  # what would take it
    with pytest.raises(FormatError, match=what):
        load(str(tmp_path / "model"))


def test_no_memory_is_taken_for_arrays_that_are_cut_off(write: Write, tmp_path: Path) -> None:
    train(make_model("dcn", {**SMALL, "fields": 4}), [write("a.ffm", "1 0:1:1\n0 3:1:1\n")]).save(str(tmp_path / "m"))
    manifest = json.loads((tmp_path / "m/manifest.json").read_text())
    manifest["model"] |= HUGE
    for entry in manifest["parts"]["dense"]["values"]:
        entry[2] = [1 << 48]
    (tmp_path / "m/manifest.json").write_text(json.dumps(manifest))
    for file in (tmp_path / "m").glob("dense_*.npy"):
        with file.open("wb") as out:
            npy.write_array_header_1_0(out, {"descr": "<f4", "fortran_order": False, "shape": (1 << 48,)})
    with pytest.raises(FormatError, match="the file is cut off"):
        load(str(tmp_path / "m"))


def test_states_of_an_optimiser_that_its_parameters_cannot_have_are_refused(write: Write, tmp_path: Path) -> None:
    path, place = write("rows.ffm", fields_file(200, seed=1, label=pairs_decide)), tmp_path / "model"
    trained = train(make_model("widedeep", {**SMALL, "fields": 4}), [path])
    trained.save(str(place))
    manifest = json.loads((place / "manifest.json").read_text())
    states = manifest["parts"]["dense"]["states"]
    (number,) = [at for at, (name, _, shape) in enumerate(states) if name == "1.exp_avg" and len(shape) == 2]
    np.save(place / f"dense_state_{number}.npy", np.zeros(1, np.float32))
    for name, shape in (("1.exp_avg", [1]), ("1.other", states[number][2]), ("99.exp_avg", [1])):
        states[number] = [name, "<f4", shape]
        if len(shape) == 2:
            np.save(place / f"dense_state_{number}.npy", np.zeros(shape, np.float32))
        (place / "manifest.json").write_text(json.dumps(manifest))
        with pytest.raises(FormatError, match="this model is damaged"):
            load(str(place))
        np.save(place / f"dense_state_{number}.npy", np.zeros(1, np.float32))


def test_networks_that_memory_has_no_room_for_are_told(write: Write) -> None:
    path = write("a.ffm", "1 0:1:1\n0 3:1:1\n")
    with pytest.raises(TrainingError, match="no memory for the layers of this model, and batches of 100 examples"):
        train(make_model("dcn", {**SMALL, **HUGE, "bits": 4}), [path])


def test_a_missing_library_is_named_with_its_extra(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("tiffin.train._deep", "tiffin.train._torch_runner"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingDependency, match="needs torch, which is not installed") as caught:
        train(make_model("dcn", {"fields": 2}), [write("a.ffm", "1 0:1:1\n0 1:1:1\n")])
    assert caught.value.hint == "pip install 'tiffin[torch]'"


@pytest.mark.skipif(
    not REAL.is_file(), reason="the sample of Criteo's logs is not here: shared/data/criteo_head_8k.tsv.gz"
)
def test_on_real_data_deepfm_is_no_worse_than_lr(tmp_path: Path) -> None:
    lines = gzip.decompress(REAL.read_bytes()).splitlines(keepends=True)
    lines = [line for line in lines if line[:2] in {b"0\t", b"1\t"}]
    cut = len(lines) * 3 // 4
    rows, held = tmp_path / "rows.criteo", tmp_path / "held.criteo"
    rows.write_bytes(b"".join(lines[:cut]))
    held.write_bytes(b"".join(lines[cut:]))
    linear = train(make_model("lr", {"alpha": 0.05}), [str(rows)], Options(deterministic=True)).evaluate([str(held)])
    model = make_model("deepfm", {"batch": 64, "latent_alpha": 0.02})
    deep = train(model, [str(rows)]).evaluate([str(held)])
    assert linear.auc is not None
    assert deep.auc is not None
    assert deep.auc > linear.auc - 0.01
