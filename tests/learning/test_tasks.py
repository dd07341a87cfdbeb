"""Several labels, learned together: each as well as alone, unknown ones left out, models that come back."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tiffin.cli import main
from tiffin.errors import ConfigError, FormatError, TrainingError
from tiffin.features import cat
from tiffin.models import make_model
from tiffin.train import Options, _training, load, train

Write = Callable[[str, str], str]
FEATURES = (cat("user"), cat("item"))
CHOSEN = {
    "lr": {"bits": 12, "optimizer": "adagrad"},
    "fm": {"bits": 12, "k": 4, "optimizer": "adagrad"},
    "widedeep": {"bits": 12, "k": 4, "layers": "16", "batch": 100, "latent_alpha": 0.1, "dense_alpha": 0.005},
    "deepfm": {"bits": 12, "k": 4, "layers": "16", "batch": 100, "latent_alpha": 0.1, "dense_alpha": 0.005},
}
MODELS = {
    name: make_model(name, settings)._replace(features=FEATURES, label="click, buy")
    for name, settings in CHOSEN.items()
}
EXACT = Options(passes=3, deterministic=True)


def shop(rows: int, seed: int) -> pl.DataFrame:
    """Who clicks what, and then may buy it; of a third of the rows nobody knows whether they did."""
    draw = np.random.default_rng(seed)
    teacher = np.random.default_rng(7)
    likes, wealth, price = teacher.normal(0, 1.5, 30), teacher.normal(0, 1, 20), teacher.normal(0, 1, 30)
    user, item = draw.integers(0, 20, rows), draw.integers(0, 30, rows)
    click = draw.random(rows) < 1 / (1 + np.exp(-likes[item] - wealth[user]))
    buy = click & (draw.random(rows) < 1 / (1 + np.exp(-2 * wealth[user] + price[item])))
    frame = pl.DataFrame({"user": user, "item": item, "click": click.astype(int), "buy": buy.astype(int)})
    unknown = pl.Series(draw.random(rows) < 1 / 3)
    return frame.with_columns(buy=pl.when(~unknown).then("buy"))


@pytest.fixture(scope="module")
def held() -> pl.DataFrame:
    return shop(4_000, 2)


@pytest.mark.parametrize("name", MODELS)
def test_each_task_is_learned_as_well_as_alone(name: str, held: pl.DataFrame) -> None:
    rows = shop(8_000, 1)
    found = train(MODELS[name], rows, EXACT).evaluate(held)
    assert found.auc is None
    assert found.tasks is not None
    assert list(found.tasks) == ["click", "buy"]
    known = held["buy"].count()
    assert [one.rows for one in found.tasks.values()] == [4_000, known]
    assert found.rows == 4_000
    whole = found.tasks["click"].loss * 4_000 + found.tasks["buy"].loss * known
    assert found.loss == pytest.approx(whole / (4_000 + known))
    for task, one in found.tasks.items():
        alone = train(MODELS[name]._replace(label=task), rows.filter(pl.col(task).is_not_null()), EXACT)
        wanted = alone.evaluate(held.filter(pl.col(task).is_not_null()))
        assert one.auc == pytest.approx(wanted.auc, abs=0.02)
        assert one.base_rate == wanted.base_rate


def test_a_task_whose_labels_are_all_the_same_is_named() -> None:
    rows = shop(500, 1).with_columns(buy=pl.lit(1))
    with pytest.raises(TrainingError, match="all 500 examples have the same label of 'buy'"):
        train(MODELS["lr"], rows, EXACT)
    unknown = rows.with_columns(buy=pl.lit(None, pl.Int64))
    with pytest.raises(TrainingError, match="no example has a label of 'buy'"):
        train(MODELS["lr"], unknown, EXACT)


@pytest.mark.parametrize("l2", [0.0, 0.01])
def test_weights_of_tasks_are_those_of_models_alone(held: pl.DataFrame, l2: float) -> None:
    rows, model = shop(3_000, 3), MODELS["lr"]._replace(l2=l2)
    both = np.array(train(model, rows, EXACT).predict(held)).reshape(-1, 2)
    for at, task in enumerate(("click", "buy")):
        known = rows.filter(pl.col(task).is_not_null())
        alone = train(model._replace(label=task), known, EXACT).predict(held)
        assert both[:, at].tolist() == list(alone)


@pytest.mark.parametrize("name", ["lr", "deepfm"])
def test_a_model_of_tasks_comes_back_and_goes_on(name: str, held: pl.DataFrame, tmp_path: Path) -> None:
    rows = tmp_path / "rows.parquet"
    shop(3_000, 4).write_parquet(rows)
    whole = train(MODELS[name], [str(rows)], EXACT._replace(passes=2))
    assert whole.passes[1].from_cache
    half = train(MODELS[name], [str(rows)], EXACT._replace(passes=1))
    half.save(str(tmp_path / "model"))
    again = load(str(tmp_path / "model"))
    assert again.predict(held) == half.predict(held)
    assert train(MODELS[name], [str(rows)], EXACT._replace(passes=1), start=again).predict(held) == whole.predict(held)


@pytest.mark.parametrize("name", ["lr", "deepfm"])
def test_a_run_of_tasks_that_is_interrupted_is_gone_on_with(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = str(tmp_path / "rows.parquet")
    shop(3_000, 4).write_parquet(rows)
    wanted = train(MODELS[name], [rows], EXACT)
    options = EXACT._replace(checkpoint=str(tmp_path / "points"), checkpoint_every_s=0.0, resume=True)
    calls = 0

    def tick(self: object, number: int, size: int) -> None:
        nonlocal calls
        calls += 1
        self.has_begun = True  # type: ignore[attr-defined]
        self._checkpoints.write(self._trained)  # type: ignore[attr-defined]
        if calls == 2:
            raise InterruptedError

    monkeypatch.setattr(_training._Ticks, "__call__", tick)
    with pytest.raises(InterruptedError):
        train(MODELS[name], [rows], options)
    monkeypatch.undo()
    found = train(MODELS[name], [rows], options)
    assert [done.learned for done in found.passes] == [done.learned for done in wanted.passes]


def test_the_commands_name_the_tasks(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    rows, out = str(tmp_path / "rows.csv"), str(tmp_path / "model")
    shop(2_000, 5).write_csv(rows)
    learn = ["train", "lr", "--data", rows, "--valid", rows, "--label", "click,buy", "--out", out]
    assert main([*learn, "--live", str(tmp_path / "live")]) == 0
    assert "\n  buy: loss 0." in capsys.readouterr().out
    live = json.loads((tmp_path / "live/metrics.json").read_text())
    assert live["valid"].keys() == {"loss", "tasks"}
    assert live["valid"]["tasks"].keys() == {"click", "buy"}
    assert main(["evaluate", out, "--data", rows, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["tasks"]["click"]["auc"] > 0.6
    assert found["rows"] == 2_000
    assert main(["predict", out, "--data", rows, "--out", str(tmp_path / "scores.csv")]) == 0
    lines = (tmp_path / "scores.csv").read_text().splitlines()
    assert lines[0] == "score_click,score_buy"
    assert len(lines) == 2_001
    (tmp_path / "model.yaml").write_text("model: lr\nlabel: [click, buy]\n")
    spec = str(tmp_path / "model.yaml")
    assert main(["train", spec, "--data", rows, "--out", str(tmp_path / "other")]) == 0


def test_what_no_model_of_tasks_can_be_is_said(write: Write) -> None:
    rows = shop(100, 6)
    for model, what in (
        (make_model("trees"), "several labels go with cross, fm, linear, mlp, and this is a score of trees"),
        (make_model("ffm"), "several labels go with cross, fm, linear, mlp"),
        (make_model("lr", {"loss": "softmax", "classes": 2}), "several labels go with other losses than softmax"),
    ):
        with pytest.raises(ConfigError, match=what):
            train(model._replace(label="click,buy"), rows)
    with pytest.raises(ConfigError, match="a label is there twice in 'click,click'"):
        train(MODELS["lr"]._replace(label="click,click"), rows)
    with pytest.raises(ConfigError, match="of 2 labels there are no negatives that could be left out"):
        train(MODELS["lr"], rows, Options(negatives=0.5))
    unknown = write("a.csv", "user,item,click,buy\n1,1,0,1\n1,2,,\n2,1,1,0\n")
    with pytest.raises(FormatError, match="row 2: the example has no label"):
        train(MODELS["lr"], [unknown])
    assert train(MODELS["lr"], [unknown], Options(max_bad=1)).trained_rows == 2
