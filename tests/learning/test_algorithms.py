"""Algorithms of one's own: the examples learn, models come back, mistakes are named."""

import copy
import json
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.learners.scripts import numpy_fm
from tests.learning.examples import libsvm, teacher_rows
from tiffin.cli import main
from tiffin.errors import ConfigError, FormatError, MissingDependency, TrainingError, UsageError
from tiffin.models import make_model
from tiffin.tables import Dense, Optimizer, Sparse
from tiffin.train import Algorithm, Options, load, named, specified, train

Write = Callable[[str, str], str]
EXAMPLES = Path(__file__).parents[2] / "examples/algorithms"


class FM(numpy_fm.FM):
    """The factorisation machine of docs/how-to/write-an-algorithm.md, for little data."""

    rows = 200

    def __init__(self, k: int = 4, alpha: float = 0.1) -> None:
        self.tables = {
            "w": Sparse(1, Optimizer("ftrl", alpha=alpha), bits=12),
            "v": Sparse(k, Optimizer("adagrad", alpha=alpha), first=0.3, bits=12),
        }
        self.dense = {"bias": Dense((), Optimizer("ftrl", alpha=alpha))}


def fields_file(count: int, *, seed: int, fields: int = 4, size: int = 12, label: Callable[..., float]) -> str:
    """An FFM file of examples with one feature a field."""
    random = np.random.default_rng(seed)
    ids = random.integers(0, size, (count, fields))
    labels = [label(row, random) for row in ids]
    return "".join(
        f"{one:g} " + " ".join(f"{field}:{feature}:1" for field, feature in enumerate(row)) + "\n"
        for one, row in zip(labels, ids, strict=True)
    )


def pairs_decide(row: np.ndarray, random: np.random.Generator) -> float:
    """Fields 0 and 2 belong together, the others say nothing."""
    teacher = np.random.default_rng(7).normal(size=(2, 12, 3))
    score = 1.5 * float(teacher[0, row[0]] @ teacher[1, row[2]])
    return float(random.random() < 1 / (1 + np.exp(-score)))


@pytest.fixture
def fm_file(write: Write) -> str:
    return write("rows.svm", libsvm(teacher_rows(12_000, seed=5, pairs=True)))


def test_a_machine_in_numpy_learns_as_well_as_the_native_one(write: Write, fm_file: str) -> None:
    held = write("held.svm", libsvm(teacher_rows(4_000, seed=6, pairs=True)))
    ours = train(FM(), [fm_file], Options(passes=4)).evaluate([held])
    native = train(make_model("fm", {"k": 4, "bits": 12}), [fm_file], Options(passes=4)).evaluate([held])
    assert ours.auc is not None
    assert native.auc is not None
    assert ours.auc > native.auc - 0.01


def test_a_model_has_the_same_bits_for_any_number_of_threads(fm_file: str) -> None:
    found = [train(FM(), [fm_file], Options(threads=threads)).predict([fm_file]) for threads in (1, 3)]
    assert found[0] == found[1]


def test_a_saved_model_predicts_the_same_and_learns_on(fm_file: str, tmp_path: Path) -> None:
    whole = train(FM(k=3), [fm_file], Options(passes=2))
    half = train(FM(k=3), [fm_file])
    half.save(str(tmp_path / "model"))
    again = load(str(tmp_path / "model"), algorithm=FM)
    assert again.predict([fm_file]) == half.predict([fm_file])
    assert train(FM(), [fm_file], start=again).predict([fm_file]) == whole.predict([fm_file])
    manifest = json.loads((tmp_path / "model/manifest.json").read_text())
    assert manifest["model"] == {"score": "algorithm"}
    assert manifest["parts"]["algorithm"] == "test_algorithms.py:FM"
    assert manifest["parts"]["settings"] == {"k": 3}
    assert copy.deepcopy(half).predict([fm_file]) == half.predict([fm_file])


def test_a_model_without_state_only_answers(fm_file: str, tmp_path: Path) -> None:
    trained = train(FM(), [fm_file])
    trained.save(str(tmp_path / "slim"), state=False)
    again = load(str(tmp_path / "slim"), algorithm=FM)
    assert again.predict([fm_file]) == trained.predict([fm_file])
    with pytest.raises(TrainingError, match="without the state of its optimisers"):
        train(FM(), [fm_file], start=again)


