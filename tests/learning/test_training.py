"""Learning from files: the same numbers as the twin, the same bits for any number of threads, models that come back."""

import errno
import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.learning.examples import libsvm, teacher_rows
from tests.learning.twins import Twin
from tiffin._native.learning import key
from tiffin.errors import ConfigError, FormatError, MissingDependency, TargetError, TrainingError, UsageError
from tiffin.models import make_model
from tiffin.train import Options, load, train

Write = Callable[[str, str], str]
EXACT = Options(deterministic=True)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_linear_models_learn_what_the_twin_learns(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    optimizer = data.draw(st.sampled_from(["ftrl", "adagrad", "normalized", "sgd"]))
    loss = data.draw(st.sampled_from(["logistic", "squared", "poisson"]))
    numbers = st.sampled_from([0.0, 0.001, 0.1, 0.5])
    model = make_model(
        "lr",
        {
            "optimizer": optimizer,
            "loss": loss,
            "alpha": data.draw(st.sampled_from([0.01, 0.1, 0.5])),
            "l1": data.draw(numbers),
            "l2": data.draw(numbers),
            "bits": 6,
        },
    )
    value = st.sampled_from([1.0, 1.0, 0.5, -2.0, 0.125])
    features = st.lists(st.tuples(st.integers(0, 30), value), max_size=20)
    rows = data.draw(st.lists(st.tuples(st.sampled_from([0.0, 1.0]), features), min_size=2, max_size=20))
    rows += [(0.0, []), (1.0, [])]
    folder = tmp_path_factory.mktemp("twin")
    (folder / "rows.svm").write_text(libsvm(rows))
    trained = train(model, [str(folder / "rows.svm")], EXACT)
    trained.save(str(folder / "model"))

    twin = Twin(model)
    twin.learn([(label, [(key(0, str(feature)), x) for feature, x in row]) for label, row in rows])
    assert trained.passes[0].learned.loss == pytest.approx(twin.loss / len(rows), rel=1e-4, abs=1e-6)
    found = dict(zip(np.load(folder / "model/rows.npy"), np.load(folder / "model/weights.npy"), strict=True))
    for place, weight in twin.weights.items():
        assert found.get(place, 0) == pytest.approx(float(weight), rel=1e-3, abs=1e-5)
    bias = json.loads((folder / "model/manifest.json").read_text())["parts"]["bias"]
    assert bias[0] == pytest.approx(float(twin.bias), rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("name", ["lr", "fm", "ffm"])
def test_a_deterministic_model_has_the_same_bits_for_any_number_of_threads(
    write: Write, tmp_path: Path, name: str
) -> None:
    rows = teacher_rows(40_000, seed=1)
    text = libsvm(rows)
    model = make_model(name, {"bits": 12, **({"fields": 3} if name == "ffm" else {})})
    if name == "ffm":
        text = "".join(
            f"{label:g} " + " ".join(f"{i % 3}:{i}:1" for i, _ in features) + "\n" for label, features in rows
        )
    path = write("rows.ffm" if name == "ffm" else "rows.svm", text)
    folders = []
    for threads in (1, 2, 5):
        trained = train(model, [path], EXACT._replace(threads=threads, passes=2))
        folders.append(tmp_path / str(threads))
        trained.save(str(folders[-1]))
    first = {file.name: file.read_bytes() for file in folders[0].iterdir()}
    for folder in folders[1:]:
        assert {file.name: file.read_bytes() for file in folder.iterdir()} == first


def test_weights_are_learned_and_pairs_need_vectors(write: Write) -> None:
    linear, pairs = (write(f"{name}.svm", libsvm(teacher_rows(60_000, seed=2, pairs=name == "pairs"))) for name in ("linear", "pairs"))  # fmt: skip
    held_linear, held_pairs = (write(f"held-{name}.svm", libsvm(teacher_rows(5_000, seed=3, pairs=name == "pairs"))) for name in ("linear", "pairs"))  # fmt: skip
    on_linear = train(make_model("lr"), [linear]).evaluate([held_linear])
    assert on_linear.auc is not None
    assert on_linear.auc > 0.9
    lr = train(make_model("lr"), [pairs]).evaluate([held_pairs])
    fm = train(make_model("fm", {"k": 4}), [pairs], Options(passes=3)).evaluate([held_pairs])
    assert lr.auc is not None
    assert fm.auc is not None
    assert lr.auc < 0.85
    assert fm.auc > 0.9
    assert fm.loss < lr.loss


@pytest.mark.parametrize("name", ["lr", "fm", "ffm"])
@pytest.mark.parametrize("optimizer", ["ftrl", "adagrad", "normalized", "sgd"])
@pytest.mark.parametrize("k", [3, 4, 8, 16])
def test_every_combination_learns(write: Write, name: str, optimizer: str, k: int) -> None:
    rows = teacher_rows(4_000, seed=4)
    text = "".join(f"{label:g} " + " ".join(f"{i % 3}:{i}:1" for i, _ in features) + "\n" for label, features in rows)
    chosen = {"optimizer": optimizer, "bits": 12, "alpha": 0.1 if optimizer != "sgd" else 0.02}
    if name != "lr":
        chosen |= {"k": k, "latent_optimizer": optimizer, "latent_alpha": 0.05}
    if name == "ffm":
        chosen |= {"fields": 3}
    path = write("rows.ffm", text)
    losses = [done.learned.loss for done in train(make_model(name, chosen), [path], EXACT._replace(passes=3)).passes]
    assert losses[2] < losses[1] < losses[0] < 0.693


def test_a_model_comes_back_from_its_directory(write: Write, tmp_path: Path) -> None:
    path = write("rows.svm", libsvm(teacher_rows(5_000, seed=5)))
    for name in ("lr", "fm"):
        trained = train(make_model(name, {"bits": 14}), [path], EXACT)
        wanted = trained.predict([path])
        for state in (True, False):
            place = str(tmp_path / f"{name}-{state}")
            trained.save(place, state=state)
            assert load(place).predict([path]) == wanted
            assert load(place).predict([path], scores=True) != wanted


def test_training_goes_on_where_it_ended(write: Write, tmp_path: Path) -> None:
    paths = [write(f"{n}.svm", libsvm(teacher_rows(3_000, seed=n))) for n in (1, 2)]
    model = make_model("fm", {"bits": 12, "k": 4})
    at_once = train(model, paths, EXACT)
    train(model, paths[:1], EXACT).save(str(tmp_path / "first"))
    later = train(model, paths[1:], EXACT, start=load(str(tmp_path / "first")))
    at_once.save(str(tmp_path / "at-once"))
    later.save(str(tmp_path / "later"))
    for file in (tmp_path / "at-once").iterdir():
        assert file.read_bytes() == (tmp_path / "later" / file.name).read_bytes(), file.name
    later.save(str(tmp_path / "slim"), state=False)
    with pytest.raises(TrainingError, match="saved without the state"):
        train(model, paths, start=load(str(tmp_path / "slim")))


def test_the_model_is_read_in_ten_lines_of_numpy(write: Write, tmp_path: Path, repository: Path) -> None:
    page = (repository / "docs/formats/model.md").read_text(encoding="utf-8")
    code = page.partition("```python\n")[2].partition("```")[0].replace('"model/', f'"{tmp_path}/model/')
    rows = teacher_rows(2_000, seed=6)
    trained = train(make_model("lr", {"bits": 16}), [write("rows.svm", libsvm(rows))], EXACT)
    trained.save(str(tmp_path / "model"))
    names: dict = {}
    exec(code, names)
    with np.errstate(over="ignore"):
        found = [names["probability"]([key(0, str(i)) for i, _ in features]) for _, features in rows[:50]]
    assert found == pytest.approx(list(trained.predict([str(tmp_path / "rows.svm")])[:50]), rel=1e-5)


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_compressed_files_read_as_plain_ones(write: Write, tmp_path: Path, ending: str) -> None:
    import zstandard

    text = libsvm(teacher_rows(30_000, seed=8))
    plain = write("rows.svm", text)
    packed = tmp_path / f"rows.svm{ending}"
    pack = gzip.compress if ending == ".gz" else zstandard.ZstdCompressor().compress
    packed.write_bytes(pack(text.encode()))
    model = make_model("lr", {"bits": 12})
    one, other = (train(model, [path], EXACT).predict([plain]) for path in (plain, str(packed)))
    assert one == other
    packed.write_bytes(packed.read_bytes()[:-200])
    with pytest.raises(FormatError, match="the compressed data is damaged"):
        train(model, [str(packed)], EXACT)


def test_a_damaged_model_is_refused(write: Write, tmp_path: Path) -> None:
    place = tmp_path / "model"
    train(make_model("fm", {"bits": 12}), [write("a.svm", "1 1:1\n0 2:1\n")]).save(str(place))
    good = {file.name: file.read_bytes() for file in place.iterdir()}
    for name, body in good.items():
        for broken in (body[:-2], body + b"x", b"", b"\x80\x04K\x01." + body[5:]):
            (place / name).write_bytes(broken)
            with pytest.raises(FormatError):
                load(str(place))
        (place / name).unlink()
        with pytest.raises((FormatError, TargetError)):
            load(str(place))
        (place / name).write_bytes(body)
    (place / "rows.npy").write_bytes(good["rows.npy"][:-4] + b"\xff\xff\xff\xff")
    with pytest.raises(FormatError, match="of a table of 4096"):
        load(str(place))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"format": "other"}, "it does not say that its format is 'tiffin model 1'"),
        ({"model": {"score": "linear + fm"}}, "a score of linear + fm with k=0 and fields=0"),
        ({"model": {"score": "xgb"}}, "a score has no term 'xgb'"),
        ({"model": {"score": "linear + fm", "k": float("inf")}}, "'k' should be a whole number, found inf"),
        ({"model": {"score": "linear + fm", "k": 4, "bits": 99}}, "'bits' goes from 1 to 32, found 99"),
        ({"parts": {"bias": [float("nan"), 0, 0], "rows": 1}}, "nan is no finite number"),
        ({"parts": {"bias": [10**400, 0, 0], "rows": 1}}, "int too large to convert to float"),
        ({"parts": {"bias": [0, 0, 0], "rows": -1}}, "'rows' goes from 0 to 4096, found -1"),
        ({"parts": {"bias": [0, 0, 0], "rows": 5000}}, "'rows' goes from 0 to 4096, found 5000"),
        ({"trained_rows": None}, "'trained_rows' goes from 0 to"),
        ({"parts": {"bias": None, "rows": 1}}, "'NoneType' object is not iterable"),
        ({"parts": {"bias": [0, 0], "rows": 1}}, "'bias' should be 3 numbers, found 2"),
        ({"parts": {"bias": [0, 0, 0]}}, "no field 'rows'"),
        ({"parts": 3}, "'parts' is no mapping"),
        ({"model": []}, "'model' is no mapping"),
    ],
)
def test_a_strange_manifest_is_refused(write: Write, tmp_path: Path, change: dict, what: str) -> None:
    place = tmp_path / "model"
    train(make_model("fm", {"bits": 12}), [write("a.svm", "1 1:1\n0 2:1\n")]).save(str(place))
    fields = json.loads((place / "manifest.json").read_text())
    (place / "manifest.json").write_text(json.dumps({**fields, **change}))
    with pytest.raises(FormatError, match=re.escape(what)):
        load(str(place))
    for body in ("[" * 500_000, "{}", "3", ""):
        (place / "manifest.json").write_text(body)
        with pytest.raises(FormatError):
            load(str(place))


