"""`.dvcignore`, as seen by `add` and `status`."""

from pathlib import Path

import pytest

from tests.peer.twins import TwinRepos

RULES = [
    "*.tmp",
    "/build",
    "build/",
    "!keep.tmp\n*.tmp",
    "*.tmp\n!keep.tmp",
    "data/sub",
    "sub/*",
    "**/deep",
    " *.tmp  ",
    "# *",
]


@pytest.mark.parametrize("rules", RULES)
def test_add_leaves_out_what_is_ignored(twins: TwinRepos, rules: str) -> None:
    for name in ("a", "x.tmp", "keep.tmp", "sub/b", "sub/deep/c.tmp", "build/d", "sub/build/e"):
        twins.write(f"data/{name}", name)
    twins.write(".dvcignore", rules + "\n")
    twins.both("add", "data")
    twins.both("status", "--json")
    twins.swap()


def test_a_rule_that_comes_after_tracking(twins: TwinRepos) -> None:
    for name in ("a", "x.tmp"):
        twins.write(f"data/{name}", name)
    twins.both("add", "data")
    twins.write(".dvcignore", "*.tmp\n")
    twins.both("status", "--json")
    twins.both("commit", "-f")
    twins.both("status", "--json")
    twins.swap()


def test_rules_of_subdirectories(twins: TwinRepos) -> None:
    twins.write(".dvcignore", "*.tmp\n")
    twins.write("sub/.dvcignore", "!keep.tmp\n/only\n")
    for name in ("keep.tmp", "x.tmp", "only", "deep/only", "deep/keep.tmp"):
        twins.write(f"sub/data/{name}", name)
        twins.write(f"top/{name}", name)
    twins.both("add", "sub/data", "top")
    twins.swap()


def test_ignored_targets_and_stages(twins: TwinRepos) -> None:
    twins.write(".dvcignore", "/hidden\n")
    twins.write("hidden/dvc.yaml", "stages:\n  s:\n    cmd: echo\n")
    twins.write("hidden/x", "1")
    twins.both("add", "hidden/x", code=None)
    twins.both("status", "--json")


def test_a_nested_repository_is_another_ones_business(twins: TwinRepos) -> None:
    twins.both("init", "--subdir", "-q", cwd=".", code=None)
    twins.write("data/a", "1")
    twins.write("inner/x", "1")
    twins.both("init", "--subdir", "-q", cwd="inner")
    twins.both("add", "x", cwd="inner")
    twins.both("add", "data")
    twins.both("status", "--json")
    twins.both("add", "inner", code=None)


def test_rules_inside_of_tracked_data_are_refused(twins: TwinRepos) -> None:
    twins.write("data/a", "1")
    twins.write("data/.dvcignore", "x\n")
    twins.both("add", "data", code=None)


def test_what_git_ignores_for_this_user_holds_no_stages(twins: TwinRepos, tmp_path: Path) -> None:
    for name in ("kept", "private"):
        twins.write(f"{name}/dvc.yaml", "stages:\n  s:\n    cmd: echo\n")
    (tmp_path / "git").mkdir()
    (tmp_path / "git/ignore").write_text("private/\n")
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert "private" not in twins.both("stage", "list", "--all", environ=environ, text="lines")
