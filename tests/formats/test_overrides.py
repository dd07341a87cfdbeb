"""`exp run -S`: Hydra's grammar without sweeps, applied without touching the rest of the file."""

import math
from pathlib import Path
from typing import Any

import pytest

from tiffin.errors import OverrideError
from tiffin.formats.overrides import Override, parse_override, set_values

VALUES = (
    r"""
1|01|1_000|1__0|+1|-1|0|1e3|.5|5.|1.5|-2e-3|inf|-inf|+Inf|nan|true|TRUE|False|null|NULL|None|yes|x|'x'|"x"|x y
 x |x/y-c.d
a:b|http://x|[1, 2]|[1,[2,x y]]|{a:1,b:{c: d}}|[]|{}|{1:2}|{a: {b: [1,{c: null}]}}|int(3.2)|str(1)|str([1, true])
float(1)
bool(1)|bool(false)|\,x|a\,b|'it\'s'|'a\\b'|$x|a\b|1 2|'1'|-
--x|*|@x|a|b%c|a?b|null x|1.5_0|1.e-1_0|0x10|12:30|1:2
[null, true, 1.0, 'z', "a,b"]
[ 1 , a b ]|{ a : b c , d : 1 }|'a,b'|"{a}"|a\=b|a\ |(|1_|_1|1.2.3|1e|e1|.|..|+|+.5|1-2
""".strip("\n")
    .replace("\n", "|")
    .split("|")
)
REFUSED = [
    "x=y",
    "[1,]",
    "{a}",
    "{a:1,}",
    "'x'y",
    "x'y'",
    "int(x)",
    "foo(1)",
    "[1",
    "{a:1",
    "'open",
    "(",
    "]",
    "${b}",
    "bool(x)",
]
SWEEPS = [
    "1,2",
    "a,b",
    "'a','b'",
    "[1],[2]",
    "choice(a,b)",
    "range(1,5)",
    "interval(0,1)",
    "glob(*)",
    "sort(2,1)",
    "shuffle(1,2)",
]


def theirs(value: str) -> Any:
    from hydra.core.override_parser.overrides_parser import OverridesParser

    return OverridesParser.create().parse_override(f"a={value}").value()


