"""Boosted trees are LightGBM's, and keep the contract of all models; their leaves are features of a sparse model."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import lightgbm
import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from tests.learning.examples import libsvm, teacher_rows
from tiffin.errors import ConfigError, FormatError, MissingDependency, TrainingError
from tiffin.models import make_model
from tiffin.train import Options, load, train
from tiffin.train._examples import Examples
from tiffin.train._forest import _dense

Write = Callable[[str, str], str]
EXACT = Options(deterministic=True, threads=1)  # OpenMP on a busy machine waits by spinning
SMALL = {"rounds": 20, "min_rows": 5}


def dense_rows(count: int, *, seed: int, width: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Values, and labels that depend on a pair of them."""
    random = np.random.default_rng(seed)
    X = np.round(random.normal(size=(count, width)), 3).astype(np.float32)
    y = (X[:, 0] * X[:, 1] + 0.5 * X[:, 2] + random.normal(scale=0.3, size=count) > 0).astype(float)
    return X, y


def text_of(X: np.ndarray, y: np.ndarray) -> str:
    return libsvm([(label, [(i, float(x)) for i, x in enumerate(row)]) for label, row in zip(y, X, strict=True)])


@pytest.mark.parametrize(
    ("loss", "objective"), [("logistic", "binary"), ("squared", "regression"), ("poisson", "poisson")]
)
def test_predictions_are_those_of_lightgbm(write: Write, loss: str, objective: str) -> None:
    X, y = dense_rows(3_000, seed=1)
    labels = y if loss == "logistic" else np.round(np.exp(X[:, 0]) * 3)
    path = write("rows.svm", text_of(X, labels))
    trained = train(make_model("trees", {"loss": loss, "rate": 0.2, "leaves": 15, "rounds": 30}), [path], EXACT)
    settings = {
        "objective": objective,
        "learning_rate": 0.2,
        "num_leaves": 15,
        "verbosity": -1,
        "deterministic": True,
        "force_col_wise": True,
    }
    theirs = lightgbm.train(settings, lightgbm.Dataset(X, labels), 30)
    assert np.array_equal(np.array(trained.predict([path])), np.asarray(theirs.predict(X), "f4"))
    assert np.array_equal(
        np.array(trained.predict([path], scores=True)), np.asarray(theirs.predict(X, raw_score=True), "f4")
    )


def test_trees_are_the_same_whether_values_are_a_dense_matrix_or_not(write: Write, tmp_path: Path) -> None:
    X, y = dense_rows(2_000, seed=4)
    X[X == 0] = 0.001  # zeros are no features
    lines = text_of(X, y).splitlines()
    label, *features = lines[7].split()
    turned = [*lines[:7], " ".join([label, *reversed(features)]), *lines[8:]]
    for name, text in (("dense", lines), ("turned", turned)):
        train(make_model("trees", SMALL), [write(f"{name}.svm", "\n".join(text))], EXACT).save(str(tmp_path / name))
    for name in ("trees.txt", "columns.npy"):
        assert (tmp_path / "dense" / name).read_bytes() == (tmp_path / "turned" / name).read_bytes()


@pytest.mark.parametrize(
    ("begins", "keys", "is_dense"),
    [
        ([0, 2, 4], [9, 5, 9, 5], True),
        ([0, 2, 4], [9, 5, 5, 9], False),
        ([0, 3, 4], [9, 5, 9, 5], False),
        ([0, 2, 4], [5, 5, 5, 5], False),
        ([0, 2, 4], [9, 7, 9, 7], False),
        ([0, 2, 3], [9, 5, 9], False),
        ([0], [], False),
    ],
)
def test_a_matrix_is_dense_where_all_examples_have_all_features_in_one_order(
    begins: list[int], keys: list[int], *, is_dense: bool
) -> None:
    values = np.arange(len(keys), dtype=np.float32)
    none = np.empty(0, np.float32)
    examples = Examples(np.array(begins, np.int64), np.array(keys, np.uint64), values, none, none)
    found = _dense(examples, np.array([5, 9], np.uint64))
    assert (found is not None) == is_dense
    if found is not None:
        assert found.tolist() == [[1, 0], [3, 2]]  # columns by ascending keys


