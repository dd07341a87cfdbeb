"""`repro`: what runs, in which order, and what it leaves."""

from pathlib import Path

import pytest

from tests.peer.twins import TwinRepos

# Each stage says in `trace`, which nobody tracks, that it ran.
CHAIN = """\
stages:
  prepare:
    cmd: echo prepare >> trace && sort raw > clean
    deps: [raw]
    outs: [clean]
  train:
    cmd:
    - echo train >> trace
    - mkdir -p model && cp clean model/weights
    deps: [clean]
    params: [lr]
    outs: [model]
  score:
    cmd: |
      echo score >> trace
      wc -c < model/weights > score.json
    deps: [model/weights]
    metrics:
    - score.json:
        cache: false
  alone:
    cmd: echo alone >> trace; echo 1 > other
    outs: [other]
"""


@pytest.fixture
def chain(twins: TwinRepos) -> TwinRepos:
    """Four stages, three of them in a row, not run yet."""
    twins.write("dvc.yaml", CHAIN)
    twins.write("params.yaml", "lr: 1\n")
    twins.write("raw", "b\na\n")
    twins.write(".gitignore", "/trace\n")
    twins.both("add", "raw")
    return twins


def _traces(twins: TwinRepos) -> list[str]:
    traces = [
        (side.repo / "trace").read_text().split() if (side.repo / "trace").exists() else [] for side in twins.sides
    ]
    assert traces[0] == traces[1]
    twins.each(lambda repo: (repo / "trace").unlink(missing_ok=True))
    return traces[0]


def test_what_changed_runs_again(chain: TwinRepos) -> None:
    chain.both("status", "--json")
    chain.both("repro")
    assert sorted(_traces(chain)) == ["alone", "prepare", "score", "train"]
    chain.both("status", "--json")
    chain.both("repro")
    assert _traces(chain) == []
    chain.write("params.yaml", "lr: 2\n")
    chain.both("status", "--json")
    chain.both("repro")
    assert _traces(chain) == ["train"]
    chain.write("raw", "c\nb\na\n")
    chain.both("status", "--json")
    chain.both("repro")
    assert _traces(chain) == ["prepare", "train", "score"]
    chain.swap()


@pytest.mark.parametrize(
    "argv",
    [
        ("train",),
        ("-s", "train"),
        ("--downstream", "train"),
        ("-f", "train"),
        ("-f", "-s", "score"),
        ("--force-downstream", "prepare"),
        ("-p", "alone"),
        ("-P",),
        ("dvc.yaml:alone",),
        ("--dry",),
        ("--no-run-cache",),
        ("--no-commit",),
        ("-R", "."),
        ("--glob", "*r*"),
    ],
    ids=" ".join,
)
def test_targets_and_flags(chain: TwinRepos, argv: tuple[str, ...]) -> None:
    chain.both("repro")
    _traces(chain)
    chain.write("params.yaml", "lr: 2\n")
    chain.both("repro", *argv)
    _traces(chain)
    chain.both("status", "--json")


def test_unknown_targets(chain: TwinRepos) -> None:
    for target in ("nope", "nope.dvc", "model", "dvc.yaml:nope", "other/dvc.yaml:x"):
        chain.both("repro", target, code=None)
    chain.both("status", "nope", code=None)


@pytest.mark.parametrize("flags", [(), ("-k",), ("--ignore-errors",)])
def test_a_stage_that_fails(twins: TwinRepos, flags: tuple[str, ...]) -> None:
    twins.write(
        "dvc.yaml",
        "stages:\n"
        "  a:\n    cmd: echo a > a && echo a >> trace\n    outs: [a]\n"
        "  b:\n    cmd:\n    - echo b >> trace\n    - exit 3\n    - echo never >> trace\n    deps: [a]\n    outs: [b]\n"
        "  c:\n    cmd: echo c >> trace && cp b c\n    deps: [b]\n    outs: [c]\n"
        "  d:\n    cmd: echo d >> trace && echo d > d\n    outs: [d]\n",
    )
    twins.write(".gitignore", "/trace\n")
    # DVC takes the lines of stages that did succeed out of .gitignore again.
    but = ("file .gitignore", "tree .gitignore")
    twins.both("repro", *flags, "c", "d", code=None, but=but)
    _traces(twins)
    twins.both("status", "--json", state=False)


