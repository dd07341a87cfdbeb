"""`params diff`, `metrics show` and `metrics diff`."""

import json

import pytest

from tests.peer.twins import TwinRepos

PIPELINE = """\
stages:
  train:
    cmd: python train.py
    params:
    - lr
    - model.depth
    - other.json:
      - seed
    metrics:
    - scores.json:
        cache: false
metrics:
- more.yaml
- deep/plain.toml
params:
- extra.yaml
"""


@pytest.fixture
def measured(twins: TwinRepos) -> TwinRepos:
    """Two commits with different params and metrics."""
    twins.write("dvc.yaml", PIPELINE)
    twins.write("params.yaml", "lr: 0.1\nmodel:\n  depth: 3\n  names: [a, b]\nunused: 1\n")
    twins.write("other.json", '{"seed": 1, "rest": {"a": null}}')
    twins.write("extra.yaml", "x: text\n")
    twins.write("scores.json", '{"auc": 0.5, "loss": {"train": 1, "test": 2.123456789}, "label": "x"}')
    twins.write("more.yaml", "recall: 0.25\n")
    twins.write("deep/plain.toml", "p = 1\n")
    twins.commit("one")
    twins.write("params.yaml", "lr: 0.2\nmodel:\n  depth: 3.0\n  names: [a]\nnew: yes\n")
    twins.write("other.json", '{"seed": 2}')
    twins.write("scores.json", '{"auc": 0.75, "loss": {"train": 1, "test": 1e-10}, "label": "y", "new": 3}')
    twins.write("more.yaml", "recall: .nan\n")
    twins.commit("two")
    twins.write("scores.json", '{"auc": 0.8, "loss": {"train": 0}}')
    twins.write("params.yaml", "lr: [1, {a: 2}]\nmodel:\n  depth: 3\n")
    return twins


def _text(answer: object) -> object:
    # NaN is not equal to itself; and DVC's order of changes is that of a set.
    return json.dumps(answer, sort_keys=True)


@pytest.mark.parametrize("flags", [(), ("--all",), ("--deps",), ("--targets", "params.yaml"), ("--no-path",)])
def test_params_diff(measured: TwinRepos, flags: tuple[str, ...]) -> None:
    for revs in ((), ("HEAD~1",), ("HEAD~1", "HEAD")):
        measured.both("params", "diff", "--json", *flags, *revs, code=None, mask=_text, state=False)
    measured.both("params", "diff", "--md", *flags, text="lines", state=False)
    measured.both("params", "diff", *flags, text="lines", state=False)


@pytest.mark.parametrize("flags", [(), ("--all",), ("--targets", "scores.json"), ("-R",), ("--precision", "2")])
def test_metrics_diff(measured: TwinRepos, flags: tuple[str, ...]) -> None:
    for revs in ((), ("HEAD~1",), ("HEAD~1", "HEAD")):
        measured.both("metrics", "diff", "--json", *flags, *revs, code=None, mask=_text, state=False)
    measured.both("metrics", "diff", "--md", *flags, text="lines", code=None, state=False)
    measured.both("metrics", "diff", *flags, text="lines", code=None, state=False)


@pytest.mark.parametrize(
    "flags", [(), ("-a",), ("-T",), ("-A",), ("scores.json",), ("deep", "-R"), ("--precision", "2")]
)
def test_metrics_show(measured: TwinRepos, flags: tuple[str, ...]) -> None:
    measured.git("tag", "v1", "HEAD~1")
    measured.both("metrics", "show", "--json", *flags, mask=_text, code=None, state=False)
    measured.both("metrics", "show", "--md", *flags, text="lines", code=None, state=False)
    measured.both("metrics", "show", *flags, text="lines", code=None, state=False)


def test_broken_and_missing_files(measured: TwinRepos) -> None:
    measured.write("more.yaml", "a: [\n")
    measured.remove("scores.json")
    measured.both("metrics", "show", "--json", mask=_without_messages, code=None, state=False)
    measured.both("metrics", "diff", "--json", mask=_text, code=None, state=False)
    measured.write("params.yaml", "a: [\n")
    # DVC takes every other file of the revision for unreadable, too.
    measured.both("params", "diff", "--json", mask=lambda answer: _text(answer["params.yaml"]), state=False)


def _without_messages(answer: object) -> object:
    if isinstance(answer, dict):
        return {key: _without_messages(value) for key, value in answer.items() if key != "msg"}
    return _text(answer)


def test_nothing_to_show(twins: TwinRepos) -> None:
    twins.both("metrics", "show", code=None)
    twins.both("metrics", "show", "nope.json", code=None)
    twins.both("metrics", "diff", "--json", code=None)
    twins.both("params", "diff", "--json", code=None)
    twins.both("params", "diff", "nope", code=None)
    twins.write("free.json", '{"x": 1}')
    twins.both("metrics", "show", "--json", "free.json")


def test_tracked_metrics_are_read_from_the_store(twins: TwinRepos) -> None:
    twins.write("dvc.yaml", "stages:\n  s:\n    cmd: echo 1 > m.yaml\n    metrics:\n    - m.yaml\n")
    twins.both("repro")
    twins.commit("one")
    twins.write("dvc.yaml", "stages:\n  s:\n    cmd: echo 2 > m.yaml\n    metrics:\n    - m.yaml\n")
    twins.both("repro")
    twins.both("metrics", "diff", "--json", mask=_text)
    twins.both("metrics", "show", "-A", "--json", mask=_text)
