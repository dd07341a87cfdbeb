"""Softmax: several classes, each with weights of its own, that share the features' rows."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression as Theirs
from sklearn.model_selection import train_test_split

from tests.learning.examples import libsvm
from tests.learning.twins import F, states_of, step
from tiffin._native.learning import key, table_row
from tiffin.errors import ConfigError, FormatError
from tiffin.models import make_model
from tiffin.train import Options, load, train
from tiffin.train.estimators import FactorizationMachine, GradientBoostedTrees, LogisticRegression

Write = Callable[[str, str], str]
EXACT = Options(deterministic=True, threads=1)  # OpenMP on a busy machine waits by spinning


def digits_rows() -> tuple[list, list]:
    X, y = load_digits(return_X_y=True)
    train_X, test_X, train_y, test_y = train_test_split(X / 16, y, random_state=0)
    return [
        [
            (float(label), [(i, float(x)) for i, x in enumerate(row) if x])
            for label, row in zip(labels, rows, strict=True)
        ]
        for labels, rows in ((train_y, train_X), (test_y, test_X))
    ]  # type: ignore[return-value]


def softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    chances: np.ndarray = powers / powers.sum(axis=-1, keepdims=True)
    return chances


@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_weights_are_those_of_the_twin(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    optimizer = data.draw(st.sampled_from(["ftrl", "adagrad", "normalized", "sgd"]))
    classes = data.draw(st.integers(2, 5))
    chosen = {"optimizer": optimizer, "l1": data.draw(st.sampled_from([0.0, 0.01])), "bits": 6}
    model = make_model("lr", {**chosen, "loss": "softmax", "classes": classes})
    features = st.lists(st.tuples(st.integers(0, 30), st.sampled_from([1.0, 0.5, -2.0])), max_size=6)
    rows = data.draw(st.lists(st.tuples(st.integers(0, classes - 1).map(float), features), min_size=2, max_size=15))
    folder = tmp_path_factory.mktemp("twin")
    (folder / "rows.svm").write_text(libsvm(rows))
    trained = train(model, [str(folder / "rows.svm")], EXACT)

    states = states_of(optimizer, model.l1)
    weights: dict = {}
    bias = [(F(0), [F(0)] * states) for _ in range(classes)]
    loss = 0.0

    def learn(at: tuple, gradient: np.float32, x: np.float32):
        weight, state = at
        return step(optimizer, model.alpha, model.beta, model.l1, model.l2, weight, state, gradient, x)

    nothing = (F(0), [F(0)] * states)
    for label, given_features in rows:
        places = [(table_row(key(0, str(feature)), 6), F(x)) for feature, x in given_features]
        scores = np.array(
            [bias[c][0] + sum(weights.get((place, c), nothing)[0] * x for place, x in places) for c in range(classes)]
        )
        chances = softmax(scores)
        loss -= float(np.log(chances[int(label)]))
        for c in range(classes):
            slope = F(chances[c] - (c == label))
            for place, x in places:
                weights[place, c] = learn(weights.get((place, c), nothing), F(slope * x), x)
            bias[c] = learn(bias[c], slope, F(1))
    assert trained.passes[0].learned.loss == pytest.approx(loss / len(rows), rel=1e-3, abs=1e-5)
    trained.save(str(folder / "model"))
    numbers = np.load(folder / "model/rows.npy")
    found = np.load(folder / "model/weights.npy")
    assert found.shape == (len(numbers), classes)
    for (place, c), (weight, _) in weights.items():
        at = np.flatnonzero(numbers == place)
        assert (found[at[0], c] if len(at) else 0) == pytest.approx(float(weight), rel=1e-2, abs=1e-4)


@pytest.mark.parametrize("name", ["lr", "fm", "trees", "gbdt_lr"])
def test_digits_are_told_apart(write: Write, tmp_path: Path, name: str) -> None:
    rows, held = digits_rows()
    path, held_path = write("rows.svm", libsvm(rows)), write("held.svm", libsvm(held))
    chosen: dict = {"loss": "softmax", "classes": 10}
    if name in {"lr", "fm"}:
        chosen |= {"bits": 12, "alpha": 0.5}
    else:
        chosen |= {"rounds": 15, "min_rows": 5}
    passes = 1 if name == "trees" else 8
    trained = train(make_model(name, chosen), [path], EXACT._replace(passes=passes))
    evaluation = trained.evaluate([held_path])
    assert evaluation.accuracy is not None
    assert evaluation.accuracy > 0.9
    assert evaluation.auc is None
    chances = np.array(trained.predict([held_path])).reshape(-1, 10)
    labels = np.array([label for label, _ in held], int)
    assert chances.sum(axis=1) == pytest.approx(np.ones(len(held)), abs=1e-5)
    assert np.mean(chances.argmax(axis=1) == labels) == pytest.approx(evaluation.accuracy)
    assert -np.mean(np.log(chances[np.arange(len(held)), labels])) == pytest.approx(evaluation.loss, rel=1e-3)
    scores = np.array(trained.predict([held_path], scores=True)).reshape(-1, 10)
    assert softmax(scores) == pytest.approx(chances, abs=1e-4)
    for state in (True, False):
        trained.save(str(tmp_path / str(state)), state=state)
        assert load(str(tmp_path / str(state))).predict([held_path]) == trained.predict([held_path])


def test_training_goes_on_and_threads_agree(write: Write, tmp_path: Path) -> None:
    rows, _ = digits_rows()
    paths = [write("one.svm", libsvm(rows[:500])), write("other.svm", libsvm(rows[500:]))]
    model = make_model("fm", {"loss": "softmax", "classes": 10, "bits": 12, "k": 4})
    at_once = train(model, paths, EXACT._replace(threads=3))
    train(model, paths[:1], EXACT).save(str(tmp_path / "first"))
    later = train(model, paths[1:], EXACT, start=load(str(tmp_path / "first")))
    for name, one in (("at-once", at_once), ("later", later)):
        one.save(str(tmp_path / name))
    for file in (tmp_path / "at-once").iterdir():
        assert file.read_bytes() == (tmp_path / "later" / file.name).read_bytes(), file.name


def test_rows_of_their_own_are_learned_as_shared_ones(write: Write, tmp_path: Path) -> None:
    """Where no features share a row, tables differ in where rows are, and in nothing else."""
    rows, held = digits_rows()
    path, held_path = write("rows.svm", libsvm(rows)), write("held.svm", libsvm(held))
    for name in ("lr", "fm"):
        found = []
        for table in ({"table": "fixed", "bits": 18}, {"table": "exact"}):
            model = make_model(name, {"loss": "softmax", "classes": 10, **table})
            trained = train(model, [path], EXACT)
            trained.save(str(tmp_path / f"{name}-{table['table']}"))
            found.append(trained.predict([held_path]))
            assert load(str(tmp_path / f"{name}-{table['table']}")).predict([held_path]) == found[-1]
        assert found[0] == found[1]


def test_estimators_are_as_good_as_those_of_scikit_learn() -> None:
    X, y = load_digits(return_X_y=True)
    names = np.array([f"digit {i}" for i in range(10)])
    train_X, test_X, train_y, test_y = train_test_split(X / 16, names[y], random_state=0)
    theirs = Theirs(max_iter=1_000).fit(train_X, train_y).score(test_X, test_y)
    assert LogisticRegression(alpha=0.5).fit(train_X, train_y).score(test_X, test_y) > theirs - 0.01
    assert FactorizationMachine(alpha=0.5).fit(train_X, train_y).score(test_X, test_y) > theirs - 0.01
    trees = GradientBoostedTrees(rounds=30, threads=1).fit(train_X, train_y)
    assert trees.score(test_X, test_y) > 0.93
    assert trees.predict_proba(test_X).shape == (len(test_X), 10)
    assert trees.predict_proba(test_X).sum(axis=1) == pytest.approx(np.ones(len(test_X)))


def test_wrong_classes_are_said(write: Write) -> None:
    path = write("rows.svm", "0 1:1\n3 2:1\n")
    with pytest.raises(ConfigError, match="softmax needs to know how many classes") as caught:
        train(make_model("lr", {"loss": "softmax"}), [path])
    assert caught.value.hint == "say it with --set classes=N"
    with pytest.raises(ConfigError, match="classes are for the loss softmax, found logistic"):
        train(make_model("lr", {"classes": 3}), [path])
    with pytest.raises(ConfigError, match="softmax goes with all terms but ffm"):
        train(make_model("ffm", {"loss": "softmax", "classes": 4, "fields": 2}), [path])
    for name in ("lr", "trees"):
        with pytest.raises(FormatError, match=r"rows\.svm:2: label 3 is no class: they go from 0 to 2"):
            train(make_model(name, {"loss": "softmax", "classes": 3}), [path])
    with pytest.raises(FormatError, match=r"label -1 is no class"):
        train(make_model("lr", {"loss": "softmax", "classes": 3}), [write("b.svm", "-1 1:1\n")])