def test_features_nobody_saw_have_no_weight(write: Write, fm_file: str) -> None:
    trained = train(FM(), [fm_file])
    empty, unseen = write("empty.svm", "0\n"), write("unseen.svm", "0 900:1 901:1\n")
    assert trained.predict([unseen], scores=True) == trained.predict([empty], scores=True)


def test_the_code_of_a_model_is_asked_for_and_never_run_from_it(fm_file: str, tmp_path: Path) -> None:
    train(FM(), [fm_file]).save(str(tmp_path / "model"))
    with pytest.raises(UsageError, match=r"was learned by test_algorithms\.py:FM, whose code is needed") as caught:
        load(str(tmp_path / "model"))
    assert caught.value.hint is not None
    assert "--algorithm test_algorithms.py:FM" in caught.value.hint

    class Other(FM):
        pass

    with pytest.raises(UsageError, match=r"and test_algorithms\.py:.*Other was named"):
        load(str(tmp_path / "model"), algorithm=Other)
    np.save(tmp_path / "model/dense_0.npy", np.zeros(3, np.float32))
    with pytest.raises(FormatError, match="this model is damaged"):
        load(str(tmp_path / "model"), algorithm=FM)


def wrong(answer: Callable[[Any, Any, Any], Any], **attributes: Any) -> Algorithm:
    """An algorithm with one mistake."""
    members = {"tables": {"w": Sparse(1, bits=8)}, "step": lambda _, *arguments: answer(*arguments), **attributes}
    made: Algorithm = type("Wrong", (Algorithm,), members)()
    return made


@pytest.mark.parametrize(
    ("algorithm", "what"),
    [
        (wrong(lambda _batch, tables, _dense: tables["v"]), "no parameters 'v' were declared (declared: w)"),
        (wrong(lambda _batch, _tables, dense: dense["b"]), "no parameters 'b' were declared (declared: none)"),
        (wrong(lambda _batch, _tables, _dense: np.zeros(2)), "a step should give scores (50,), found (2,)"),
        (wrong(lambda batch, _tables, _dense: (batch.labels, batch.labels)), "should give scores, as its loss is logistic"),
        (wrong(lambda batch, _tables, _dense: batch.labels, loss=None), "should give scores and losses, as its loss is None"),
        (
            wrong(lambda batch, tables, _dense: tables.grad("w", batch.labels)),
            "the gradient of 'w' should be (40, 1), found (50,)",
        ),
    ],
)  # fmt: skip
def test_mistakes_are_named(write: Write, algorithm: Algorithm, what: str) -> None:
    path = write("rows.svm", libsvm(teacher_rows(50, seed=8)))
    with pytest.raises(ConfigError, match=re.escape(what)):
        train(algorithm, [path])


def test_scores_that_grow_beyond_all_numbers_are_said(write: Write) -> None:
    path = write("rows.svm", libsvm(teacher_rows(50, seed=8)))
    with pytest.raises(TrainingError, match="the scores grew beyond all numbers in one of the examples up to 50"):
        train(wrong(lambda batch, _tables, _dense: np.full(len(batch), np.inf)), [path])


def test_parameters_beyond_all_numbers_are_not_saved(write: Write, tmp_path: Path) -> None:
    path = write("rows.svm", libsvm(teacher_rows(50, seed=8)))

    def step(batch: Any, _tables: Any, dense: Any) -> Any:
        dense.grad("b", np.inf)
        return np.zeros(len(batch))

    trained = train(wrong(step, dense={"b": Dense(())}), [path])
    with pytest.raises(TrainingError, match="grew beyond all"):
        trained.save(str(tmp_path / "model"))
    assert not (tmp_path / "model").exists()


