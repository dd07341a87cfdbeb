"""`check-ignore`: which paths, by which rule, with which exit code."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.native.test_ignore import dvc_lines, paths
from tests.peer.twins import TwinRepos

ASKED = (
    *("a.tmp", "keep.tmp", "build", "build/", "build/x", "build/y/a.tmp", "only", "sub/only", "sub/a.tmp", "sub/q"),
    *("sub/q/z", "../out", ".dvc", ".dvc/config", ".git", ".", "", "inner", "inner/a", "inner/a.tmp", "./x", "x"),
)


@pytest.fixture
def ruled(twins: TwinRepos) -> TwinRepos:
    """Rules of two directories, with a negation and an anchor, and a nested repository."""
    twins.write(".dvcignore", "# rules\n*.tmp\n!keep.tmp\n\nbuild/\n /only \n")
    twins.write("sub/.dvcignore", "!a.tmp\nq\n")
    twins.write("build/x", "")
    twins.write("inner/.dvc/config", "")
    return twins


@pytest.mark.parametrize("flags", [(), ("-d",), ("-d", "-n"), ("-d", "-a")])
def test_every_path_gets_the_same_answer(ruled: TwinRepos, flags: tuple[str, ...]) -> None:
    ruled.both("check-ignore", *flags, "--", *ASKED, text=True, state=False)


@pytest.mark.parametrize("target", ["a.tmp", "keep.tmp", "build/x", "../out", ".", "inner/a", "x"])
def test_the_exit_code_says_whether_a_rule_matched(ruled: TwinRepos, target: str) -> None:
    ruled.both("check-ignore", target, code=None, text=True, state=False)
    ruled.both("check-ignore", "-d", "-n", target, code=None, text=True, state=False)


def test_from_a_subdirectory(ruled: TwinRepos) -> None:
    targets = ("a.tmp", "q", "b.tmp", "../a.tmp", "../only", "only")
    ruled.both("check-ignore", "-d", "-n", *targets, cwd="sub", text=True, state=False)


@pytest.mark.parametrize(
    "arguments", [(), ("--stdin", "x"), ("-n", "x"), ("-a", "x"), ("-q", "-d", "x"), ("-q", "a.tmp"), ("-q", "x")]
)
def test_flags_that_do_not_go_together(ruled: TwinRepos, arguments: tuple[str, ...]) -> None:
    ruled.both("check-ignore", *arguments, code=None, text=True, state=False)


def test_an_ignored_target_that_was_tracked_before(ruled: TwinRepos) -> None:
    ruled.write("data/a", "1")
    ruled.write("data/b.log", "1")
    ruled.both("add", "data")
    ruled.write(".dvcignore", "*.log\n")
    ruled.both("check-ignore", "-d", "data", "data/b.log", "data.log", "data.log.dvc", text=True, state=False)
    ruled.both("status", "--json", code=None)


# Where the two differ on purpose: docs/formats/dvcignore.md.
alike = dvc_lines.filter(lambda line: not line.rstrip().endswith("*/") and "[!" not in line and "[^" not in line)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    outer=st.lists(alike, max_size=4),
    inner=st.lists(alike, max_size=3),
    asked=st.lists(paths, min_size=1, max_size=6),
)
def test_random_rules_mean_the_same(twins: TwinRepos, outer: list[str], inner: list[str], asked: list[str]) -> None:
    def rules(repo: Path) -> None:
        (repo / "a").mkdir(exist_ok=True)
        for file, lines in ((".dvcignore", outer), ("a/.dvcignore", inner)):
            (repo / file).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    twins.each(rules)
    twins.both("check-ignore", "--", *asked, code=None, text=True, state=False)