def test_rare_features_make_no_difference(write: Write) -> None:
    """They are left out, because no leaf could hold their examples."""
    rows = teacher_rows(4_000, seed=2, features=600)
    path = write("rows.svm", libsvm(rows))
    trained = train(make_model("trees", {"rounds": 20, "min_rows": 40}), [path], EXACT)
    X = np.zeros((len(rows), 600), np.float32)
    for row, (_, features) in zip(X, rows, strict=True):
        row[[i for i, _ in features]] = 1
    used = X.sum(axis=0)
    assert 0 < (used < 40).sum() < 600
    settings = {"objective": "binary", "min_data_in_leaf": 40, "verbosity": -1, "deterministic": True}
    theirs = lightgbm.train(settings, lightgbm.Dataset(X, [label for label, _ in rows]), 20)
    assert np.allclose(np.array(trained.predict([path])), theirs.predict(X), atol=1e-6)


def test_what_is_said_of_a_pass_is_so(write: Write) -> None:
    X, y = dense_rows(2_000, seed=3)
    path = write("rows.svm", text_of(X, y))
    held_X, held_y = dense_rows(1_000, seed=4)
    held = write("held.svm", text_of(held_X, held_y))
    trained = train(make_model("trees", SMALL), [path], EXACT)
    for found, where, labels in ((trained.passes[0].learned, path, y), (trained.evaluate([held]), held, held_y)):
        chances = np.array(trained.predict([where]), float)
        assert found.loss == pytest.approx(log_loss(labels, chances), rel=1e-4)
        assert found.auc == pytest.approx(roc_auc_score(labels, chances), abs=1e-3)
        assert found.base_rate == pytest.approx(labels.mean())


def test_adding_trees_ends_where_held_out_examples_are_predicted_no_better(write: Write) -> None:
    X, y = dense_rows(400, seed=5)
    held_X, held_y = dense_rows(400, seed=6)
    path, held = write("rows.svm", text_of(X, y)), write("held.svm", text_of(held_X, held_y))
    model = make_model("trees", {"rounds": 500, "rate": 0.3, "patience": 5})
    stopped = train(model, [path], EXACT._replace(valid=[held]))
    assert 1 <= stopped.forest.trees < 100  # type: ignore[attr-defined]
    best = stopped.evaluate([held]).loss
    assert best < train(model, [path], EXACT).evaluate([held]).loss
    for rounds in (stopped.forest.trees - 1, stopped.forest.trees + 1):  # type: ignore[attr-defined]
        if rounds:
            other = train(model._replace(rounds=rounds), [path], EXACT)
            assert best <= other.evaluate([held]).loss + 1e-6
    assert stopped.passes[0].learned.loss == pytest.approx(stopped.evaluate([path]).loss, rel=1e-4)


@pytest.mark.parametrize("name", ["trees", "gbdt_lr", "gbdt_fm"])
def test_a_model_comes_back_and_goes_on(write: Write, tmp_path: Path, name: str) -> None:
    paths = [write(f"{seed}.svm", text_of(*dense_rows(1_500, seed=seed))) for seed in (7, 8)]
    trained = train(make_model(name, SMALL), paths[:1], EXACT)
    trained.save(str(tmp_path / "model"))
    back = load(str(tmp_path / "model"))
    assert back.predict(paths) == trained.predict(paths)
    assert back.trained_rows == trained.trained_rows
    for one in (trained, back):
        train(one.model, paths[1:], EXACT, start=one)
    assert back.predict(paths) == trained.predict(paths)
    assert back.evaluate(paths).loss < load(str(tmp_path / "model")).evaluate(paths).loss
    trees = back.forest.trees  # type: ignore[attr-defined]
    assert trees == (40 if name == "trees" else 20)  # leaves stay, their weights learn


@pytest.mark.parametrize("name", ["trees", "gbdt_lr"])
def test_the_same_bits_for_any_number_of_threads(write: Write, tmp_path: Path, name: str) -> None:
    path = write("rows.svm", text_of(*dense_rows(3_000, seed=9)))
    folders = []
    for threads in (1, 3):
        folders.append(tmp_path / str(threads))
        train(make_model(name, SMALL), [path], EXACT._replace(threads=threads)).save(str(folders[-1]))
    one, other = ({file.name: file.read_bytes() for file in folder.iterdir()} for folder in folders)
    assert one == other


