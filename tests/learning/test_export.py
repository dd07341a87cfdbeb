"""Models in fewer bytes predict what they did, about."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.learning.examples import libsvm, teacher_rows
from tiffin.cli import main
from tiffin.errors import ConfigError, FormatError, TrainingError
from tiffin.models import make_model
from tiffin.train import Options, Trained, load, train

Write = Callable[[str, str], str]
EXACT = Options(deterministic=True)
CHOSEN: dict[str, dict] = {
    "lr": {"bits": 14},
    "exact": {"k": 4, "table": "exact"},
    "fm": {"k": 4, "bits": 14},
    "ffm": {"k": 4, "fields": 3, "bits": 14},
    "softmax": {"loss": "softmax", "classes": 2, "k": 4, "bits": 14},
    "gbdt_lr": {"rounds": 10, "bits": 14},
    "deepfm": {"k": 8, "layers": "8", "fields": 3, "bits": 14},
}


def learned(write: Write, name: str, count: int = 8_000) -> tuple[Trained, str]:
    texts = [
        "".join(f"{label:g} " + " ".join(f"{i % 3}:{i}:1" for i, _ in features) + "\n" for label, features in rows)
        for rows in (teacher_rows(count, seed=seed, features=300) for seed in (1, 2))
    ]
    path, held = (write(f"{number}.ffm", text) for number, text in enumerate(texts))
    model = make_model("fm" if name in {"softmax", "exact"} else name, CHOSEN[name])
    return train(model, [path], EXACT._replace(threads=1)), held


@pytest.mark.parametrize("dtype", ["float16", "int8"])
@pytest.mark.parametrize("name", list(CHOSEN))
def test_scores_and_order_hardly_change(write: Write, tmp_path: Path, name: str, dtype: str) -> None:
    trained, held = learned(write, name)
    trained.save(str(tmp_path / "slim"), state=False)
    trained.save(str(tmp_path / "small"), state=False, dtype=dtype)
    small = load(str(tmp_path / "small"))
    wanted, found = (np.array(one.predict([held], scores=True)) for one in (trained, small))
    assert np.abs(found - wanted).max() < (0.01 if dtype == "float16" else 0.15)
    before, after = trained.evaluate([held]), small.evaluate([held])
    assert after.loss == pytest.approx(before.loss, abs=1e-3)
    if before.auc is not None and after.auc is not None:
        assert abs(after.auc - before.auc) < 0.001
    file = "table_latent.npy" if name == "deepfm" else "weights.npy"
    sizes = [(tmp_path / place / file).stat().st_size - 128 for place in ("slim", "small")]
    assert sizes[1] * (2 if dtype == "float16" else 4) == sizes[0]
    with pytest.raises(TrainingError, match="saved without the state"):
        train(small.model, [held], start=small)


def test_a_weight_is_at_most_half_a_step_away(write: Write, tmp_path: Path) -> None:
    trained, _ = learned(write, "fm")
    for dtype in ("float32", "int8"):
        trained.save(str(tmp_path / dtype), state=False, dtype=dtype)
    exact, bytes_ = (
        {name: np.load(tmp_path / dtype / f"{name}.npy") for name in ("weights", "latent")}
        for dtype in ("float32", "int8")
    )
    scale = json.loads((tmp_path / "int8/manifest.json").read_text())["parts"]["weights_scale"]
    scales = np.load(tmp_path / "int8/latent_scale.npy")[:, None]
    assert scale == pytest.approx(np.abs(exact["weights"]).max() / 127)
    assert np.all(np.abs(bytes_["weights"] * scale - exact["weights"]) <= scale * 0.501)
    assert np.all(np.abs(bytes_["latent"] * scales - exact["latent"]) <= scales * 0.501)
    assert np.abs(bytes_["latent"]).max(axis=1).min() == 127


@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_a_damaged_model_is_refused(write: Write, tmp_path: Path, dtype: str) -> None:
    place = tmp_path / "model"
    trained = train(make_model("fm", {"bits": 12}), [write("a.svm", "1 1:1\n0 2:1\n")], EXACT)
    trained.save(str(place), state=False, dtype=dtype)
    for file in list(place.iterdir()):
        body = file.read_bytes()
        for broken in (body[:-2], body + b"x", b"", b"\x80\x04K\x01." + body[5:]):
            file.write_bytes(broken)
            with pytest.raises(FormatError):
                load(str(place))
        file.write_bytes(body)
    np.save(place / "rows.npy", np.array([1, 1 << 12], np.uint32))
    with pytest.raises(FormatError, match="row 4096 of a table of 4096"):
        load(str(place))


def test_what_cannot_be_kept_so_is_said(write: Write, tmp_path: Path) -> None:
    path = write("a.svm", libsvm(teacher_rows(100, seed=3)))
    trained = train(make_model("lr", {"bits": 12}), [path])
    with pytest.raises(ConfigError, match="kept as float32 or float16 or int8, found 'int4'"):
        trained.save(str(tmp_path / "model"), state=False, dtype="int4")
    with pytest.raises(ConfigError, match="a model that goes on is kept as float32"):
        trained.save(str(tmp_path / "model"), dtype="int8")
    with pytest.raises(ConfigError, match="kept as float32, found 'int8'"):
        train(make_model("trees"), [path]).save(str(tmp_path / "model"), state=False, dtype="int8")


@pytest.mark.parametrize("bits", [0x7C00, 0xFC00, 0x7E01], ids=["inf", "-inf", "nan"])
def test_what_is_no_finite_number_is_refused(write: Write, tmp_path: Path, bits: int) -> None:
    place = tmp_path / "model"
    trained = train(make_model("lr", {"bits": 12}), [write("a.svm", "1 1:1\n0 2:1\n")], EXACT)
    trained.save(str(place), state=False, dtype="float16")
    values = np.load(place / "weights.npy")
    values[0] = np.array(bits, np.uint16).view(np.float16)
    np.save(place / "weights.npy", values)
    with pytest.raises(FormatError, match=r"weights\.npy: a value is no finite number"):
        load(str(place))


def test_every_half_is_read_as_numpy_reads_it(write: Write, tmp_path: Path) -> None:
    place = tmp_path / "model"
    train(make_model("lr", {"bits": 16}), [write("a.svm", "1 1:1\n0 2:1\n")], EXACT).save(
        str(place), state=False, dtype="float16"
    )
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    finite = np.flatnonzero(np.isfinite(halves)).astype(np.uint32)
    np.save(place / "rows.npy", finite)
    np.save(place / "weights.npy", halves[finite])
    manifest = json.loads((place / "manifest.json").read_text())
    manifest["parts"]["rows"] = len(finite)
    (place / "manifest.json").write_text(json.dumps(manifest))
    load(str(place)).save(str(tmp_path / "again"), state=False)
    rows = np.load(tmp_path / "again/rows.npy")
    assert np.array_equal(np.load(tmp_path / "again/weights.npy"), halves[rows].astype(np.float32))
    assert set(finite.tolist()) - set(rows.tolist()) == {0, 1 << 15}  # zeros are not kept


def test_an_algorithm_of_ones_own_is_named_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = tmp_path / "fm.py"
    text = (Path(__file__).parents[2] / "docs/how-to/write-an-algorithm.md").read_text()
    code.write_text(text.partition("```python\n")[2].partition("```")[0])
    rows = tmp_path / "a.svm"
    rows.write_text(libsvm(teacher_rows(500, seed=3)))
    model, small = str(tmp_path / "model"), str(tmp_path / "small")
    assert main(["train", f"{code}:FM", "--data", str(rows), "--out", model]) == 0
    assert main(["export", model, "--dtype", "int8", "--out", small]) != 0
    assert "--algorithm fm.py:FM" in capsys.readouterr().err
    assert main(["export", model, "--dtype", "int8", "--out", small, "--algorithm", f"{code}:FM"]) == 0
    assert np.load(f"{small}/table_v.npy").dtype == np.int8
    assert np.load(f"{small}/table_w.npy").dtype == np.float16
    capsys.readouterr()
    found = []
    for directory in (model, small):
        assert main(["predict", directory, "--data", str(rows), "--algorithm", f"{code}:FM"]) == 0
        found.append(np.array(capsys.readouterr().out.split(), dtype=float))
    assert np.abs(found[0] - found[1]).max() < 0.01