def test_settings_are_named_and_checked(write: Write, tmp_path: Path) -> None:
    file = str(EXAMPLES / "bpr.py") + ":BPR"
    made = specified(file, settings={"k": "3", "alpha": "0.5"})
    assert isinstance(made, Algorithm)
    assert made.settings == {"k": 3, "alpha": 0.5}
    for settings, what in (
        ({"x": 1}, "bpr.py:BPR has no setting 'x'"),
        ({"k": "many"}, "'k' should be a whole number, found 'many'"),
    ):
        with pytest.raises(ConfigError, match=re.escape(what)):
            specified(file, settings=settings)
    with pytest.raises(MissingDependency, match=r"there is no file 'no\.py', where 'A' should be"):
        named("no.py:A")
    with pytest.raises(ConfigError, match="has no 'Nothing'"):
        named(write("own.py", "thing = 1\n") + ":Nothing")
    with pytest.raises(ConfigError, match="should be a model, or a function that gives one, found 1"):
        specified(str(tmp_path / "own.py") + ":thing")


# ---- the examples


def test_fields_that_belong_together_are_found_by_the_field_weighted_machine(write: Write) -> None:
    kind: Any = named(str(EXAMPLES / "fwfm.py") + ":FieldWeightedFM")
    path = write("rows.ffm", fields_file(15_000, seed=1, label=pairs_decide))
    held = write("held.ffm", fields_file(4_000, seed=2, label=pairs_decide))
    algorithm = kind(fields=4, k=4)
    algorithm.rows = 100
    trained = train(algorithm, [path], Options(passes=3))
    auc = trained.evaluate([held]).auc
    assert auc is not None
    assert auc > 0.78


def test_bpr_ranks_what_users_took_before_what_they_did_not(write: Write) -> None:
    random = np.random.default_rng(3)
    users, items = random.normal(size=(60, 2)), random.normal(size=(40, 2))
    affinity = users @ items.T
    liked = affinity > np.quantile(affinity, 0.8, axis=1)[:, None]
    pairs = np.argwhere(liked)
    kept = random.random(len(pairs)) < 0.8
    took = random.permutation(np.repeat(pairs[kept], 5, axis=0))
    path = write("took.ffm", "".join(f"1 0:{u}:1 1:{i}:1\n" for u, i in took))
    held = [(1, u, i) for u, i in pairs[~kept]] + [(0, u, i) for u, i in np.argwhere(~liked)]
    test = write("held.ffm", "".join(f"{y} 0:{u}:1 1:{i}:1\n" for y, u, i in held))

    kind: Any = named(str(EXAMPLES / "bpr.py") + ":BPR")
    algorithm = kind(k=4)
    algorithm.rows = 100
    trained = train(algorithm, [path], Options(passes=20))
    losses = [one.learned.loss for one in trained.passes]
    assert losses[-1] < losses[0] * 0.7
    scores = np.array(trained.predict([test]))
    labels = np.array([y for y, _, _ in held])
    ahead = (scores[labels == 1][:, None] > scores[labels == 0]).mean()
    assert ahead > 0.8


def test_two_towers_learn_what_user_and_item_have_in_common(write: Write) -> None:
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)  # the tests run side by side
    kind: Any = named(str(EXAMPLES / "two_tower.py") + ":TwoTower")
    path = write("rows.ffm", fields_file(15_000, seed=1, label=pairs_decide))
    held = write("held.ffm", fields_file(4_000, seed=2, label=pairs_decide))
    algorithm = kind()
    algorithm.rows = 100
    trained = train(algorithm, [path], Options(passes=3))
    auc = trained.evaluate([held]).auc
    assert auc is not None
    assert auc > 0.76


def test_examples_are_short() -> None:
    for path in EXAMPLES.glob("*.py"):
        assert len(path.read_text().splitlines()) < 40, path


