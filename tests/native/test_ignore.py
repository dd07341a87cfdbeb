"""Ignore files, as DVC and Git read them."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.native import twins
from tiffin._native import Ignore

atoms = st.sampled_from(
    ["a", "b", "ab", "é", "*", "?", "**", "[ab]", "[!a]", "[a-z]", "[]]", "[^b-]", "a*", "*b", "\\*", "\\a"]
)
parts = st.lists(atoms, min_size=1, max_size=2).map("".join) | st.just("**")
lines = st.builds(
    lambda negated, lead, middle, tail, blanks: negated + lead + "/".join(middle) + tail + blanks,
    st.sampled_from(["", "", "", "!"]),
    st.sampled_from(["", "", "/", "**/"]),
    st.lists(parts, min_size=1, max_size=3),
    st.sampled_from(["", "", "/", "/**", "/*"]),
    st.sampled_from(["", "", " ", "\t"]),
)
# Three stars in a row are two for Git and for us, but one for pathspec.
dvc_lines = lines.filter(lambda line: "***" not in line)
special = st.sampled_from(["", "#a", "\\#a", "\\!a", "/", "[", "a[", "a\\", "!", "//", "a//b", " a", "\\ a", "* *"])
names = st.sampled_from(["a", "b", "ab", "ba", "é", "c", "*", "]", "-", "#a", "!a", "a b", " a"])
paths = st.lists(names, min_size=1, max_size=4).map("/".join)


def ignore_of(root: Path, layers: dict[str, list[str]], dialect: str = "dvc") -> Ignore:
    name = ".gitignore" if dialect == "git" else ".dvcignore"
    for directory, rules in layers.items():
        (root / directory).mkdir(parents=True, exist_ok=True)
        (root / directory / name).write_text("".join(f"{line}\n" for line in rules), encoding="utf-8")
    return Ignore(str(root), files=[name], builtin=[], dialect=dialect)


@settings(max_examples=300)
@given(line=dvc_lines | special, path=paths, is_dir=st.booleans())
def test_one_pattern_means_what_pathspec_says(
    tmp_path_factory: pytest.TempPathFactory, line: str, path: str, *, is_dir: bool
) -> None:
    ignore = Ignore(str(tmp_path_factory.getbasetemp()), files=[], builtin=["*", line] if line[:1] == "!" else [line])
    layers = {"": ["*", line] if line[:1] == "!" else [line]}
    assert ignore.ignores(path, is_dir) == twins.dvc_ignores(layers, path, is_dir=is_dir)


@given(
    outer=st.lists(dvc_lines, max_size=4),
    inner=st.lists(dvc_lines, max_size=3),
    asked=st.lists(paths, min_size=1, max_size=5),
    is_dir=st.booleans(),
)
def test_files_of_several_directories_mean_what_pathspec_says(
    tmp_path_factory: pytest.TempPathFactory, outer: list[str], inner: list[str], asked: list[str], *, is_dir: bool
) -> None:
    layers = {"": outer, "a": inner, "a/b": inner[:1]}
    ignore = ignore_of(tmp_path_factory.mktemp("ignore"), layers)
    # An ignore file that is itself ignored is not read.
    read: dict[str, list[str]] = {}
    for directory, rules in layers.items():
        file = f"{directory}/.dvcignore" if directory else ".dvcignore"
        if not twins.dvc_ignores(read, file, is_dir=False):
            read[directory] = rules
    for path in asked:
        assert ignore.ignores(path, is_dir) == twins.dvc_ignores(read, path, is_dir=is_dir)


@settings(max_examples=25)
@given(st.lists(lines, min_size=1, max_size=5), st.lists(lines, max_size=3), st.lists(paths, min_size=1, max_size=8))
def test_git_patterns_mean_what_git_says(
    tmp_path_factory: pytest.TempPathFactory, outer: list[str], inner: list[str], asked: list[str]
) -> None:
    root = tmp_path_factory.mktemp("git")
    subprocess.run(["git", "init", "-q", "."], cwd=root, check=True)
    ignore = ignore_of(root, {"": outer, "a": inner}, "git")
    files = [path for path in dict.fromkeys(asked) if not (root / path).is_dir()]
    answer = subprocess.run(
        ["git", "check-ignore", "-z", "--stdin", "--no-index"],
        cwd=root,
        input="\0".join(files),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    said = set(answer.stdout.split("\0")) - {""}
    assert {path for path in files if ignore.ignores(path, False)} == said


@pytest.mark.parametrize(
    ("line", "path", "is_dir", "ignored"),
    [
        ("foo", "foo", False, True),
        ("foo", "a/foo", False, True),
        ("foo", "foo/bar", False, True),
        ("/foo", "a/foo", False, False),
        ("a/foo", "b/a/foo", False, False),
        ("foo/", "foo", False, False),
        ("foo/", "foo", True, True),
        ("foo/", "foo/x", False, True),
        ("*.txt", "a/b.txt", False, True),
        ("a/*.txt", "a/b/c.txt", False, False),
        ("a/**/z", "a/z", False, True),
        ("a/**/z", "a/b/c/z", False, True),
        ("**/z", "z", False, True),
        ("a/**", "a/b", False, True),
        ("a/**", "b/a/b", False, False),
        ("[a-c]x", "bx", False, True),
        ("[!a-c]x", "bx", False, False),
        ("\\#x", "#x", False, True),
        ("\\!x", "!x", False, True),
        ("x\\ ", "x ", False, True),
        ("x ", "x", False, True),
        ("# x", "# x", False, False),
        ("a[", "a[", False, False),
        ("*/", "a", True, True),
        ("*/", "a", False, False),
    ],
)
def test_patterns_one_by_one(tmp_path: Path, line: str, path: str, *, is_dir: bool, ignored: bool) -> None:
    for dialect in ("dvc", "git"):
        assert Ignore(str(tmp_path), files=[], builtin=[line], dialect=dialect).ignores(path, is_dir) is ignored


@pytest.mark.parametrize(
    ("lines", "path", "is_dir", "by_dvc", "by_git"),
    [
        (["*", "!keep"], "keep/x", False, False, True),
        (["dir/**"], "dir", True, True, False),
        (["[[:digit:]]x"], "1x", False, False, True),
        (["?x"], "éx", False, True, False),
        (["[\\]]x"], "]x", False, False, True),
    ],
)
def test_where_dvc_and_git_part_ways(
    tmp_path: Path, lines: list[str], path: str, *, is_dir: bool, by_dvc: bool, by_git: bool
) -> None:
    assert Ignore(str(tmp_path), files=[], builtin=lines).ignores(path, is_dir) is by_dvc
    assert Ignore(str(tmp_path), files=[], builtin=lines, dialect="git").ignores(path, is_dir) is by_git


def test_nothing_below_an_ignored_directory_comes_back(tmp_path: Path) -> None:
    ignore = ignore_of(tmp_path, {"": ["data/", "!data/keep"]})
    assert ignore.ignores("data/keep", False)


@given(
    rules=st.lists(lines, min_size=1, max_size=6),
    path=paths,
    is_dir=st.booleans(),
    dialect=st.sampled_from(["dvc", "git"]),
)
def test_many_more_lines_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, rules: list[str], path: str, dialect: str, *, is_dir: bool
) -> None:
    # Among many lines those that may speak of a path are found by the names in it.
    more = [
        line for number, rule in enumerate(rules) for line in (f"/only-{number}", rule, f"!x/only-{number}/y", rule)
    ]
    more = [*(f"none-{number}" for number in range(20)), *more, *(f"!none-{number}/" for number in range(20))]
    root = str(tmp_path_factory.getbasetemp())
    few, many = (Ignore(root, files=[], builtin=chosen, dialect=dialect) for chosen in (rules, more))
    assert many.ignores(path, is_dir) == few.ignores(path, is_dir)
    explained = few.explain(path, is_dir), many.explain(path, is_dir)
    assert explained[0] == explained[1]


def test_the_last_pattern_decides_and_inner_files_come_last(tmp_path: Path) -> None:
    ignore = ignore_of(tmp_path, {"": ["*.log", "!b.log"], "in": ["!a.log", "/b.log"]})
    assert [ignore.ignores(path, False) for path in ("a.log", "b.log", "in/a.log", "in/b.log", "in/x/b.log")] == [
        True,
        False,
        False,
        True,
        False,
    ]


def test_the_rule_that_decided_is_named(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / ".dvcignore").write_text("# logs\n*.log\n\n!keep.log\n")
    (tmp_path / "in/.dvcignore").write_bytes("\ufefföff/\r\n".encode())
    ignore = Ignore(str(tmp_path))
    assert ignore.explain("x.log", False) == (".dvcignore", 2, "*.log")
    assert ignore.explain("keep.log", False) == (".dvcignore", 4, "!keep.log")
    assert ignore.explain("in/öff/deep/x", False) == ("in/.dvcignore", 1, "öff/")
    assert ignore.explain("in/.git", True) == ("", 0, ".git")
    assert ignore.explain("x.txt", False) is None
    assert not ignore.ignores("keep.log", False)


def test_built_in_rules_are_those_of_dvc(tmp_path: Path) -> None:
    ignore = Ignore(str(tmp_path))
    assert [
        ignore.ignores(path, is_dir)
        for path, is_dir in ((".git", False), (".hg", True), (".dvc", True), ("a/.dvc", True))
    ] == [True] * 4
    assert not ignore.ignores(".dvc", False)
    assert not ignore.ignores(".dvcignore", False)


def test_a_pattern_made_to_be_slow_is_not(tmp_path: Path) -> None:
    ignore = Ignore(str(tmp_path), files=[], builtin=["*a" * 200 + "b", "/".join(["**", "*a*"] * 50) + "/b"])
    assert not ignore.ignores("/".join(["a" * 200] * 100), False)


def test_an_unknown_dialect_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no dialect svn \(known: dvc, git\)"):
        Ignore(str(tmp_path), dialect="svn")