def test_numbers_that_are_none_are_not_loaded(write: Write, tmp_path: Path) -> None:
    train(make_model("lr", {"bits": 12}), [write("a.svm", "1 1:1\n0 2:1\n")]).save(str(tmp_path / "model"))
    weights = np.load(tmp_path / "model/weights.npy")
    weights[0] = np.nan
    np.save(tmp_path / "model/weights.npy", weights)
    with pytest.raises(FormatError, match="a value is no finite number"):
        load(str(tmp_path / "model"))


def test_only_a_model_is_replaced(write: Write, tmp_path: Path) -> None:
    trained = train(make_model("lr"), [write("a.svm", "1 1:1\n0 2:1\n")])
    for name, file in (("web", "manifest.json"), ("mine", "scores.csv")):
        place = tmp_path / name
        if name == "mine":
            trained.save(str(place))
        else:
            place.mkdir()
        (place / file).write_text('{"name": "my app"}')
        (place / "precious").write_text("1")
        with pytest.raises(TargetError, match="is there, and no model"):
            trained.save(str(place))
        assert (place / "precious").read_text() == "1"
    for body in ('{"name": "my app"}', '{"format": "mine"}', '["tiffin model 1"]', "{", ""):
        place = tmp_path / "notes"
        place.mkdir(exist_ok=True)
        (place / "manifest.json").write_text(body)
        (place / "precious.txt").write_text("1")
        with pytest.raises(TargetError, match="is there, and no model"):
            trained.save(str(place))
        assert (place / "precious.txt").read_text() == "1"


