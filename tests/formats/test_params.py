"""Parameter and metrics files of every kind, read as DVC reads them."""

from typing import Any

import pytest

from tiffin.errors import FormatError, YamlError
from tiffin.formats import params

PYTHON = """
import os
SEED = 1
RATE: float = -0.5
NAMES = ["a", 'b']
PAIR = (1, 2)
CHOICES = {1, 2}
TABLE = {"a": 1, "b": {"c": None}}
A = B = 3
COMPUTED = os.getpid()
SUM = 1 + 2
BOTH = {"a": COMPUTED}
NOTHING: int

class Train:
    lr = 0.1
    class Inner:
        deep = True
    def __init__(self):
        self.epochs = 10
        local = 1
        other.x = 2
    def step(self):
        self.no = 1

def main():
    unseen = 1
"""
FILES = {
    "a.yaml": "train:\n  lr: 1e-3\n  layers: [16, 32]\n  on: yes\n1: one\n",
    "a.yml": "",
    "a.JSON": '{"train": {"lr": 0.1, "x": [1, {"y": null}]}}',
    "a.json": "null",
    "a.toml": '[train]\nlr = 0.1\nlayers = [1, 2]\nname = "x"\n[train.deep]\non = true\n',
    "a.py": PYTHON,
    "a.unknown": "a: {b: 1}\n",
}


@pytest.mark.parametrize("path", FILES)
def test_a_file_is_read_as_dvc_reads_it(path: str) -> None:
    from pathlib import Path

    from dvc.utils.serialize import PARSERS

    assert params.load(FILES[path], path) == PARSERS[Path(path).suffix.lower()](FILES[path], path)
    assert params.load(FILES[path].encode(), path) == params.load(FILES[path], path)


@pytest.mark.parametrize(
    "name", ["train", "train.lr", "train.layers.1", "1", "train.layers", "train.layers.2", "x", "a.b"]
)
def test_a_dotted_name_finds_what_dvc_finds(name: str) -> None:
    import dpath

    values = params.load(FILES["a.yaml"], "a.yaml")
    try:
        expected = dpath.get(values, name, separator=".")
    except KeyError:
        with pytest.raises(KeyError):
            params.get(values, name)
        return
    assert params.get(values, name) == expected


@pytest.mark.parametrize(
    "values",
    [
        {"a": {"b": 1, "c": {"d": [1, {"e": 2}]}}, "f": None, "g": {}, 3: {4: 5}},
        {},
        {"a": (1, 2), "b": {"c": {}}},
    ],
)
def test_leaves_are_those_of_dvc(values: dict[Any, Any]) -> None:
    from dvc.utils.diff import format_dict
    from dvc.utils.flatten import flatten

    assert params.flatten(values) == {str(key): value for key, value in flatten(format_dict(values)).items()}


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb: [1, 2]\nc: {d: x, e: null, f: {}}\ng: true\n",
        "0.5\n",
        "[1, 2]\n",
        "text\n",
        "0\n",
        "a: {b: {c: []}}\n",
    ],
)
def test_metrics_are_those_of_dvc(text: str) -> None:
    from dvc.repo.metrics.show import _extract_metrics

    assert params.load_metrics(text, "m.yaml") == (_extract_metrics(params.load(text, "m.yaml"), "m.yaml") or {})


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ('{"a": 1,}', "a.json", "a.json:1:9: not valid JSON: "),
        ("a = ", "a.toml", "a.toml:1:1: not valid TOML: "),
        ("a = = 1\n", "a.py", "a.py:1:5: not valid Python: invalid syntax"),
        (b"\xff", "a.toml", "a.toml:1:1: not valid UTF-8"),
        (b"\xff", "a.json", "a.json:1:1: not valid UTF-8"),
    ],
)
def test_a_broken_file_is_named(text: str | bytes, path: str, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        params.load(text, path)
    assert str(caught.value).startswith(message)


def test_broken_yaml_is_a_yaml_error() -> None:
    with pytest.raises(YamlError, match=r"^p\.yaml:1:5: "):
        params.load("a: b: c", "p.yaml")
