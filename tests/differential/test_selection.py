"""Which stages `repro` visits, in which order, by its flags; several dvc.yaml files, groups and frozen stages."""

import re
from typing import NamedTuple

import pytest

from tests.peer.twins import TwinRepos

ROOT = """\
stages:
  raw: {cmd: echo raw > raw, outs: [raw]}
  part: {foreach: [a, b], do: {cmd: 'cp raw part-${item}', deps: [raw], outs: ['part-${item}']}}
  grid: {matrix: {x: [1, 2]}, cmd: 'echo ${item.x} > grid-${item.x}', deps: [part-a], outs: ['grid-${item.x}']}
  frozen: {cmd: cp part-b frozen, deps: [part-b], outs: [frozen: {cache: false}], frozen: true}
  after: {cmd: cp frozen after, deps: [frozen], outs: [after]}
  alone: {cmd: echo alone > alone, outs: [alone]}
"""
INNER = "stages:\n  inner: {cmd: cp ../raw inner, deps: [../raw], outs: [inner]}\n  own: {cmd: echo own > own, outs: [own]}\n"
DEEPER = "stages:\n  deeper: {cmd: cp ../inner deeper, deps: [../inner], outs: [deeper]}\n"

ASKED = [
    ("", ()),
    ("", ("-P",)),
    ("", ("-p", "after")),
    ("", ("-p", "grid")),
    ("", ("part",)),
    ("", ("part@b",)),
    ("", ("grid@2", "alone")),
    ("", ("-s", "part")),
    ("", ("-s", "grid", "raw")),
    ("", ("--downstream", "part@a")),
    ("", ("--downstream", "part@b")),
    ("", ("--downstream", "raw")),
    ("", ("--downstream", "sub/dvc.yaml:inner")),
    ("", ("-R", "sub")),
    ("", ("-R", ".")),
    ("", ("-R", "sub/deep")),
    ("", ("sub/dvc.yaml",)),
    ("", ("sub/deep/dvc.yaml:deeper",)),
    ("", ("--glob", "part@*")),
    ("", ("--glob", "sub/dvc.yaml:in*")),
    ("", (":alone",)),
    ("sub", ()),
    ("sub", ("own",)),
    ("sub", ("-P",)),
    ("sub", ("-p",)),
    ("sub", ("../dvc.yaml:alone",)),
    ("sub", ("-R", "deep")),
]


class Visit(NamedTuple):
    """A stage, and whether it would run."""

    name: str
    runs: bool


# DVC says nothing of frozen stages in a dry run.
def visits(text: str) -> list[Visit]:
    found = re.findall(r"^(?:Running stage '(.*)':|Stage '(.*)' didn't change)", text, re.MULTILINE)
    return [Visit(run or same, not same) for run, same in found]


def after_its_inputs(order: list[Visit]) -> None:
    """The order is one in which every stage comes after what it needs."""
    names = [visit.name.rpartition(":")[2] for visit in order]
    for first, second in (("raw", "part@a"), ("part@a", "grid@1"), ("frozen", "after"), ("inner", "deeper")):
        if first in names and second in names:
            assert names.index(first) < names.index(second)


@pytest.fixture
def project(twins: TwinRepos) -> TwinRepos:
    twins.write("dvc.yaml", ROOT)
    twins.write("sub/dvc.yaml", INNER)
    twins.write("sub/deep/dvc.yaml", DEEPER)
    return twins


def test_flags_and_targets_choose_the_same_stages(project: TwinRepos) -> None:
    for cwd, flags in ASKED:
        argv = ("repro", "--dry", "-f", *flags)
        pair = project.apart(*argv, cwd=cwd or ".")
        assert pair.ours.code == pair.theirs.code, (cwd, flags, pair)
        theirs, ours = (visits(side.out) for side in pair)
        assert sorted(ours) == sorted(theirs), (cwd, flags, pair)
        after_its_inputs(ours)


def test_what_follows_from_a_change_is_visited_alike(project: TwinRepos) -> None:
    project.write("frozen", "frozen")
    project.both("repro", "-P")
    project.write("dvc.yaml", ROOT.replace("echo raw", "echo changed"))
    for flags in ((), ("--force-downstream", "raw"), ("--force-downstream", "part@a"), ("--downstream", "raw")):
        pair = project.apart("repro", "--dry", *flags)
        theirs, ours = (visits(side.out) for side in pair)
        assert sorted(ours) == sorted(theirs), (flags, pair)
    project.both("repro", "-P")
    project.swap()


def test_allow_missing_and_pull(project: TwinRepos) -> None:
    project.both("remote", "add", "-d", "store", "../remote")
    project.write("frozen", "frozen")
    project.both("repro", "-P")
    project.both("push")
    project.remove("raw", "part-a", ".dvc/cache")
    pair = project.apart("repro", "--allow-missing", "--dry")
    theirs, ours = (visits(side.out) for side in pair)
    assert sorted(ours) == sorted(theirs), pair
    project.both("repro", "--pull", "grid")
    project.both("status", "--json")


def test_a_pattern_that_matches_nothing_runs_nothing(project: TwinRepos) -> None:
    pair = project.apart("repro", "--dry", "--glob", "nothing*")
    assert visits(pair.theirs.out)
    assert not visits(pair.ours.out)


@pytest.fixture
def chained(twins: TwinRepos) -> TwinRepos:
    """A chain of two stages, and one in a directory that needs neither; all have run."""
    twins.write("dvc.yaml", "stages:\n  a: {cmd: echo 1 > a, outs: [a]}\n  b: {cmd: cp a b, deps: [a], outs: [b]}\n")
    twins.write("sub/dvc.yaml", "stages:\n  c: {cmd: echo 3 > c, outs: [c]}\n")
    twins.both("repro", "-R", ".")
    twins.both("repro", "dvc.yaml")
    return twins


def test_what_a_stage_depends_on_is_asked_about_with_it(chained: TwinRepos) -> None:
    for path in ("a", "sub/c"):
        chained.write(path, "changed")
    chained.both("status", "--json", "b")
    chained.both("status", "--json", "-d", "b")
    chained.both("status", "--json", "-R", "sub")
    chained.both("commit", "-f", "-d", "b")
    chained.both("status", "--json")


def lose(twins: TwinRepos, path: str) -> None:
    for side in twins.sides:
        (side.repo / path).unlink()


def test_what_a_stage_depends_on_goes_with_it(chained: TwinRepos) -> None:
    for path in ("a", "b", "sub/c"):
        lose(chained, path)
    chained.both("checkout", "-f", "-d", "b")
    for path in ("a", "b"):
        lose(chained, path)
    chained.both("checkout", "-f", "-R", "sub")
    assert all((side.repo / "sub/c").exists() and not (side.repo / "a").exists() for side in chained.sides)
    chained.both("remote", "add", "-d", "store", "../remote")
    chained.both("push", "-d", "b")
    chained.both("fetch", "-d", "b")
    chained.both("pull", "-f", "-d", "b")