@pytest.mark.parametrize("name", ["trees", "gbdt_lr"])
def test_a_damaged_model_is_refused(write: Write, tmp_path: Path, name: str) -> None:
    place = tmp_path / "model"
    train(make_model(name, SMALL), [write("rows.svm", text_of(*dense_rows(300, seed=10)))], EXACT).save(str(place))
    good = {file.name: file.read_bytes() for file in place.iterdir()}
    for file, body in good.items():
        for broken in (body[:-2], body + b"x", b"", b"\x80\x04K\x01." + body[5:]):
            (place / file).write_bytes(broken)
            with pytest.raises(FormatError):
                load(str(place))
        (place / file).write_bytes(body)
    load(str(place))


@pytest.mark.parametrize(
    ("line", "change"),
    [
        ("split_feature=", "99999"),
        ("left_child=", "0"),
        ("right_child=", "-900"),
        ("decision_type=", "1"),
        ("num_cat=", "1"),
        ("num_leaves=", "31000"),
        ("max_feature_idx=", "4"),
        ("num_class=", "3"),
    ],
)
def test_trees_that_leave_their_bounds_are_refused(write: Write, tmp_path: Path, line: str, change: str) -> None:
    place = tmp_path / "model"
    train(make_model("trees", SMALL), [write("rows.svm", text_of(*dense_rows(300, seed=11)))], EXACT).save(str(place))
    before, after = (place / "trees.txt").read_text().split(line, 1)
    value, rest = after.split("\n", 1)
    words = value.split(" ")
    words[-1] = change
    put_text(place, f"{before}{line}{' '.join(words)}\n{rest}")
    with pytest.raises(FormatError, match="expected"):
        load(str(place))


def with_lines(after: str, lines: str) -> Callable[[str], str]:
    """Put these after the first line that begins so."""
    return lambda text: re.sub(rf"(?m)^{after}=.*\n", lambda found: found[0] + lines, text, count=1)


def with_value(of: str, value: str) -> Callable[[str], str]:
    return lambda text: re.sub(rf"(?m)(?<=^{of}=).*", value, text, count=1)


def with_sizes(before: str) -> Callable[[str], str]:
    """Put the sizes of the trees twice, the first time with this before."""
    return lambda text: re.sub(r"(?m)^tree_sizes=.*\n", lambda found: before + 2 * found[0], text)


def with_first_lines_astray(text: str) -> str:
    """As many lines as LightGBM reads of a tree at the most, before those that are good."""
    begin = text.index("\nTree=0\n") + len("\nTree=0\n")
    good = text[begin : text.index("\n\n", begin)]
    bad = re.sub(r"(?m)^split_feature=\d+", "split_feature=99999", good)
    more = "".join(f"more{i}=1\n" for i in range(22 - len(good.split("\n"))))
    return f"{text[:begin]}{bad}\n{more}{text[begin:]}"


def with_hidden_tree(text: str) -> str:
    """One more, which begins after the other end of a line."""
    begin = text.index("\nTree=0\n") + 1
    end = text.index("\n\n", begin) + 2
    hidden = re.sub(r"(?m)^split_feature=\d+", "split_feature=99999", text[begin:end])
    return f"{text[:end]}\r{hidden}{text[end:]}"


def cut_off(end: str) -> Callable[[str], str]:
    """Let the last line of the last tree end so."""
    return lambda text: text[: text.rindex("\nshrinkage")] + end