def test_a_command_that_leaves_no_output(twins: TwinRepos) -> None:
    twins.write("dvc.yaml", "stages:\n  a:\n    cmd: 'true'\n    outs: [a]\n")
    twins.both("repro", code=None)
    twins.both("status", "--json")


def test_a_dependency_that_is_not_there(twins: TwinRepos) -> None:
    twins.write("dvc.yaml", "stages:\n  a:\n    cmd: echo > a\n    deps: [nope]\n    outs: [a]\n")
    twins.both("repro", code=None)
    twins.both("status", "--json")


def test_what_a_stage_finds(twins: TwinRepos) -> None:
    # The environment and the directory of a command; an old output is gone before it runs, a persisted one is not.
    twins.write(
        "dvc.yaml",
        "stages:\n"
        "  s:\n    wdir: sub\n    cmd: ls > ../listing; echo $DVC_STAGE >> ../listing; basename $PWD >> ../listing;"
        " echo x > old; echo x >> kept\n"
        "    deps: [in]\n    outs:\n    - old\n    - kept:\n        persist: true\n",
    )
    twins.write("sub/in", "1")
    twins.both("repro")
    twins.write("sub/in", "2")
    twins.both("repro")
    assert "kept" in (twins.ours.repo / "listing").read_text()


def test_the_run_cache(chain: TwinRepos) -> None:
    chain.both("repro")
    chain.write("params.yaml", "lr: 2\n")
    chain.both("repro")
    _traces(chain)
    chain.write("params.yaml", "lr: 1\n")
    chain.both("repro")
    assert _traces(chain) == []
    chain.remove("model", "clean")
    chain.both("repro")
    assert _traces(chain) == []
    chain.write("params.yaml", "lr: 2\n")
    chain.both("repro", "--no-run-cache")
    assert _traces(chain) == ["train"]


def test_the_run_cache_travels(chain: TwinRepos) -> None:
    chain.both("remote", "add", "-d", "store", "../remote")
    chain.both("repro")
    chain.both("push", "--run-cache")
    chain.remove(".dvc/cache", "dvc.lock", "model", "clean", "other", "score.json")
    _traces(chain)
    chain.both("pull", "--run-cache", code=None)
    chain.both("repro")
    _traces(chain)


def test_each_finds_the_runs_that_the_other_pushed(chain: TwinRepos) -> None:
    chain.both("remote", "add", "-d", "store", "../remote")
    chain.both("repro")
    chain.both("push", "--run-cache")
    chain.write("params.yaml", "lr: 2\n")
    chain.both("repro")
    chain.both("push", "--run-cache")
    theirs, ours = (side.home / "remote" for side in chain.sides)
    theirs.rename(theirs.with_name("exchange"))
    ours.rename(theirs)
    theirs.with_name("exchange").rename(ours)
    chain.remove(".dvc/cache", "model", "clean", "other", "raw")
    chain.both("pull", "--run-cache")
    chain.write("params.yaml", "lr: 1\n")
    _traces(chain)
    chain.both("repro", "--pull")
    assert _traces(chain) == []
    chain.swap()


