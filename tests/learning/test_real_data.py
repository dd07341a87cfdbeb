"""What is learned from real data is as good as what scikit-learn and Vowpal Wabbit learn from them.

The data may not be handed on, so they lie beside the repository, or the tests say that they do not.
"""

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_svmlight_file
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import roc_auc_score

from tiffin.models import make_model
from tiffin.train import Options, train

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
EXACT = Options(deterministic=True)


def lines_of(name: str) -> list[str]:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not in ../shared/data")
    with gzip.open(path, "rt", encoding="ascii") as file:
        return file.readlines()


@pytest.fixture
def criteo(tmp_path: Path) -> tuple[str, str, np.ndarray]:
    """7,200 lines to learn from, 800 to predict, and the labels of these."""
    lines = lines_of("criteo_head_8k.tsv.gz")
    for name, part in (("train", lines[:7_200]), ("held", lines[7_200:])):
        (tmp_path / f"{name}.criteo").write_text("".join(part))
    labels = np.array([int(line[0]) for line in lines[7_200:]])
    return str(tmp_path / "train.criteo"), str(tmp_path / "held.criteo"), labels


def test_clicks_are_foretold(criteo: tuple[str, str, np.ndarray]) -> None:
    path, held, labels = criteo
    found = {}
    for name, chosen in (("lr", {}), ("fm", {"k": 4}), ("ffm", {"k": 4})):
        found[name] = train(make_model(name, chosen), [path], EXACT).evaluate([held])
    share = labels.mean()
    entropy = -share * np.log(share) - (1 - share) * np.log(1 - share)
    for one in found.values():
        assert one.rows == 800
        assert one.auc is not None
        assert one.auc > 0.67
        assert one.loss < entropy * 0.96
        assert one.calibration_error is not None
        assert one.calibration_error < 0.08


def test_negatives_that_are_left_out_cost_little(criteo: tuple[str, str, np.ndarray]) -> None:
    path, held, labels = criteo
    model = make_model("lr", {"optimizer": "adagrad", "alpha": 0.05})
    found = train(model, [path], EXACT._replace(negatives=0.5)).evaluate([held])
    assert found.mean_prediction == pytest.approx(labels.mean(), abs=0.04)
    assert found.auc is not None
    assert found.auc > 0.68


def test_a_stream_of_mail_is_foretold_as_it_comes(tmp_path: Path) -> None:
    """The progressive loss under strong drift is no worse than Vowpal Wabbit's."""
    lines = lines_of("spam_stream.svm.gz")
    (tmp_path / "spam.svm").write_text("".join(lines))
    model = make_model("lr", {"optimizer": "adagrad", "alpha": 0.3})
    ours = train(model, [str(tmp_path / "spam.svm")], EXACT).passes[0].learned
    (tmp_path / "spam.vw").write_text(
        "".join(
            f"{1 if line[0] == '1' else -1} | {' '.join(word.partition(':')[0] for word in line.split()[1:])}\n"
            for line in lines
        )
    )
    vw = [sys.executable, "-m", "vowpalwabbit", "-d", "spam.vw", "--loss_function", "logistic", "-b", "22"]
    said = subprocess.run(vw, cwd=tmp_path, check=True, capture_output=True, text=True)
    theirs = float((said.stdout + said.stderr).partition("average loss = ")[2].split()[0])
    assert ours.rows == len(lines)
    assert ours.auc is not None
    assert ours.auc > 0.97
    assert ours.loss < theirs * 1.02


def test_mail_is_told_apart_as_by_scikit_learn(tmp_path: Path) -> None:
    lines = lines_of("spam_stream.svm.gz")
    cut = len(lines) * 4 // 5
    random = np.random.default_rng(0)
    order = random.permutation(len(lines))
    for name, part in (("train", order[:cut]), ("held", order[cut:])):
        (tmp_path / f"{name}.svm").write_text("".join(lines[at] for at in part))
    width = 40_000
    features, labels = load_svmlight_file(tmp_path / "train.svm", n_features=width)
    held_features, held_labels = load_svmlight_file(tmp_path / "held.svm", n_features=width)
    for matrix in (features, held_features):
        matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    sgd = SGDClassifier(loss="log_loss", random_state=0).fit(features, labels)
    theirs = roc_auc_score(held_labels, sgd.decision_function(held_features))
    trained = train(make_model("lr"), [str(tmp_path / "train.svm")], EXACT._replace(passes=5))
    ours = trained.evaluate([str(tmp_path / "held.svm")]).auc
    assert ours is not None
    assert ours > theirs - 0.002