def plain(value: Any) -> Any:
    """Hydra keeps what was quoted in a class of its own."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    return getattr(value, "text", value)


@pytest.mark.parametrize("value", [value for value in VALUES if value != "("])
def test_a_value_means_what_it_means_to_hydra(value: str) -> None:
    ours, expected = parse_override(f"a={value}").value, plain(theirs(value))
    assert type(ours) is type(expected)
    assert ours == expected or (isinstance(ours, float) and math.isnan(ours))


@pytest.mark.parametrize("value", REFUSED)
def test_what_hydra_cannot_read_is_refused(value: str) -> None:
    with pytest.raises(OverrideError, match=r"^cannot set 'a=|^cannot set \"a=") as caught:
        parse_override(f"a={value}")
    assert caught.value.hint == "put text with special characters in quotes: NAME='text'"


@pytest.mark.parametrize("value", SWEEPS)
def test_a_sweep_is_recognised_and_refused(value: str) -> None:
    with pytest.raises(OverrideError, match="asks for several values") as caught:
        parse_override(f"a={value}")
    assert caught.value.hint == "add --queue to have them all run; a text with commas goes in quotes: NAME='a,b'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b=1", ("params.yaml", "a.b", 1, "set")),
        ("+a=1", ("params.yaml", "a", 1, "add")),
        ("++a=1", ("params.yaml", "a", 1, "force")),
        ("~a", ("params.yaml", "a", None, "delete")),
        ("~a=1", ("params.yaml", "a", 1, "delete")),
        ("p/x.json:a=b:c", ("p/x.json", "a", "b:c", "set")),
        ("x.toml:+a-b.0=", ("x.toml", "a-b.0", "", "add")),
        ("a=http://x", ("params.yaml", "a", "http://x", "set")),
    ],
)
def test_file_operator_and_name(text: str, expected: tuple[str, str, Any, str]) -> None:
    assert parse_override(text) == Override(*expected, text=text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a", "cannot set 'a': there is no '='"),
        ("=1", "cannot set '=1': '' is no parameter name"),
        ("a b=1", "cannot set 'a b=1': 'a b' is no parameter name"),
        ("a..b=1", "cannot set 'a..b=1': 'a..b' is no parameter name"),
        ("db/x=1", "cannot set 'db/x=1': groups of configurations are Hydra's own"),
    ],
)
def test_what_is_no_override_is_refused(text: str, message: str) -> None:
    with pytest.raises(OverrideError) as caught:
        parse_override(text)
    assert str(caught.value) == message


YAML = "train:\n  lr: 0.1\n  layers:\n  - 1\n  - 2\n  opt:\n    name: adam\n    eps:\nseed: 42\n1: x\n"
CHANGES = [
    ["train.lr=0.2"],
    ["train.lr=1e-6", "seed=7"],
    ["train.layers=[3,4,5]"],
    ["train.layers.1=9"],
    ["train.opt={name: sgd, momentum: 0.9}"],
    ["+train.opt={momentum: 0.9}"],
    ["+new.deep.key=1"],
    ["++seed=1"],
    ["++train.lr=null"],
    ["~seed"],
    ["~train.opt"],
    ["~seed=42"],
    ["seed='text: with # signs'"],
    ["+train.opt.eps=1"],
    ["missing=1"],
    ["+seed=1"],
    ["~missing"],
    ["~seed=41"],
    ["train.lr.x=1"],
]


NO_NULL = [texts for texts in CHANGES if "null" not in texts[0] and "eps" not in texts[0]]  # TOML has none


@pytest.mark.parametrize(
    ("suffix", "texts"),
    [
        (suffix, texts)
        for suffix in (".yaml", ".json", ".toml")
        for texts in (NO_NULL if suffix == ".toml" else CHANGES)
    ],
)
def test_a_file_is_changed_as_dvc_changes_it(suffix: str, texts: list[str], tmp_path: Path) -> None:
    from dvc.exceptions import InvalidArgumentError
    from dvc.utils.hydra import apply_overrides

    text = {
        ".yaml": YAML,
        ".json": '{"train": {"lr": 0.1, "layers": [1, 2], "opt": {"name": "adam", "eps": null}}, "seed": 42}',
        ".toml": 'seed = 42\n[train]\nlr = 0.1\nlayers = [1, 2]\n[train.opt]\nname = "adam"\n',
    }[suffix]
    file = tmp_path / f"p{suffix}"
    file.write_text(text)
    overrides = [parse_override(change) for change in texts]
    try:
        apply_overrides(file, texts)
    except (InvalidArgumentError, TypeError):
        with pytest.raises(OverrideError):
            set_values(text, "p" + suffix, overrides)
        return
    assert set_values(text, "p" + suffix, overrides) == file.read_text()


def test_comments_layout_and_the_rest_stay() -> None:
    text = "# top\ntrain: {lr: 0.10, layers: [1, 2]}  # inline\nname: 'x'   # quoted\nrate: 1e-3\n"
    changed = set_values(text, "params.yaml", [parse_override("train.lr=0.2")])
    assert changed == "# top\ntrain: {lr: 0.2, layers: [1, 2]}   # inline\nname: x     # quoted\nrate: 1e-3\n"


def test_json_keeps_its_indent() -> None:
    assert set_values('{\n    "a": 1\n}\n', "p.json", [parse_override("a=2")]) == '{\n    "a": 2\n}\n'
    assert set_values('{"a": 1}', "p.json", [parse_override("a=2")]) == '{"a": 2}'


def test_python_constants_change_in_place() -> None:
    text = "A = 1  # one\nclass T:\n    lr = 0.1\n    def __init__(self):\n        self.e = {'é': 1, 'b': [1,\n 2]}; x = 1\n"
    overrides = [parse_override(change) for change in ("A=2", "T.lr=0.5", "T.e.b=[3]")]
    assert set_values(text, "p.py", overrides) == (
        "A = 2  # one\nclass T:\n    lr = 0.5\n    def __init__(self):\n        self.e = {'é': 1, 'b': [3]}; x = 1\n"
    )


@pytest.mark.parametrize(
    ("change", "message", "hint"),
    [
        ("train.l=1", "p.yaml: no parameter 'train.l'", "did you mean 'train.lr'?"),
        ("zzz=1", "p.yaml: no parameter 'zzz'", "to add it, write '+zzz=1'"),
        ("+seed=1", "p.yaml: 'seed' is there already", "change it with 'seed=1'"),
        ("~seed=1", "p.yaml: 'seed' is 42, not 1, so it stays", None),
    ],
)
def test_a_change_that_cannot_be_made_says_why(change: str, message: str, hint: str | None) -> None:
    with pytest.raises(OverrideError) as caught:
        set_values(YAML, "p.yaml", [parse_override(change)])
    assert str(caught.value) == message
    assert caught.value.hint == hint


def test_python_files_take_no_new_constants() -> None:
    with pytest.raises(OverrideError, match="cannot be added or deleted"):
        set_values("A = 1\n", "p.py", [parse_override("+B=1")])
