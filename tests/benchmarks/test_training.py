from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks import _criteo as criteo
from benchmarks import training
from tiffin.models import make_model
from tiffin.train import Options, train


def test_the_comparison_runs_and_writes_its_page(tmp_path: Path) -> None:
    page = tmp_path / "training.md"
    only = ["LR, adaptive", "LR, each further pass", "import"]
    arguments = ["--rows", "2000", "--rounds", "1", "--output", str(page)]
    assert training.main([*arguments, *(word for name in only for word in ("--only", name))]) == 0
    text = page.read_text(encoding="utf-8")
    for part in (*only, "How fast, and how good", "What ran", "Predicted and measured", "1,600 examples"):
        assert part in text


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> criteo.Data:
    return criteo.make(tmp_path_factory.mktemp("criteo"), 20_000, 2_000, tuple(criteo.FORMS), seed=3)


def test_nobody_predicts_better_than_the_teacher(data: criteo.Data) -> None:
    assert data.labels.mean() == pytest.approx(criteo.BASE_RATE, abs=0.03)
    best = roc_auc_score(data.labels, data.chances)
    assert best > 0.75
    model = make_model("fm", {"k": 4, "optimizer": "adagrad"})
    found = train(model, [str(data.train["svm"])], Options(passes=2)).evaluate([str(data.held["svm"])])
    assert found.auc is not None
    assert 0.6 < found.auc < best
    assert found.loss > criteo.log_losses(data.chances, data.labels).mean()


def test_auc_is_that_of_scikit_learn(data: criteo.Data) -> None:
    for chances in (data.chances, data.chances.round(1), np.full(len(data.labels), 0.5)):
        assert training.auc(chances, data.labels) == pytest.approx(roc_auc_score(data.labels, chances), abs=1e-12)


def test_all_forms_say_the_same(data: criteo.Data) -> None:
    counts = set()
    for path in data.train.values():
        model = make_model("lr", {"bits": 20})
        done = train(model, [str(path)], Options(deterministic=True)).passes[0]
        assert done.learned.rows == 20_000
        assert done.learned.base_rate == pytest.approx(
            np.mean([line[:1] == b"1" for line in path.read_bytes().splitlines()])
        )
        counts.add(done.features)
    assert len(counts) == 1


def test_a_longer_file_begins_as_a_shorter_one() -> None:
    short, long = (list(criteo.examples(0, rows, seed=4)) for rows in (60_000, 120_000))
    for name in criteo.Examples._fields:
        one, other = (np.concatenate([getattr(part, name) for part in parts]) for parts in (short, long))
        assert np.array_equal(one, other[:60_000])
    middle = next(criteo.examples(55_000, 56_000, seed=4))
    assert np.array_equal(middle.features, np.concatenate([part.features for part in short])[55_000:56_000])
