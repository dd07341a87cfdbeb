"""Several models from the same data, the best first."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.learning.examples import libsvm, teacher_rows
from tiffin.errors import ConfigError, FormatError, MissingDependency
from tiffin.models import make_model
from tiffin.train import Options, Tried, compare, load

Write = Callable[[str, str], str]


def test_the_best_on_held_out_examples_comes_first(write: Write, tmp_path: Path) -> None:
    paths = [write("rows.svm", libsvm(teacher_rows(20_000, seed=1, pairs=True)))]
    held = [write("held.svm", libsvm(teacher_rows(3_000, seed=2, pairs=True)))]
    chosen: dict = {"lr": {"bits": 12}, "fm": {"bits": 12, "k": 4}, "ffm": {}, "trees": {"rounds": 5}}
    told: list[Tried] = []
    found = compare(
        {name: make_model(name, one) for name, one in chosen.items()},
        paths,
        held,
        Options(passes=3, deterministic=True, threads=1),
        after_model=told.append,
    )
    assert [tried.name for tried in told] == list(chosen)
    *good, bad = found.tried
    losses = [tried.held_out.loss for tried in good if tried.held_out]
    assert losses == sorted(losses)
    assert good[0].name == "fm"
    assert isinstance(bad.failure, ConfigError)
    assert bad.name == "ffm"
    assert all(tried.rows_per_s > 0 and tried.size > 1_000 and tried.passes >= 1 for tried in good)
    assert all(tried.skipped == () for tried in good)
    assert found.best.model.score == "linear + fm"
    assert found.best.evaluate(held) == good[0].held_out
    found.best.save(str(tmp_path / "model"))
    assert load(str(tmp_path / "model")).evaluate(held) == good[0].held_out


def test_what_stands_in_the_way_of_all_is_raised(write: Write) -> None:
    path = write("rows.svm", "1 1:1\n0 2:1\nbad\n")
    models = {name: make_model(name) for name in ("lr", "fm")}
    with pytest.raises(MissingDependency, match="does not exist"):
        compare(models, ["none.svm"], [path])
    with pytest.raises(FormatError, match=r"rows\.svm:3"):
        compare(models, [path], [path])
    with pytest.raises(ConfigError, match="needs to know how many fields"):
        compare({"ffm": make_model("ffm")}, [path], [path])
