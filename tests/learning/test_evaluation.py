"""What evaluation says is what scikit-learn and NumPy say of the same predictions."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from tests.learning.examples import libsvm, teacher_rows
from tests.learning.test_algorithms import FM
from tiffin._native.learning import key, table_row
from tiffin.errors import ConfigError, FormatError
from tiffin.models import make_model
from tiffin.train import Evaluation, Options, Trained, load, train
from tiffin.train._sparse import Sparse

Write = Callable[[str, str], str]
BUCKET = 1 / 128  # of scores, which one bucket takes for equal
BINS = 15


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Sparse:
    """A model whose score is the value of feature 1."""
    folder = tmp_path_factory.mktemp("identity")
    (folder / "a.svm").write_text("1 1:1\n0 1:-1\n")
    train(make_model("lr", {"bits": 4, "optimizer": "sgd"}), [str(folder / "a.svm")]).save(str(folder / "model"))
    np.save(folder / "model/rows.npy", np.array([table_row(key(0, "1"), 4)], np.uint32))
    np.save(folder / "model/weights.npy", np.ones(1, np.float32))
    trained = load(str(folder / "model"))
    assert isinstance(trained, Sparse)
    trained.learner.bias = (0, 0, 0)
    return trained


def evaluated(model: Trained, path: Path, scores: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> Evaluation:
    rows = zip(scores.tolist(), labels.tolist(), weights.tolist(), strict=True)
    path.write_text("".join(f"{label} {weight!r} | 1:{score!r}\n" for score, label, weight in rows))
    return model.evaluate([str(path)], threads=2)


def calibration_error(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    """Expected calibration error over bins of equal weight: whole buckets of scores, each where its middle is."""
    chances = 1 / (1 + np.exp(-np.clip(scores, -20, 20)))
    buckets = np.clip(np.floor((scores + 16) / BUCKET), 0, 4095).astype(int)
    sums = {
        name: np.bincount(buckets, w, 4096) for name, w in (("weight", weights), ("gap", weights * (chances - labels)))
    }
    before = np.cumsum(sums["weight"]) - sums["weight"]
    bins = ((before + sums["weight"] / 2) / weights.sum() * BINS).astype(int).clip(0, BINS - 1)
    return float(np.abs(np.bincount(bins, sums["gap"], BINS)).sum() / weights.sum())


def assert_agrees(found: Evaluation, scores: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> None:
    chances = 1 / (1 + np.exp(-scores.astype(np.float64)))
    assert found.rows == len(scores)
    assert (
        found.loss
        == found.log_loss
        == pytest.approx(log_loss(labels, chances, sample_weight=weights, labels=[0, 1]), rel=1e-5)
    )
    assert found.base_rate == pytest.approx(np.average(labels, weights=weights))
    assert found.mean_prediction == pytest.approx(np.average(chances, weights=weights), rel=1e-5)
    assert found.calibration_error == pytest.approx(calibration_error(scores, labels, weights), abs=1e-6)
    if 0 < labels.sum() < len(labels):
        assert found.auc == pytest.approx(roc_auc_score(labels, scores, sample_weight=weights), abs=1e-9)
    else:
        assert found.auc is None
    if labels.any():
        assert found.pr_auc == pytest.approx(average_precision_score(labels, scores, sample_weight=weights), abs=1e-9)
    else:
        assert found.pr_auc is None


@given(
    rows=st.lists(
        st.tuples(st.integers(-15 * 128, 15 * 128), st.sampled_from([0, 1]), st.sampled_from([1.0, 1.0, 0.25, 3.0])),
        min_size=1,
        max_size=60,
    )
)
@settings(max_examples=40, deadline=None)
def test_figures_of_scores_in_the_middle_of_buckets_are_those_of_scikit_learn(
    identity: Trained, tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int, float]]
) -> None:
    places, labels, weights = map(np.array, zip(*rows, strict=True))
    scores = (places + 0.5) * BUCKET
    path = tmp_path_factory.getbasetemp() / "rows.vw"
    assert_agrees(evaluated(identity, path, scores, labels, weights), scores, labels, weights)


@pytest.mark.parametrize(
    ("scores", "labels"),
    [
        ([0.25] * 6, [0, 1, 0, 1, 1, 0]),
        ([0.25] * 4, [1, 1, 1, 1]),
        ([0.25] * 4, [0, 0, 0, 0]),
        ([15.5, 15.5, -15.5], [1, 0, 0]),
        ([3.0, 2.0, 1.0], [0, 0, 1]),
    ],
    ids=["all tie", "all positive", "all negative", "as good as certain", "upside down"],
)
def test_hard_cases_are_those_of_scikit_learn(identity: Trained, tmp_path: Path, scores: list, labels: list) -> None:
    arrays = np.array(scores), np.array(labels), np.ones(len(scores))
    assert_agrees(evaluated(identity, tmp_path / "rows.vw", *arrays), *arrays)


def test_scores_beyond_all_buckets_count_as_equal(identity: Trained, tmp_path: Path) -> None:
    scores, labels = np.array([17.0, 1e6, -40.0, -1e30]), np.array([1, 0, 1, 0])
    found = evaluated(identity, tmp_path / "rows.vw", scores, labels, np.ones(4))
    assert found.auc == found.pr_auc == 0.5
    assert found.calibration_error == pytest.approx(0.5)


def test_many_random_scores_are_told_apart_well_enough(identity: Trained, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    scores = random.normal(-3, 2, 50_000).round(6)
    labels = (random.random(50_000) < 1 / (1 + np.exp(-scores - 0.3))).astype(int)
    found = evaluated(identity, tmp_path / "rows.vw", scores, labels, np.ones(50_000))
    assert found.auc == pytest.approx(roc_auc_score(labels, scores), abs=1e-5)
    assert found.pr_auc == pytest.approx(average_precision_score(labels, scores), abs=1e-3)
    assert found.calibration_error == pytest.approx(calibration_error(scores, labels, np.ones(50_000)), abs=1e-5)
    assert found.calibration_error is not None
    assert found.calibration_error > 0.01  # the chances are 0.3 logits higher


def test_other_losses_have_no_figures_of_classes(write: Write) -> None:
    path = write("a.svm", "1.5 1:1\n-2 2:1\n")
    found = train(make_model("lr", {"loss": "squared"}), [path]).evaluate([path])
    assert {found.auc, found.base_rate, *found[5:]} == {None}


# ── By column ───────────────────────────────────────────────────────────────────────────────────────────────────────


def by_hand(trained: Trained, write: Write, lines: list[str], ending: str) -> Evaluation:
    return trained.evaluate([write(f"part.{ending}", "\n".join(lines) + "\n")])


@pytest.mark.parametrize(
    ("ending", "column", "line"),
    [
        ("ffm", "0", "{label} 0:{value}:1 1:{other}:1"),
        ("vw", "site", "{sign} |site {value}:1 |x {other}"),
        ("svm", "7", "{label} 7:{value} {other}:1"),
        ("criteo", "C2", "{label}" + "\t" * 14 + "\t{value}" + "\t" * 24 + "{other}"),
        ("criteo", "I3", "{label}\t\t\t{value}" + "\t" * 36 + "{other}"),
    ],
)
def test_a_slice_is_what_its_rows_are_alone(write: Write, ending: str, column: str, line: str) -> None:
    random = np.random.default_rng(3)
    values = random.choice([11, 12, 13], 20_000, p=[0.5, 0.3, 0.2])
    labels = random.random(20_000) < values / 24
    lines = [
        line.format(label=int(label), sign=1 if label else -1, value=value, other=100 + other)
        for label, value, other in zip(labels, values, random.integers(0, 50, 20_000), strict=True)
    ]
    path = write(f"all.{ending}", "\n".join(lines) + "\n")
    trained = train(make_model("lr", {"bits": 12}), [path], Options(deterministic=True))
    found = trained.evaluate_by([path], column, most=2, threads=3)
    assert [one.value for one in found.slices] == ["11", "12"]
    assert found.whole.loss == pytest.approx(trained.evaluate([path]).loss)
    parts = {str(value): [one for one, of in zip(lines, values, strict=True) if of == value] for value in (11, 12, 13)}
    assert found.others is not None
    for one, value in [(found.slices[0].found, "11"), (found.slices[1].found, "12"), (found.others, "13")]:
        alone = by_hand(trained, write, parts[value], ending)
        assert one.rows == alone.rows
        for figure, wanted in zip(one[1:], alone[1:], strict=True):
            assert figure is wanted is None or figure == pytest.approx(wanted, rel=1e-9)


def model_of(name: str) -> Any:
    if name == "algorithm":
        return FM()
    settings: dict[str, dict[str, Any]] = {
        "trees": {"rounds": 5},
        "gbdt_lr": {"rounds": 5},
        "deepfm": {"k": 4, "layers": "8", "bits": 12, "fields": 2},
    }
    return make_model(name, settings[name])


@pytest.mark.parametrize("name", ["trees", "gbdt_lr", "deepfm", "algorithm"])
def test_all_models_are_evaluated_by_column(write: Write, name: str) -> None:
    random = np.random.default_rng(5)
    values, others = random.choice([11, 12], 6_000, p=[0.7, 0.3]), random.integers(0, 9, 6_000)
    labels = random.random(6_000) < (values + others) / 40
    lines = [f"{int(y)} 0:{a}:1 1:{b}:1" for y, a, b in zip(labels, values, others, strict=True)]
    lines[100] = "bad"
    path = write("all.ffm", "\n".join(lines) + "\n")
    trained = train(model_of(name), [path], Options(max_bad=1))
    found = trained.evaluate_by([path], "0", max_bad=1)
    assert found.whole == trained.evaluate([path], max_bad=1)
    assert [one.value for one in found.slices] == ["11", "12"]
    assert found.others is None
    for one in found.slices:
        alone = by_hand(trained, write, [line for line in lines if f" 0:{one.value}:" in line], "ffm")
        assert one.found.rows == alone.rows
        assert one.found.loss == pytest.approx(alone.loss, rel=1e-5)
        assert one.found.auc == pytest.approx(alone.auc, rel=1e-5)
    with pytest.raises(FormatError, match=r"all\.ffm:101"):
        trained.evaluate_by([path], "0")


def test_frequent_values_are_kept_among_many_rare_ones(write: Write) -> None:
    random = np.random.default_rng(4)
    rare = random.permutation(np.arange(10_000, 22_000))
    values = np.where(random.random(24_000) < 0.5, random.integers(0, 3, 24_000), rare[np.arange(24_000) // 2])
    path = write("rows.ffm", "".join(f"{i % 2} 0:{value}:1\n" for i, value in enumerate(values)))
    found = train(make_model("lr"), [path]).evaluate_by([path], "0", most=3)
    assert {one.value for one in found.slices} == {"0", "1", "2"}
    assert all(one.missed == 0 for one in found.slices)  # they came before it was full
    counted = sum(one.found.rows for one in found.slices)
    assert counted == np.count_nonzero(values < 3)
    assert found.others is not None
    assert found.others.rows == 24_000 - counted


def test_a_column_that_is_not_there_is_said(write: Write) -> None:
    path = write("a.svm", libsvm(teacher_rows(50, seed=1)))
    trained = train(make_model("lr"), [path])
    with pytest.raises(ConfigError, match="libsvm files have no 'site': a feature is a whole number"):
        trained.evaluate_by([path], "site")
    with pytest.raises(ConfigError, match=r"criteo files have no 'C27': their columns are I1 to I13 and C1 to C26"):
        trained.evaluate_by([path], "C27", data_format="criteo")
    with pytest.raises(ConfigError, match="from 1 to 10,000, found 0"):
        trained.evaluate_by([path], "1", most=0)
    missing = trained.evaluate_by([path], "999")
    assert [(one.value, one.found.rows) for one in missing.slices] == [("", 50)]