KINDS = {
    "frozen": "    frozen: true\n",
    "always changed": "    always_changed: true\n",
    "described": "    desc: it does\n    meta: {owner: me}\n",
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_stages(twins: TwinRepos, kind: str) -> None:
    twins.write(
        "dvc.yaml",
        "stages:\n  s:\n    cmd: cp in out && echo s >> trace\n    deps: [in]\n    outs: [out]\n" + KINDS[kind],
    )
    twins.write(".gitignore", "/trace\n")
    twins.write("in", "1")
    for text in ("1", "22", "22"):
        twins.write("in", text)
        twins.both("status", "--json")
        twins.both("repro", code=None)
        _traces(twins)
    twins.both("status", "--json")


def test_kinds_of_outputs(twins: TwinRepos) -> None:
    twins.write(
        "dvc.yaml",
        "stages:\n  s:\n    cmd: for f in a b c d; do echo $f > $f; done; chmod +x a\n    outs:\n"
        "    - a\n    - b:\n        cache: false\n    - c:\n        push: false\n    - d:\n        remote: second\n",
    )
    twins.both("remote", "add", "-d", "store", "../remote")
    twins.both("remote", "add", "second", "../second")
    twins.both("repro")
    twins.both("push")
    twins.both("status", "-c", "--json")
    twins.remove("a", "b", "c", "d")
    twins.both("status", "--json")
    twins.both("checkout", code=None)
    twins.both("repro")


PARAMS = {
    "yaml": ("params.yaml", "a: 1\nb: {c: [1, 2], d: null}\n", "a: 1.0\nb: {c: [1, 3], d: x}\n"),
    "json": ("p.json", '{"a": 1, "b": {"c": [1, 2], "d": null}}', '{"a": "1", "b": {"c": [1, 2], "d": false}}'),
    "toml": ("p.toml", 'a = 1\n[b]\nc = [1, 2]\nd = "x"\n', 'a = 1\n[b]\nc = []\nd = "x"\n'),
    "py": ("p.py", "a = 1\nclass b:\n    c = [1, 2]\n    d = None\n", "a = 2\nclass b:\n    c = [1, 2]\n    d = 'x'\n"),
}


@pytest.mark.parametrize("keys", [(), ("a", "b.c", "b.d")], ids=["whole", "keys"])
@pytest.mark.parametrize("kind", PARAMS)
def test_kinds_of_params(twins: TwinRepos, kind: str, keys: tuple[str, ...]) -> None:
    name, before, after = PARAMS[kind]
    wanted = f"    - {name}:\n" + "".join(f"      - {key}\n" for key in keys)
    twins.write("dvc.yaml", f"stages:\n  s:\n    cmd: echo > out\n    params:\n{wanted}    outs: [out]\n")
    twins.write(name, before)
    twins.both("status", "--json")
    twins.both("repro")
    twins.commit("one")
    twins.write(name, after)
    twins.both("status", "--json")
    twins.both("params", "diff", "--json")
    twins.both("repro")
    twins.swap()


def test_params_that_are_not_there(twins: TwinRepos) -> None:
    twins.write("dvc.yaml", "stages:\n  s:\n    cmd: echo > out\n    params: [nope]\n    outs: [out]\n")
    twins.both("repro", code=None)
    twins.write("params.yaml", "a: 1\n")
    twins.both("status", "--json")
    twins.both("repro", code=None)
    twins.write("params.yaml", "a: [\n")
    twins.both("repro", code=None)


def test_commit_and_checkout_of_a_pipeline(chain: TwinRepos) -> None:
    chain.both("repro")
    _traces(chain)
    chain.commit("one")
    chain.write("model/weights", "by hand")
    chain.both("status", "--json")
    chain.both("commit", "-f", "train")
    chain.both("status", "--json")
    chain.git("checkout", "-q", ".")
    chain.both("checkout", "-f")
    chain.both("status", "--json")
    chain.both("commit", "-f")


def test_the_lock_survives_what_others_wrote(chain: TwinRepos) -> None:
    chain.both("repro")
    _traces(chain)

    def shorten(repo: Path) -> None:
        # As a merge leaves it: one stage is gone.
        lines = (repo / "dvc.lock").read_text().splitlines(keepends=True)
        start = lines.index("  train:\n")
        end = next((at for at in range(start + 1, len(lines)) if not lines[at].startswith("   ")), len(lines))
        (repo / "dvc.lock").write_text("".join(lines[:start] + lines[end:]))

    chain.each(shorten)
    chain.both("status", "--json")
    chain.both("repro")
    _traces(chain)
    chain.write("dvc.lock", "schema: '2.0'\nstages: [\n")
    chain.both("status", code=None)
    chain.both("repro", code=None)
