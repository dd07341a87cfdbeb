"""A model whose rows stay in their files predicts the same as one that was read."""

import json
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from shutil import copytree, rmtree
from threading import Event, Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.learning.examples import libsvm, teacher_rows
from tests.learning.test_export import CHOSEN, learned
from tiffin._native import exchange
from tiffin.errors import FormatError, TrainingError
from tiffin.models import make_model
from tiffin.train import Options, load, train

Write = Callable[[str, str], str]
EXACT = Options(deterministic=True, threads=1)


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
@pytest.mark.parametrize("name", list(CHOSEN))
def test_predictions_are_the_same_bit_for_bit(write: Write, tmp_path: Path, name: str, dtype: str) -> None:
    trained, held = learned(write, name, 2_000)
    place = str(tmp_path / "model")
    trained.save(place, state=dtype == "float32", dtype=dtype)
    with Path(held).open("a") as file:
        file.write("1 0:999999:1 1:888888:1\n")  # features that no example had
    whole, mapped = load(place), load(place, mapped=True)
    for threads in (1, 3):
        assert mapped.predict([held], threads=threads) == whole.predict([held])
    assert mapped.evaluate([held], threads=1) == whole.evaluate([held], threads=1)
    mapped.save(str(tmp_path / "again"), state=False)
    assert load(str(tmp_path / "again")).predict([held]) == whole.predict([held])


def test_it_learns_nothing(write: Write, tmp_path: Path) -> None:
    rows = write("a.svm", libsvm(teacher_rows(100, seed=1)))
    for name in ("fm", "deepfm"):
        train(make_model(name, {"k": 4}), [rows], EXACT).save(str(tmp_path / name))
        mapped = load(str(tmp_path / name), mapped=True)
        with pytest.raises(TrainingError, match="saved without the state"):
            train(mapped.model, [rows], start=mapped)
        with pytest.raises(TrainingError, match="a mapped model only predicts"):
            mapped.learn([rows], Options())


