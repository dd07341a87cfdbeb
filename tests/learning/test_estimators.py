"""The estimators keep scikit-learn's contract, and learn what the files teach."""

import pickle
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, make_classification, make_friedman1, make_regression
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import PoissonRegressor
from sklearn.metrics import d2_tweedie_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from tiffin.errors import ConfigError
from tiffin.train.estimators import (
    DCN,
    DCNRegressor,
    DeepFM,
    DeepFMRegressor,
    FactorizationMachine,
    FactorizationMachineRegressor,
    FieldFactorizationMachine,
    FieldFactorizationMachineRegressor,
    GradientBoostedTrees,
    GradientBoostedTreesRegressor,
    LeafHybrid,
    LeafHybridRegressor,
    LinearRegression,
    LogisticRegression,
    PoissonRegression,
    WideDeep,
    WideDeepRegressor,
)

COUNTS = FactorizationMachineRegressor(loss="poisson", passes=5)
ALL = [
    LogisticRegression(),
    FactorizationMachine(passes=5),
    FieldFactorizationMachine(bits=12),
    LinearRegression(),
    PoissonRegression(),
    GradientBoostedTrees(rounds=20, min_rows=5, threads=1),
    LeafHybrid(rounds=20, min_rows=5, threads=1),
    LeafHybrid(rounds=20, min_rows=5, k=4, threads=1),
    FactorizationMachineRegressor(passes=5),
    COUNTS,
    FieldFactorizationMachineRegressor(bits=12),
    GradientBoostedTreesRegressor(rounds=20, min_rows=5, threads=1),
    GradientBoostedTreesRegressor(loss="poisson", rounds=20, min_rows=5, threads=1),
    LeafHybridRegressor(rounds=20, min_rows=5, threads=1),
]
NETWORKS = (DeepFM, WideDeep, DCN, DeepFMRegressor, WideDeepRegressor, DCNRegressor)
if find_spec("torch"):
    import torch

    torch.set_num_threads(1)  # the tests run side by side
    ALL += [kind(layers="8", k=4, passes=10, dense_alpha=0.01) for kind in NETWORKS]
# Learning goes row by row: a row that comes twice is not one of twice the weight, and their order counts.
_TREES = (GradientBoostedTrees, LeafHybrid, GradientBoostedTreesRegressor, LeafHybridRegressor)
SLOW = [
    estimator
    for estimator in ALL
    if isinstance(estimator, (LinearRegression, PoissonRegression)) or estimator is COUNTS
]
ORDER = "examples are learned from one after the other"


def expected(estimator: Any) -> dict[str, str]:
    scale = "the check sets alpha, for others the weight of a penalty, to 0.01: too small a step for so few examples"
    order = "a leaf counts examples, whatever they weigh" if isinstance(estimator, _TREES) else ORDER
    return {
        **({"check_regressors_train": scale} if estimator in SLOW else {}),
        "check_sample_weight_equivalence_on_dense_data": order,
        "check_sample_weight_equivalence_on_sparse_data": order,
    }


@parametrize_with_checks(ALL, expected_failed_checks=expected)  # type: ignore[untyped-decorator]
def test_the_contract_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


def test_sparse_and_dense_are_the_same() -> None:
    X, y = make_classification(400, 12, random_state=1)
    X[np.abs(X) < 0.7] = 0
    dense = LogisticRegression().fit(X, y).predict_proba(X)
    for form in (scipy.sparse.csr_matrix, scipy.sparse.csr_array, scipy.sparse.coo_array):
        assert np.array_equal(LogisticRegression().fit(form(X), y).predict_proba(form(X)), dense)


def test_quality_is_that_of_scikit_learn_on_real_data() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    train_X, test_X, train_y, test_y = train_test_split(X, y, random_state=0)
    model = make_pipeline(StandardScaler(), LogisticRegression(passes=20)).fit(train_X, train_y)
    assert roc_auc_score(test_y, model.predict_proba(test_X)[:, 1]) > 0.99


def test_counts_are_learned_as_by_scikit_learn() -> None:
    random = np.random.default_rng(0)
    X = random.random((5_000, 4))
    y = random.poisson(np.exp(X @ [1.0, -1.0, 0.5, 0.0] + 0.3))
    theirs = PoissonRegressor(alpha=0).fit(X, y).predict(X)
    ours = PoissonRegression(alpha=0.2, passes=20).fit(X, y).predict(X)
    assert np.mean(np.abs(ours - theirs) / theirs) < 0.1


def test_scales_of_features_do_not_matter_to_normalized_steps() -> None:
    X, y = make_regression(2_000, 5, noise=1.0, random_state=2)
    scales = np.array([1e-3, 1, 1e3, 10, 0.1])
    assert LinearRegression(alpha=2.0).fit(X * scales, y).score(X * scales, y) > 0.99