@pytest.mark.parametrize(
    ("spoiled", "message"),
    [
        pytest.param(with_lines("split_gain", "x=1\rsplit_feature=99999\n"), r"found 'x=1\\r", id="two ends of lines"),
        pytest.param(with_value("shrinkage", "1\rsplit_feature=99999"), r"found '1\\r", id="and in a number"),
        pytest.param(with_sizes(""), "found 'tree_sizes=", id="sizes twice"),
        pytest.param(with_sizes("x=1\r"), r"found 'x=1\\rtree_sizes=", id="sizes after an end of a line"),
        pytest.param(with_hidden_tree, "no more fields, found ''", id="a tree after an end of a line"),
        pytest.param(with_first_lines_astray, "found 'more0=1'", id="more lines than are read"),
        pytest.param(
            with_lines("decision_type", "left_child=0\n"), "right_child=, found 'left_child=", id="a field twice"
        ),
        pytest.param(with_lines("is_linear", "leaf_depth=1\n"), "found 'leaf_depth=1'", id="a field nobody knows"),
        pytest.param(cut_off(""), "an end of trees", id="cut off after a line"),
        pytest.param(cut_off("\nshrinkage"), "an end of trees", id="cut off in a name"),
        pytest.param(cut_off("\nshrinkage=1"), "an end of trees", id="cut off in a number"),
        pytest.param(cut_off("\nshrinkage\n\n\nend of trees\n"), "found 'shrinkage'", id="a name alone"),
        pytest.param(with_value("objective", "multiclass num_class:99"), "binary", id="more classes than scores"),
        pytest.param(with_value("shrinkage", "0x1p3"), "found '0x1p3'", id="a number of another kind"),
        pytest.param(with_value("leaf_count", "1_0"), "found '1_0'", id="a number that Python reads"),
        pytest.param(with_value("Tree", "7"), "tree 0", id="another number of a tree"),
    ],
)
def test_a_text_that_could_be_read_in_two_ways_is_refused(
    write: Write, tmp_path: Path, spoiled: Callable[[str], str], message: str
) -> None:
    place = tmp_path / "model"
    model = make_model("trees", {"rounds": 3, "min_rows": 5})
    train(model, [write("rows.svm", text_of(*dense_rows(300, seed=11)))], EXACT).save(str(place))
    put_text(place, spoiled((place / "trees.txt").read_text()))
    with pytest.raises(FormatError, match=f"this model is damaged: expected .*{message}"):
        load(str(place))


def test_columns_are_an_array_and_files_as_long_as_is_said(write: Write, tmp_path: Path) -> None:
    place = tmp_path / "model"
    train(make_model("trees", SMALL), [write("rows.svm", text_of(*dense_rows(300, seed=11)))], EXACT).save(str(place))
    columns, manifest = (place / "columns.npy").read_bytes(), json.loads((place / "manifest.json").read_text())
    with (place / "columns.npy").open("wb") as file:
        np.savez(file, columns=np.arange(6, dtype=np.uint64))
    with pytest.raises(FormatError, match=r"this model is damaged: .*magic"):
        load(str(place))
    (place / "columns.npy").write_bytes(columns)
    for part, value, message in (("columns", 2**31 - 1, "npy header"), ("trees_bytes", 1 << 40, "bytes of trees")):
        parts = {**manifest["parts"], part: value}
        (place / "manifest.json").write_text(json.dumps({**manifest, "parts": parts}))
        with pytest.raises(FormatError, match=f"this model is damaged: .*expected .*{message}"):
            load(str(place))


def put_text(place: Path, text: str) -> None:
    """Replace the trees of a model."""
    manifest = json.loads((place / "manifest.json").read_text())
    manifest["parts"]["trees_bytes"] = (place / "trees.txt").write_bytes(text.encode())
    (place / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("trees", {}),
        ("trees", {"loss": "squared"}),
        ("trees", {"loss": "poisson"}),
        ("trees", {"loss": "softmax", "classes": 3}),
        ("trees", {"min_rows": 400}),  # no split, and no column
        ("gbdt_lr", {}),
        ("gbdt_fm", {"loss": "softmax", "classes": 3}),
    ],
)
def test_a_model_that_was_saved_has_the_same_bits(
    write: Write, tmp_path: Path, name: str, chosen: dict[str, str | int]
) -> None:
    X, y = dense_rows(300, seed=17)
    path = write("rows.svm", text_of(X, y + (X[:, 3] > 0) if "loss" in chosen else y))
    trained = train(make_model(name, {**SMALL, **chosen}), [path], EXACT)
    trained.save(str(tmp_path / "model"))
    back = load(str(tmp_path / "model"))
    for scores in (False, True):
        before, after = (np.array(one.predict([path], scores=scores)).tobytes() for one in (trained, back))
        assert after == before
    back.save(str(tmp_path / "again"))
    for file in ("trees.txt", "columns.npy"):
        assert (tmp_path / "again" / file).read_bytes() == (tmp_path / "model" / file).read_bytes()