@pytest.mark.parametrize("body", ['{"format": "tiffin model 1"}', '{"format": "tiffin model 2", "model": {}}'])
def test_a_model_that_cannot_be_read_is_replaced(write: Write, tmp_path: Path, body: str) -> None:
    trained = train(make_model("lr"), [write("a.svm", "1 1:1\n0 2:1\n")])
    trained.save(str(tmp_path / "model"))
    (tmp_path / "model/manifest.json").write_text(body)
    trained.save(str(tmp_path / "model"))
    assert load(str(tmp_path / "model")).trained_rows == 2


def test_a_model_can_be_written_through_a_link_and_again(write: Write, tmp_path: Path) -> None:
    trained = train(make_model("lr"), [write("a.svm", "1 1:1\n0 2:1\n")])
    (tmp_path / "link").symlink_to("place")
    for _ in range(3):
        trained.save(str(tmp_path / "link"))
    assert load(str(tmp_path / "place")).trained_rows == 2
    assert (tmp_path / "link").is_symlink()
    assert not list(tmp_path.glob("*.tiffin-*"))


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        return process.pid


def test_a_run_killed_between_the_renames_leaves_the_old_model(write: Write, tmp_path: Path, dead: int) -> None:
    trained = train(make_model("lr"), [write("a.svm", "1 1:1\n0 2:1\n")])
    trained.save(str(tmp_path / "model"))
    (tmp_path / "model").rename(tmp_path / f"model.tiffin-{dead}.old")
    assert load(str(tmp_path / "model")).trained_rows == 2
    (tmp_path / "model").rename(tmp_path / f"model.tiffin-{dead}.old")
    trained.save(str(tmp_path / "model"))
    assert load(str(tmp_path / "model")).trained_rows == 2