def test_grids_pipelines_and_clones_work() -> None:
    X, y = make_classification(300, 8, random_state=3)
    grid = GridSearchCV(LogisticRegression(), {"alpha": [0.01, 0.1], "l1": [0.0, 0.1]}, cv=2).fit(X, y)
    assert clone(grid.best_estimator_).get_params() == grid.best_estimator_.get_params()
    assert grid.best_score_ > 0.7


def test_a_pickle_predicts_and_learns_on() -> None:
    X, y = make_classification(300, 8, random_state=4)
    model = FactorizationMachine(k=4).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    for one in (model, again):
        one.partial_fit(X, y)
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))


def test_wrong_settings_and_labels_are_said() -> None:
    X, y = make_classification(50, 4, random_state=5)
    with pytest.raises(ConfigError, match="'alpha' goes from"):
        LogisticRegression(alpha=-1).fit(X, y)
    with pytest.raises(ValueError, match="Only binary classification is supported"):
        FieldFactorizationMachine().fit(X, np.arange(50) % 3)
    with pytest.raises(ValueError, match="y has one class"):
        LogisticRegression().fit(X, np.ones(50))
    for fields in ([0, 1], [0, 1, 2, -1], [0.0, 1.0, 2.0, 3.0]):
        with pytest.raises(ValueError, match="fields should be 4 whole numbers"):
            FieldFactorizationMachine(fields=fields).fit(X, y)
    with pytest.raises(ValueError, match="classes that are not in classes_"):
        LogisticRegression().fit(X, y).partial_fit(X, y + 5)


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
@pytest.mark.parametrize("kind", [WideDeep, DeepFM, DCN])
def test_networks_learn_what_is_not_linear(kind: Any) -> None:
    random = np.random.default_rng(0)
    X = random.integers(0, 2, (2_000, 6)).astype(np.float32)
    y = (X[:, 0] != X[:, 1]).astype(int)
    assert LogisticRegression().fit(X, y).score(X, y) < 0.6
    model = kind(layers="16", dense_alpha=0.01, passes=15, bits=10).fit(X, y)
    assert model.score(X, y) > 0.95
    again = pickle.loads(pickle.dumps(model)).partial_fit(X, y)
    assert np.array_equal(again.predict_proba(X), model.partial_fit(X, y).predict_proba(X))


def products_of_pairs(count: int = 4_000) -> tuple[Any, Any]:
    """Two columns of categories, and values that depend on products alone."""
    random = np.random.default_rng(0)
    categories = random.integers(0, 20, (count, 2))
    left, right = random.normal(size=(2, 20, 3))
    values = (left[categories[:, 0]] * right[categories[:, 1]]).sum(1) + random.normal(size=count) * 0.2
    return OneHotEncoder().fit_transform(categories), values


@pytest.mark.parametrize(
    ("kind", "chosen"),
    [
        (FactorizationMachineRegressor, {}),
        (FieldFactorizationMachineRegressor, {"fields": np.repeat([0, 1], 20)}),
        (DeepFMRegressor, {"k": 4, "layers": "8"}),
    ],
)
def test_regressors_learn_products(kind: Any, chosen: dict[str, Any]) -> None:
    if kind is DeepFMRegressor:
        pytest.importorskip("torch")
    X, y = products_of_pairs()
    theirs = HistGradientBoostingRegressor().fit(X[:3_000].toarray(), y[:3_000]).score(X[3_000:].toarray(), y[3_000:])
    ours = kind(bits=12, **chosen).fit(X[:3_000], y[:3_000])
    assert LinearRegression().fit(X[:3_000], y[:3_000]).score(X[3_000:], y[3_000:]) < 0.2
    assert ours.score(X[3_000:], y[3_000:]) > max(theirs, 0.9)
    again = pickle.loads(pickle.dumps(ours)).partial_fit(X, y)
    assert np.array_equal(again.predict(X), ours.partial_fit(X, y).predict(X))


@pytest.mark.parametrize("kind", [GradientBoostedTreesRegressor, LeafHybridRegressor, WideDeepRegressor, DCNRegressor])
def test_regressors_are_as_good_as_those_of_scikit_learn_and_lightgbm(kind: Any) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    chosen: dict[str, Any] = {"threads": 1}
    if kind in NETWORKS:
        pytest.importorskip("torch")
        chosen |= {"layers": "32", "dense_alpha": 0.005, "bits": 12}
    X, y = make_friedman1(2_000, noise=1.0, random_state=0)
    train, test = slice(1_500), slice(1_500, None)
    # Steps are as large as values near 1 need them.
    ours = make_pipeline(StandardScaler(), TransformedTargetRegressor(kind(**chosen), transformer=StandardScaler()))
    found = ours.fit(X[train], y[train]).score(X[test], y[test])
    rivals = [lightgbm.LGBMRegressor(verbose=-1, n_jobs=1), HistGradientBoostingRegressor()]
    least = min(rival.fit(X[train], y[train]).score(X[test], y[test]) for rival in rivals)
    assert found > least - (0.06 if kind is LeafHybridRegressor else 0.01)  # trees from half of the rows


