"""Models written down: the same from Python, YAML and settings, and what is wrong in one."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tiffin.errors import ConfigError, MissingDependency, TemplateError
from tiffin.features import cat, num
from tiffin.models import BUILT_IN, make_model
from tiffin.models.loading import from_mapping, load_spec
from tiffin.models.spec import (
    adagrad,
    adam,
    cross,
    exact,
    ffm,
    fixed,
    fm,
    ftrl,
    linear,
    mlp,
    model,
    parse_score,
    sgd,
)

Write = Callable[[str, str], str]

CLICKS = """\
label: click
time: hour
features:
  - cat('site')
  - {op: bucket, of: [{op: num, column: age}], bounds: [18, 65], name: age}
  - cat('site') @ cat('device')
score: linear(ftrl(alpha=${train.alpha}, l1=1)) + fm(4, adagrad(0.02))
loss: logistic
table: fixed(20)
seed: ${train.seed}
"""


def test_python_and_yaml_say_the_same(write: Write, tmp_path: Path) -> None:
    write("clicks.yaml", CLICKS)
    write("params.yaml", "train: {alpha: 0.3, seed: 7}\n")
    wanted = model(
        label="click",
        time="hour",
        features=[cat("site"), num("age").bucket([18, 65]).named("age"), cat("site") @ cat("device")],
        score=linear(ftrl(alpha=0.3, l1=1)) + fm(4, adagrad(0.02)),
        loss="logistic",
        table=fixed(20),
        seed=7,
    )
    assert load_spec("clicks.yaml", str(tmp_path)) == wanted
    settings = {"alpha": 0.3, "l1": 1, "k": 4, "latent_alpha": 0.02, "bits": 20, "seed": 7}
    assert wanted._replace(features=(), label="", time="") == make_model("fm", settings)
    assert load_spec("clicks.yaml", str(tmp_path), {"alpha": "0.5"}).alpha == 0.5


def test_networks_are_terms_like_others() -> None:
    score = linear(ftrl(0.05)) + fm(8, adagrad(0.02)) + mlp(256, 128, adam(1e-3))
    settings = {"alpha": 0.05, "k": 8, "latent_alpha": 0.02, "layers": "256,128", "dense_alpha": 0.001}
    assert model(score=score) == make_model("deepfm", settings)
    assert model(score="linear + cross(3) + mlp(64, dropout=0.1)") == make_model(
        "dcn", {"cross_layers": 3, "layers": "64", "dropout": 0.1}
    )
    assert cross(3) + mlp(64) == parse_score("cross(3) + mlp(64)")


def test_a_model_is_named_in_a_python_file(write: Write, tmp_path: Path) -> None:
    write(
        "models.py",
        "from tiffin.models.spec import fm, model\n"
        "small = model(score=fm(2), label='y')\n"
        "def tuned(params): return small._replace(alpha=params.get('alpha', 9))\n"
        "word = 'no'\n",
    )
    assert load_spec("models.py:small", str(tmp_path)).k == 2
    assert load_spec("models.py:tuned", str(tmp_path)).alpha == 9
    write("params.yaml", "alpha: 0.25\n")
    assert load_spec("models.py:tuned", str(tmp_path), {"seed": 3}).seed == 3
    assert load_spec("models.py:tuned", str(tmp_path)).alpha == 0.25
    for word, what in (
        ("models.py:smoll", "'models.py' has no 'smoll'"),
        ("models.py:word", "'word' of 'models.py' should be a model, or a function that gives one, found 'no'"),
        ("models.py", "'models.py' does not say which model"),
    ):
        with pytest.raises(ConfigError, match=re.escape(what)):
            load_spec(word, str(tmp_path))
    with pytest.raises(MissingDependency, match=r"there is no file 'other\.py', where 'a' should be"):
        load_spec("other.py:a", str(tmp_path))


def test_a_score_is_as_in_the_built_in_models() -> None:
    assert model() == make_model("lr")
    assert model(score="linear + ffm") == make_model("ffm")
    assert model(score=linear(sgd(0.5)) + ffm(k=2, fields=3)) == make_model("ffm", {"optimizer": "sgd", "alpha": 0.5, "k": 2, "fields": 3})  # fmt: skip
    assert model(table=exact(3, memory="1GB")) == make_model("lr", {"table": "exact", "admit": 3, "memory": 1 << 30})
    assert parse_score("fm + linear").terms == ("fm", "linear")


@pytest.mark.parametrize(
    ("body", "what", "hint"),
    [
        ("scor: linear", "a model has no 'scor'", "did you mean 'score'?"),
        ("score: linear + fmm", "a score has no term 'fmm'", "did you mean 'fm'?"),
        ("score: linear(adagrd(0.1))", "no optimiser 'adagrd'", "did you mean 'adagrad'?"),
        ("score: linear(ftrl(alhpa=0.1))", "'ftrl' has no 'alhpa'", "did you mean 'alpha'?"),
        ("score: linear(3)", "'linear' takes nothing but an optimiser, found [3]", None),
        ("score: linear(ftrl(alpha=-1))", "'alpha' goes from 1e-09 to 1e+09, found -1", None),
        ("score: linear +", "'linear +' is no score: invalid syntax", "such as linear(ftrl(alpha=0.05)) + fm(8)"),
        ("score: [linear]", "'score' should be text, found ['linear']", None),
        ("score: fm(8)\nk: 4", "'k' is said twice", None),
        ("table: fixd(22)", "no table 'fixd'", "did you mean 'fixed'?"),
        ("table: fixed(99)", "'bits' goes from 1 to 32, found 99", None),
        ("features: cat('x')", "'features' should be a list, found \"cat('x')\"", None),
        ("features: [cta('x')]", "features have no operator 'cta'", "did you mean 'cat'?"),
        (
            'score: "linear({[]: 1})"',
            "'linear({[]: 1})' is no score: unhashable type: 'list'",
            "such as linear(ftrl(alpha=0.05)) + fm(8)",
        ),
        ('table: "fixed({[]: 1})"', "'fixed({[]: 1})' is no table", "such as fixed(22)"),
        (
            "model: fm\nscore: linear",
            "'model' is fm, which adds up linear + fm, and 'score' says linear",
            "leave one of them out",
        ),
        ("alpha: fast", "'alpha' should be a number, found 'fast'", None),
    ],
)
def test_what_is_wrong_in_a_file_is_named(write: Write, tmp_path: Path, body: str, what: str, hint: str | None) -> None:
    write("clicks.yaml", body + "\n")
    with pytest.raises(ConfigError) as caught:
        load_spec("clicks.yaml", str(tmp_path))
    assert caught.value.message == f"clicks.yaml: {what}"
    assert caught.value.hint == hint


def test_a_value_that_params_lack_is_named(write: Write, tmp_path: Path) -> None:
    write("clicks.yaml", "alpha: ${train.alpha}\n")
    write("params.yaml", "train: {alhpa: 1}\n")
    with pytest.raises(TemplateError, match=re.escape("clicks.yaml: no value for '${train.alpha}'")) as caught:
        load_spec("clicks.yaml", str(tmp_path))
    assert caught.value.hint == "did you mean 'train.alhpa'?"


def test_what_a_built_in_model_says_may_be_said_otherwise() -> None:
    for name, built_in in BUILT_IN.items():
        assert from_mapping({"model": name}) == built_in
    found = from_mapping({"model": "ffm", "table": "fixed(20)", "score": "linear + ffm(8)"})
    assert found == make_model("ffm", {"bits": 20, "k": 8})
    assert from_mapping({"model": "ffm", "table": "exact"}).table == "exact"