def test_of_runs_that_write_one_model_each_is_there_as_a_whole(write: Write, tmp_path: Path, dead: int) -> None:
    rows = write("rows.svm", libsvm(teacher_rows(300, seed=1)))
    trained = train(make_model("lr", {"bits": 12}), [rows])
    place = tmp_path / "model"
    left = tmp_path / f"model.tiffin-{dead}.tmp"
    left.mkdir()
    (left / "weights.npy").write_bytes(b"of a run that was killed")
    code = (
        "import sys\nfrom tiffin.train import load\n"
        "model = load(sys.argv[1])\nfor _ in range(40): model.save(sys.argv[2])\n"
    )
    trained.save(str(tmp_path / "start"))
    trained.save(str(place))
    assert not left.exists()
    others = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "start"), str(place)], stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for other in others:
        said = other.communicate()[1]
        assert other.returncode == 0, said
    assert load(str(place)).predict([rows]) == trained.predict([rows])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "rows.svm", "start"]


def test_what_no_label_says_is_not_evaluated(write: Write) -> None:
    trained = train(make_model("lr"), [write("a.svm", "1 1:1\n0 2:1\n")])
    with pytest.raises(FormatError, match="label 2 is neither 0 and 1 nor -1 and 1"):
        trained.evaluate([write("b.svm", "1 1:1\n2 2:1\n")])
    with pytest.raises(FormatError, match="the example has no label"):
        trained.evaluate([write("b.vw", "| 1\n")])
    with pytest.raises(TrainingError, match="there is no example"):
        trained.evaluate([write("c.svm", "\n")])