def test_ids_that_were_never_seen_are_no_feature(write: Write) -> None:
    X, y = dense_rows(500, seed=12)
    path = write("rows.svm", text_of(X, y))
    more = write("more.svm", "".join(f"{line} 77:3 12345678901:1\n" for line in text_of(X, y).splitlines()))
    trained = train(make_model("trees", SMALL), [path], EXACT)
    assert trained.predict([more]) == trained.predict([path])


def test_features_that_a_line_has_twice_are_added_up(write: Write) -> None:
    X, y = dense_rows(500, seed=13)
    halves = [
        (label, [(i, float(x) / 2) for _ in range(2) for i, x in enumerate(row)])
        for label, row in zip(y, X, strict=True)
    ]
    one, other = write("one.svm", text_of(X, y)), write("other.svm", libsvm(halves))
    model = make_model("trees", SMALL)
    assert train(model, [one], EXACT).predict([one]) == train(model, [other], EXACT).predict([one])


def test_leaves_say_what_a_line_of_weights_cannot(write: Write) -> None:
    path = write("rows.svm", text_of(*dense_rows(6_000, seed=14)))
    held = write("held.svm", text_of(*dense_rows(3_000, seed=15)))
    aucs = {}
    for name in ("lr", "gbdt_lr", "gbdt_fm"):
        for raw in (False, True) if name != "lr" else (False,):
            chosen = {"min_rows": 10, "raw": raw} if name != "lr" else {}
            trained = train(make_model(name, chosen), [path], EXACT._replace(passes=2))
            aucs[name, raw] = trained.evaluate([held]).auc or 0
            assert trained.trained_rows == (12_000 if name == "lr" else 6_000)  # the other half taught the trees
    assert aucs["lr", False] < 0.8
    assert all(auc > 0.88 for (name, _), auc in aucs.items() if name != "lr")


def test_bad_lines_are_named(write: Write) -> None:
    good = text_of(*dense_rows(200, seed=16))
    path = write("rows.svm", good + "bad\n7 1:1\n")
    with pytest.raises(FormatError, match=r"rows\.svm:201:1: expected a number as label"):
        train(make_model("trees", SMALL), [path], EXACT)
    trained = train(make_model("trees", SMALL), [path], EXACT._replace(max_bad=2))
    assert trained.passes[0].learned.bad_rows == trained.bad_rows == 2
    assert trained.skipped([path])[1] == f"{path}:202: label 7 is neither 0 and 1 nor -1 and 1"


def test_what_cannot_be_learned_is_said(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_model("trees")
    with pytest.raises(TrainingError, match="there is no example"):
        train(model, [write("empty.svm", "\n")])
    with pytest.raises(TrainingError, match="all 2 examples have the same label"):
        train(model, [write("same.svm", "1 1:1\n1 2:1\n")])
    with pytest.raises(ConfigError, match="a score of trees has no 'alpha': size of the steps"):
        make_model("trees", {"alpha": 1})
    with pytest.raises(ConfigError, match="leaves go into a score of linear"):
        train(make_model("gbdt_lr")._replace(score="leaves"), [write("two.svm", "1 1:1\n0 2:1\n")])
    with pytest.raises(ConfigError, match="trees add up alone, found a score of linear"):
        train(model._replace(score="linear + trees"), [write("both.svm", "1 1:1\n0 2:1\n")])
    for name in ("_forest", "_trees", "_leaves"):
        monkeypatch.delitem(sys.modules, f"tiffin.train.{name}")
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(MissingDependency, match="need the library lightgbm") as caught:
        train(model, [write("three.svm", "1 1:1\n0 2:1\n")])
    assert caught.value.hint == "pip install 'tiffin[trees]'"