def test_the_command_line_learns_asks_and_goes_on(write: Write, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = write("rows.ffm", fields_file(3_000, seed=1, label=pairs_decide))
    spec, out = f"{EXAMPLES / 'fwfm.py'}:FieldWeightedFM", str(tmp_path / "model")
    learn = ["train", spec, "--data", path, "--out", out]
    assert main([*learn, "--set", "fields=4", "--set", "k=2"]) == 0
    assert main([*learn, "--from", out]) == 0
    assert main(["evaluate", out, "--data", path, "--algorithm", spec]) == 0
    assert main(["predict", out, "--data", path, "--algorithm", spec, "--out", str(tmp_path / "scores.csv")]) == 0
    assert len((tmp_path / "scores.csv").read_text().splitlines()) == 3_001
    capsys.readouterr()
    assert main(["evaluate", out, "--data", path]) != 0
    assert "whose code is needed and no part of it" in capsys.readouterr().err
    assert load(out, algorithm=type(specified(spec))).trained_rows == 6_000


SIMPLE = """\
from __future__ import annotations
from tiffin.tables import Sparse
from tiffin.train import Algorithm

class Simple(Algorithm):
    def __init__(self, k: int, rate: float, name: str) -> None:
        self.tables = {"w": Sparse(k, bits=8)}

    def step(self, batch, tables, dense):
        scores = batch.pool(tables["w"])[:, 0]
        return scores + missing if self.settings["name"] == "broken" else scores

def made(params):
    return params["nowhere"]
"""


def test_settings_without_defaults_are_what_is_written_at_them(write: Write, tmp_path: Path) -> None:
    write("simple.py", SIMPLE)
    found = specified("simple.py:Simple", str(tmp_path), {"k": "3", "rate": "0.5", "name": "7"})
    assert found.settings == {"k": 3, "rate": 0.5, "name": "7"}  # type: ignore[union-attr]
    with pytest.raises(ConfigError, match="'k' should be a whole number, found 'many'"):
        specified("simple.py:Simple", str(tmp_path), {"k": "many", "rate": "1", "name": ""})


def test_a_model_of_an_algorithm_goes_on_without_its_settings(write: Write, fm_file: str, tmp_path: Path) -> None:
    spec, out = write("simple_again.py", SIMPLE) + ":Simple", str(tmp_path / "model")
    given = ["--set", "k=2", "--set", "rate=1", "--set", "name=a"]
    assert main(["train", spec, "--data", fm_file, "--out", out, *given]) == 0
    assert main(["train", spec, "--data", fm_file, "--out", out, "--from", out]) == 0


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("Simple", SIMPLE, "broken.py:11: NameError: name 'missing' is not defined"),
        ("made", SIMPLE, "broken.py:14: KeyError: 'nowhere'"),
        ("Simple", "import numpy\nimport nothing_like_it\n", "broken.py:2: ModuleNotFoundError: No module named"),
        ("Simple", "x = 1\nclass Simple(:\n", "broken.py:2: SyntaxError: invalid syntax"),
    ],
)
def test_a_mistake_in_a_file_of_ones_own_is_told_with_its_line(
    write: Write, fm_file: str, tmp_path: Path, capsys: pytest.CaptureFixture, name: str, text: str, what: str
) -> None:
    spec = f"{write('broken.py', text)}:{name}"
    given = ["--set", "k=2", "--set", "rate=1", "--set", "name=broken"] if name == "Simple" else []
    assert main(["train", spec, "--data", fm_file, "--out", str(tmp_path / "model"), *given]) == 255
    said = capsys.readouterr().err
    assert f"ERROR: {what}" in said
    assert "hint: with -v it shows how it came there" in said


def test_a_pickle_finds_its_algorithm_again(fm_file: str) -> None:
    trained = train(FM(), [fm_file])
    assert copy.copy(trained).predict([fm_file]) == trained.predict([fm_file])
    assert pickle.loads(pickle.dumps(FM(k=7))).settings == {"k": 7}


def test_a_file_is_run_once_and_finds_what_lies_beside_it(write: Write, tmp_path: Path) -> None:
    write("beside_it.py", "K = 3\n")
    body = (
        "from beside_it import K\nfrom tiffin.models.spec import fm, model\n"
        "with open(__file__ + '.runs', 'a') as runs: runs.write('x')\n"
    )
    write("mine.py", body + "small = model(score=fm(K))\n")
    found = specified("mine.py:small", str(tmp_path), {"seed": "5"})
    assert (found.score, found.k, found.seed) == ("fm", 3, 5)  # type: ignore[union-attr]
    assert (tmp_path / "mine.py.runs").read_text() == "x"