@pytest.mark.parametrize("name", ["lr", "fm", "ffm"])
@pytest.mark.parametrize("optimizer", ["adagrad", "normalized", "ftrl"])
def test_numbers_at_the_edge_are_learned_from(write: Write, name: str, optimizer: str) -> None:
    path = write("edge.ffm", "1 0:5:1e-23\n0 1:6:1e-30\n1 0:5:1e-25 1:6:1\n0 0:7:1\n")
    chosen = {"optimizer": optimizer, "beta": 1 if optimizer == "ftrl" else 0, "bits": 10}
    if name != "lr":
        chosen |= {"latent_optimizer": optimizer, "latent_beta": chosen["beta"]}
    if name == "ffm":
        chosen |= {"fields": 2}
    trained = train(make_model(name, chosen), [path], EXACT._replace(passes=3))
    assert all(0 < chance < 1 for chance in trained.predict([path]))


def test_an_example_of_tiny_values_alone_has_a_length_too(write: Write) -> None:
    rows = write("rows.ffm", "1 0:1:1e-40 1:2:1e-40\n0 0:1:1 1:3:1\n" * 20)
    trained = train(make_model("ffm", {"bits": 10, "fields": 2}), [rows])
    assert np.isfinite(trained.predict([rows])).all()


def test_no_one_waits_for_an_idle_pipe_after_an_interrupt(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = Event()

    def hold() -> None:
        with (tmp_path / "pipe").open("w"):
            done.wait(20)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    writer = Thread(target=hold)
    writer.start()
    begun = monotonic()
    options = EXACT._replace(data_format="libsvm")
    with pytest.raises(KeyboardInterrupt):
        train(make_model("lr", {"bits": 12}), [str(tmp_path / "pipe")], options, progress=interrupt)
    assert monotonic() - begun < 10
    done.set()
    writer.join()


def test_errors_of_who_takes_predictions_are_not_of_the_data(write: Write) -> None:
    path = write("a.svm", "1 1:1\n0 2:1\n")

    def take(_: object) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    with pytest.raises(BrokenPipeError):
        train(make_model("lr", {"bits": 12}), [path], EXACT).predict_each([path], take)


@pytest.mark.parametrize("optimizer", ["adagrad", "normalized", "ftrl"])
@pytest.mark.parametrize("name", ["lr", "fm"])
def test_a_model_of_huge_numbers_can_be_read(write: Write, tmp_path: Path, name: str, optimizer: str) -> None:
    chosen = {"loss": "squared", "optimizer": optimizer, "bits": 8, "alpha": 1e-6}
    if name == "fm":
        chosen |= {"latent_optimizer": optimizer, "latent_alpha": 1e-6}
    path = write("huge.svm", "1.7e18 1:10 2:10\n-1.7e18 1:10 2:10\n" * 5)
    trained = train(make_model(name, chosen), [path], EXACT)
    trained.save(str(tmp_path / "model"))
    assert load(str(tmp_path / "model")).predict([path]) == trained.predict([path])


def test_a_model_of_numbers_that_are_not_finite_is_not_written(write: Write, tmp_path: Path) -> None:
    wild = make_model("lr", {"loss": "squared", "optimizer": "sgd", "alpha": 1e9, "bits": 8})
    trained = train(wild, [write("wild.svm", "1e20 1:1\n1e30 2:1000\n")], EXACT)
    with pytest.raises(TrainingError, match="the scores grew beyond all numbers"):
        trained.save(str(tmp_path / "model"))
    assert not (tmp_path / "model").exists()


def test_a_pipe_is_read(write: Write, tmp_path: Path) -> None:
    text = libsvm(teacher_rows(5_000, seed=9))
    os.mkfifo(tmp_path / "pipe")
    feeder = Thread(target=lambda: (tmp_path / "pipe").write_text(text))
    feeder.start()
    trained = train(make_model("lr", {"bits": 12}), [str(tmp_path / "pipe")], EXACT._replace(data_format="libsvm"))
    feeder.join()
    plain = write("plain.svm", text)
    assert trained.predict([plain]) == train(make_model("lr", {"bits": 12}), [plain], EXACT).predict([plain])


def test_weights_that_l1_outweighs_are_left_out(write: Write, tmp_path: Path) -> None:
    path = write("rows.svm", libsvm(teacher_rows(2_000, seed=10, features=400)))
    trained = train(make_model("lr", {"bits": 14, "l1": 3.0}), [path], EXACT)
    for state in (True, False):
        trained.save(str(tmp_path / str(state)), state=state)
    weights = {state: np.load(tmp_path / str(state) / "weights.npy") for state in (True, False)}
    assert len(weights[True]) == 400
    assert len(weights[False]) == np.count_nonzero(weights[True]) < 300
    assert load(str(tmp_path / "False")).predict([path]) == trained.predict([path])


def test_what_cannot_be_learned_is_said(write: Write, tmp_path: Path) -> None:
    model = make_model("lr")
    with pytest.raises(MissingDependency, match=r"'no\.svm' does not exist"):
        train(model, ["no.svm"])
    with pytest.raises(UsageError, match="does not say which format"):
        train(model, [write("a.txt", "1 1:1\n")])
    with pytest.raises(UsageError, match="one model reads one format"):
        train(model, [write("a.svm", "1 1:1\n"), write("a.vw", "1 | a\n")])
    with pytest.raises(TrainingError, match="there is no example"):
        train(model, [write("empty.svm", "\n\n")])
    with pytest.raises(TrainingError, match="all 2 examples have the same label"):
        train(model, [write("same.svm", "1 1:1\n1 2:1\n")])
    wild = make_model("lr", {"loss": "squared", "optimizer": "sgd", "alpha": 100})
    with pytest.raises(TrainingError, match="grew beyond all numbers") as caught:
        train(wild, [write("wild.svm", "1 1:1000\n" * 50)])
    assert caught.value.hint == "learn more slowly with a smaller alpha, or bring the values of features nearer to 1"
    with pytest.raises(TargetError, match="is there, and no model"):
        train(model, [write("b.svm", "1 1:1\n0 2:1\n")]).save(str(tmp_path))
    with pytest.raises(ConfigError, match="needs to know how many fields"):
        train(make_model("ffm"), [write("a.ffm", "1 0:1:1\n")])
    with pytest.raises(FormatError, match="field 7, and the model has 4 of them"):
        train(make_model("ffm", {"fields": 4}), [write("c.ffm", "1 7:1:1\n0 0:1:1\n")])


@pytest.mark.parametrize(
    ("name", "chosen", "what", "hint"),
    [
        ("xgb", {}, "no model 'xgb'", "there are lr, fm, ffm, widedeep, deepfm, dcn, trees, gbdt_lr, gbdt_fm"),
        ("lr", {"alhpa": 1}, "a model has no setting 'alhpa'", "did you mean 'alpha'?"),
        ("lr", {"alpha": "fast"}, "'alpha' should be a number, found 'fast'", None),
        ("lr", {"alpha": 0}, "'alpha' goes from 1e-09 to 1e+09, found 0", None),
        ("lr", {"bits": 2.5}, "'bits' should be a whole number, found 2.5", None),
        ("lr", {"k": 4}, "a score of linear has no 'k': numbers in a latent vector", None),
        (
            "lr",
            {"loss": "logistc"},
            "'loss' is one of logistic, squared, poisson, softmax, found 'logistc'",
            "did you mean 'logistic'?",
        ),
    ],
)
def test_wrong_settings_are_named(name: str, chosen: dict, what: str, hint: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        make_model(name, chosen)
    assert (caught.value.message, caught.value.hint) == (what, hint)