def test_what_is_mapped_stays_when_the_model_is_replaced(write: Write, tmp_path: Path) -> None:
    rows = write("a.svm", libsvm(teacher_rows(1_000, seed=1)))
    place = str(tmp_path / "model")
    train(make_model("lr"), [rows], EXACT).save(place)
    mapped = load(place, mapped=True)
    before = mapped.predict([rows])
    train(make_model("lr"), [rows], EXACT._replace(passes=3)).save(place)
    assert mapped.predict([rows]) == before
    assert load(place, mapped=True).predict([rows]) != before


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_rows_are_found_however_they_are_spread(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Names that are spread evenly are found quickly; these are found, too."""
    folder = tmp_path_factory.mktemp("spread")
    (folder / "a.svm").write_text("1 1:1\n0 2:1\n")
    train(make_model("lr", {"bits": 8}), [str(folder / "a.svm")], EXACT).save(str(folder / "model"), state=False)
    some = st.sampled_from([st.integers(0, 255), st.integers(0, 9), st.integers(200, 255)]).flatmap(
        lambda numbers: st.sets(numbers, max_size=200)
    )
    rows = np.array(sorted(data.draw(some)), np.uint32)
    np.save(folder / "model/rows.npy", rows)
    np.save(folder / "model/weights.npy", np.arange(1, len(rows) + 1, dtype=np.float32) / 100)
    manifest = json.loads((folder / "model/manifest.json").read_text())
    manifest["parts"]["rows"] = len(rows)
    (folder / "model/manifest.json").write_text(json.dumps(manifest))
    every = folder / "every.svm"
    every.write_text("".join(f"1 {feature}:1\n" for feature in range(2_000)))
    whole, mapped = (load(str(folder / "model"), mapped=way).predict([str(every)]) for way in (False, True))
    assert mapped == whole
    assert len(set(whole)) >= len(rows)


def test_a_model_may_be_larger_than_memory(write: Write, tmp_path: Path) -> None:
    """Its files are holes, and tens of gibibytes long: nobody would read them in time."""
    rows = write("a.svm", libsvm(teacher_rows(100, seed=1)))
    place = tmp_path / "model"
    train(make_model("fm", {"k": 16, "table": "exact"}), [rows], EXACT).save(str(place), state=False)
    count = 1 << 30
    manifest = json.loads((place / "manifest.json").read_text())
    manifest["parts"]["rows"] = count
    (place / "manifest.json").write_text(json.dumps(manifest))
    for name, kind, shape in (
        ("keys", np.dtype("u8"), (count,)),
        ("weights", np.dtype("f4"), (count,)),
        ("latent", np.dtype("f4"), (count, 16)),
    ):
        file = place / f"{name}.npy"
        with file.open("wb") as body:
            np.lib.format.write_array_header_1_0(body, {"descr": kind.str, "fortran_order": False, "shape": shape})
            try:
                body.truncate(128 + kind.itemsize * int(np.prod(shape, dtype=object)))
            except OSError as error:
                pytest.skip(f"no such large file can be made here: {error.strerror}")
    found = load(str(place), mapped=True).predict([rows])
    assert len(set(found)) == 1  # all keys there are 0, so the features have none


def test_a_file_that_is_not_of_the_model_is_refused(write: Write, tmp_path: Path) -> None:
    rows = write("a.svm", libsvm(teacher_rows(100, seed=1)))
    place = tmp_path / "model"
    train(make_model("fm", {"bits": 12}), [rows], EXACT).save(str(place), state=False)
    for name in ("rows", "weights", "latent"):
        broken = tmp_path / f"without-{name}"
        copytree(place, broken)
        file = broken / f"{name}.npy"
        file.write_bytes(file.read_bytes()[:-4])
        with pytest.raises(FormatError, match=f"{name}.npy: expected .* bytes, found"):
            load(str(broken), mapped=True)
        file.unlink()
        with pytest.raises(FormatError, match=f"{name}.npy"):
            load(str(broken), mapped=True)
        rmtree(broken)


@pytest.mark.parametrize("mapped", [False, True])
def test_a_model_that_is_replaced_while_it_is_read_is_one_or_the_other(
    write: Write, tmp_path: Path, *, mapped: bool
) -> None:
    rows = write("a.svm", libsvm(teacher_rows(200, seed=1)))
    place = str(tmp_path / "model")
    models = [train(make_model("fm", {"bits": 12, "seed": seed}), [rows], EXACT) for seed in (1, 2)]
    known = {bytes(model.predict([rows])) for model in models}
    assert len(known) == 2
    for name in "ab":
        (tmp_path / name).mkdir()
    if not exchange(str(tmp_path / "a"), str(tmp_path / "b")):
        pytest.skip("this file system cannot exchange two directories")
    models[0].save(place)
    ended = Event()

    def replace() -> None:
        for model in cycle(models):
            model.save(place)
            if ended.wait(0.01):
                return

    writer = Thread(target=replace)
    writer.start()
    try:
        found = {bytes(load(place, mapped=mapped).predict([rows])) for _ in range(40)}
    finally:
        ended.set()
        writer.join()
    assert found <= known


@pytest.mark.parametrize("what", ["order", "number"])
def test_what_is_damaged_shows_when_it_is_looked_through(write: Write, tmp_path: Path, what: str) -> None:
    rows = write("a.svm", libsvm(teacher_rows(100, seed=1)))
    place = tmp_path / "model"
    train(make_model("lr", {"bits": 12}), [rows], EXACT).save(str(place), state=False)
    name = "rows" if what == "order" else "weights"
    values = np.load(place / f"{name}.npy")
    if what == "order":
        values[:2] = values[1::-1]
    else:
        values[3] = np.nan
    np.save(place / f"{name}.npy", values)
    mapped = load(str(place), mapped=True)
    with pytest.raises(FormatError, match=f"this model is damaged.*{name}.npy"):
        mapped.save(str(tmp_path / "again"))
    with pytest.raises(FormatError, match=f"this model is damaged.*{name}.npy"):
        load(str(place))
