"""`params diff`, `metrics show` and `metrics diff`."""

import json
import subprocess

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


TYPED = """\
stages:
  train:
    cmd: python train.py
    params:
    - lr
    - nested.list.0.a
    - conf.py:
      - Train.epochs
    - other.toml:
    metrics:
    - scores.json: {cache: false}
metrics: [listed]
params: [listed/p.json]
"""


@pytest.fixture
def branched(twins: TwinRepos) -> TwinRepos:
    """Parameters of all kinds, two repositories in one, a lightweight and an annotated tag, branches, an experiment."""
    twins.write("dvc.yaml", TYPED)
    twins.write("params.yaml", "lr: 0.1\nnested:\n  list:\n  - {a: 1, b: 2}\n  - {a: 3}\nempty: {}\ndotted.key: 5\n")
    twins.write("conf.py", "class Train:\n    epochs = 3\n    rate = 0.5\nX = {'k': [1, 2]}\n")
    twins.write("other.toml", 'a = 1\n[b]\nc = "x"\n')
    twins.write("scores.json", '{"auc": 0.123456789, "big": 123456789.98765, "tiny": 1.5e-12, "neg": -0.0, "n": null}')
    twins.write("listed/p.json", '{"p": [1, 2]}')
    twins.write("listed/deep/c.yaml", "y: 2.5\n")
    twins.write("sub/dvc.yaml", "params: [q.yaml]\nmetrics: [m.json]\n")
    twins.write("sub/q.yaml", "q: 1\n")
    twins.write("sub/m.json", '{"sub": 3}')
    twins.commit("one")
    twins.git("tag", "light")
    twins.git("tag", "-a", "annotated", "-m", "x")
    twins.write("scores.json", '{"auc": 0.9}')
    twins.commit("an experiment")
    baseline = subprocess.run(
        ["git", "rev-parse", "light"], cwd=twins.ours.repo, capture_output=True, text=True, check=True
    ).stdout.strip()
    twins.git("update-ref", f"refs/exps/{baseline[:2]}/{baseline[2:]}/better-one", "HEAD")
    twins.git("reset", "-q", "--hard", "light")
    twins.write("params.yaml", "lr: 0.5\nnested:\n  list:\n  - {a: 1, b: 3}\nempty: {a: 1}\ndotted.key: 6\n")
    twins.write("conf.py", "class Train:\n    epochs = 4\nX = {'k': [1, 3]}\n")
    twins.write("other.toml", 'a = 2\n[b]\nc = "y"\nd = 1.5\n')
    twins.write("scores.json", '{"auc": 0.2, "big": 1, "tiny": 2, "neg": 0, "n": 1}')
    twins.write("sub/q.yaml", "q: 2\n")
    twins.commit("two")
    twins.git("branch", "feature/x")
    twins.write("sub/m.json", '{"sub": 10, "new": 1}')
    twins.write("listed/deep/c.yaml", "y: .inf\n")
    return twins


def test_revisions_are_branches_tags_commits_and_experiments(branched: TwinRepos) -> None:
    for revs in (("better-one",), ("better-one", "annotated"), ("light", "feature/x")):
        branched.both("metrics", "diff", "--json", *revs, mask=_text, state=False)
    branched.both("params", "diff", "--json", "better-one", "HEAD", "--all", mask=_text, state=False)
    branched.both("params", "diff", "--json", "annotated", "--deps", mask=_text, state=False)
    branched.both("params", "diff", "--md", "light", "--no-path", text="lines", state=False)
    branched.both("metrics", "show", "--json", "-a", "-T", mask=_text, state=False)
    branched.both("metrics", "show", "-T", "scores.json", "listed", text="lines", code=None, state=False)


def test_targets_files_of_all_kinds_and_digits(branched: TwinRepos) -> None:
    branched.both("params", "diff", "light", "--targets", "other.toml", "conf.py", text="lines", state=False)
    branched.both("metrics", "diff", "light", "--targets", "listed", "-R", "--json", mask=_text, state=False)
    for digits in ("0", "1", "12"):
        branched.both("metrics", "diff", "light", "--precision", digits, text="lines", state=False)
    branched.both("metrics", "show", "--md", "--precision", "1", text="lines", state=False)


def test_from_below(branched: TwinRepos) -> None:
    branched.both("params", "diff", "light", "--json", cwd="sub", mask=_text, state=False)
    branched.both("metrics", "diff", "light", "--targets", "m.json", "--md", cwd="sub", text="lines", state=False)
    branched.both("metrics", "show", "m.json", "../scores.json", cwd="sub", text="lines", state=False)


def test_names_that_are_numbers_are_compared(twins: TwinRepos) -> None:
    twins.write("params.yaml", "1: one\na: 1\n")
    twins.commit("one")
    twins.write("params.yaml", "1: two\na: 2\n")
    theirs, ours = twins.apart("params", "diff", "--md")
    assert theirs.code == 255
    assert "'<' not supported" in theirs.err
    assert ours.out.splitlines()[2].split() == ["|", "params.yaml", "|", "1", "|", "one", "|", "two", "|"]