@pytest.mark.parametrize(
    ("kind", "chosen"),
    [
        (FactorizationMachineRegressor, {"bits": 12}),
        (GradientBoostedTreesRegressor, {"threads": 1}),
        (LeafHybridRegressor, {"threads": 1, "alpha": 0.001}),
    ],
)
def test_regressors_learn_counts(kind: Any, chosen: dict[str, Any]) -> None:
    random = np.random.default_rng(0)
    X = random.random((4_000, 4))
    y = random.poisson(np.exp(X @ [1.0, -1.0, 0.5, 0.0] + 2 * X[:, 0] * X[:, 1]))
    theirs = HistGradientBoostingRegressor(loss="poisson").fit(X[:3_000], y[:3_000]).predict(X[3_000:])
    ours = kind(loss="poisson", **chosen).fit(X[:3_000], y[:3_000]).predict(X[3_000:])
    assert ours.min() > 0
    assert d2_tweedie_score(y[3_000:], ours, power=1) > d2_tweedie_score(y[3_000:], theirs, power=1) - 0.03


def test_what_a_regressor_cannot_learn_is_said() -> None:
    X, y = make_regression(50, 4, random_state=0)
    with pytest.raises(ConfigError, match="a regressor's loss is squared or poisson, found 'logistic'"):
        FactorizationMachineRegressor(loss="logistic").fit(X, y)
    with pytest.raises(ValueError, match="with the poisson loss y has counts, from 0 on, found -"):
        GradientBoostedTreesRegressor(loss="poisson").fit(X, y)
    assert FactorizationMachineRegressor(loss="poisson", k=3).get_params()["loss"] == "poisson"
    assert clone(FactorizationMachineRegressor(k=3)).k == 3


@pytest.mark.parametrize("kind", [LogisticRegression, FactorizationMachine, DeepFM])
def test_several_tasks_are_learned_at_once(kind: Any) -> None:
    chosen: dict[str, Any] = {"bits": 12}
    if kind is DeepFM:
        pytest.importorskip("torch")
        chosen |= {"k": 4, "layers": "8", "dense_alpha": 0.01, "passes": 10}
    random = np.random.default_rng(0)
    X = random.normal(size=(2_000, 6))
    scores = X @ random.normal(size=(6, 3)) * 2
    Y = (random.random(scores.shape) < 1 / (1 + np.exp(-scores))).astype(float)
    seen = Y[:1_500].copy()
    seen[:, 1:][random.random((1_500, 2)) < 0.3] = np.nan
    model = kind(**chosen).fit(X[:1_500], seen)
    chances = model.predict_proba(X[1_500:])
    assert chances.shape == (500, 3)
    assert np.array_equal(model.predict(X[1_500:]), (chances > 0.5).astype(int))
    for task in range(3):
        assert roc_auc_score(Y[1_500:, task], chances[:, task]) > 0.85
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    assert np.array_equal(
        kind(**chosen).fit(scipy.sparse.csr_matrix(X[:1_500]), seen).predict_proba(X), model.predict_proba(X)
    )


def test_labels_of_tasks_are_checked() -> None:
    X = np.ones((4, 2))
    with pytest.raises(ValueError, match="labels of several tasks are 0 and 1, found"):
        LogisticRegression().fit(X, np.arange(8.0).reshape(4, 2))
    model = LogisticRegression().partial_fit(X, [[0, 1], [1, 0], [1, 1], [0, 0]])
    with pytest.raises(ValueError, match="y should have 2 columns, as at first, found 3"):
        model.partial_fit(X, np.ones((4, 3)))
    with pytest.raises(ValueError, match="in 1 rows of y no task is known"):
        model.partial_fit(X, [[0, 1], [np.nan, np.nan], [1, 1], [0, 0]])
    with pytest.raises(ValueError, match="y should have 4 rows"):
        model.partial_fit(X, np.ones((3, 2)))
    with pytest.raises(ValueError, match="y should have 2 columns, as at first, found one"):
        model.partial_fit(X, [0, 1, 1, 0])
    assert model.predict_proba(X).shape == (4, 2)
    model.fit(X, [0, 1, 1, 0])
    assert model.predict(X).shape == (4,)
    with pytest.raises(ValueError, match="y should have one column, as at first, found 2"):
        model.partial_fit(X, np.ones((4, 2)))
