"""Quality on real data is that of LightGBM, and near that of scikit-learn.

The data lie beside a clone, in ../shared/data, for whoever works on tiffin; without them these tests are skipped.
"""

from pathlib import Path

import lightgbm
import numpy as np
import pytest
from sklearn.datasets import load_svmlight_file
from sklearn.linear_model import LogisticRegression as Theirs
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.preprocessing import StandardScaler

from tiffin.models import make_model
from tiffin.train import Options, train
from tiffin.train.estimators import GradientBoostedTrees, LeafHybrid, LogisticRegression

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FRAUD, SPAM = DATA / "creditcard.parquet", DATA / "spam_stream.svm.gz"


@pytest.fixture(scope="module")
def fraud() -> tuple[np.ndarray, np.ndarray, int]:
    """All frauds and each tenth of the other payments, in the order of time; how many of them are to learn from."""
    if not FRAUD.exists():
        pytest.skip(f"there is no {FRAUD.name} in ../shared/data")
    table = pytest.importorskip("pyarrow.parquet").read_table(FRAUD)
    X = np.column_stack([table[name].to_numpy() for name in table.column_names if name not in {"Time", "Class"}])
    y = table["Class"].to_numpy().astype(int)
    chosen = (y == 1) | (np.arange(len(y)) % 10 == 0)
    return X[chosen].astype(np.float32), y[chosen], int(0.8 * chosen.sum())


def test_trees_find_as_many_frauds_as_lightgbm(fraud: tuple[np.ndarray, np.ndarray, int]) -> None:
    X, y, cut = fraud
    ours = GradientBoostedTrees(rounds=50, threads=1).fit(X[:cut], y[:cut]).predict_proba(X[cut:])[:, 1]
    settings = {"n_estimators": 50, "verbosity": -1, "deterministic": True, "force_col_wise": True, "n_jobs": 1}
    theirs = lightgbm.LGBMClassifier(**settings).fit(X[:cut], y[:cut])  # type: ignore[arg-type]
    assert ours == pytest.approx(theirs.booster_.predict(X[cut:]), abs=1e-6)
    assert roc_auc_score(y[cut:], ours) > 0.95


def test_leaves_and_weights_are_about_as_good_as_those_of_scikit_learn(
    fraud: tuple[np.ndarray, np.ndarray, int],
) -> None:
    X, y, cut = fraud
    scaled = StandardScaler().fit(X[:cut]).transform(X)
    wanted = Theirs(max_iter=1_000).fit(scaled[:cut], y[:cut]).predict_proba(scaled[cut:])[:, 1]
    ours = LogisticRegression(passes=5).fit(scaled[:cut], y[:cut]).predict_proba(scaled[cut:])[:, 1]
    assert roc_auc_score(y[cut:], ours) > roc_auc_score(y[cut:], wanted) - 0.01
    hybrid = LeafHybrid(rounds=50, tree_share=0.7, threads=1).fit(X[:cut], y[:cut]).predict_proba(X[cut:])[:, 1]
    assert roc_auc_score(y[cut:], hybrid) > roc_auc_score(y[cut:], wanted) - 0.02


def test_spam_is_told_about_as_well_as_by_scikit_learn() -> None:
    if not SPAM.exists():
        pytest.skip(f"there is no {SPAM.name} in ../shared/data")
    X, y = load_svmlight_file(str(SPAM))
    y = (y > 0).astype(int)
    order = np.random.default_rng(0).permutation(len(y))
    learned, held = order[:6_000], order[6_000:]
    theirs = Theirs(max_iter=200).fit(X[learned], y[learned]).predict_proba(X[held])[:, 1]
    wanted = roc_auc_score(y[held], theirs), log_loss(y[held], theirs)
    ours = LogisticRegression(l2=1.0, passes=5).fit(X[learned], y[learned]).predict_proba(X[held])[:, 1]
    assert roc_auc_score(y[held], ours) > wanted[0] - 0.005
    assert log_loss(y[held], ours) < wanted[1] * 1.5
    trained = train(make_model("trees", {"rounds": 30}), [str(SPAM)], Options(threads=1))
    assert (trained.passes[0].learned.auc or 0) > 0.98
