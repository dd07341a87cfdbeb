"""`.gitignore` lines: the bytes DVC's own Git layer writes."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from scmrepo.git import Git as Theirs

from tiffin.errors import GitError
from tiffin.scm import Git, ignore, unignore

Sides = tuple[Path, Path]


@pytest.fixture
def sides(tmp_path: Path) -> Sides:
    for name in ("ours", "theirs"):
        (tmp_path / name / "sub").mkdir(parents=True)
        subprocess.run(["git", "init", "-q"], cwd=tmp_path / name, check=True)
    return tmp_path / "ours", tmp_path / "theirs"


def _seed(sides: Sides, text: str) -> None:
    for side in sides:
        (side / ".gitignore").write_bytes(text.encode())


def _same(sides: Sides, name: str = ".gitignore") -> bytes | None:
    texts = [(side / name).read_bytes() if (side / name).exists() else None for side in sides]
    assert texts[0] == texts[1]
    return texts[0]


@pytest.mark.parametrize(
    "seed", [None, "", "a\n", "a", "# note\n\n*.csv\n!data.csv\n", "/data.csv\n", "/data.csv", "*.csv"]
)
@pytest.mark.parametrize("path", ["data.csv", "sub/data.csv", "we ird [x]!*#?.txt", "é", "sub"])
def test_ignore(sides: Sides, seed: str | None, path: str) -> None:
    ours, theirs = sides
    if seed is not None:
        _seed(sides, seed)
    Theirs(str(theirs)).ignore(str(theirs / path))
    before = _same((ours, ours))
    changed = ignore(Git(ours), [ours / path])
    _same(sides)
    _same(sides, "sub/.gitignore")
    assert bool(changed) == (before != _same((ours, ours)) or (ours / "sub/.gitignore").exists())
    assert ignore(Git(ours), [ours / path]) == []


@pytest.mark.parametrize(
    "seed", ["/data.csv\n", "/data.csv", "a\n/data.csv\nb\n", "a\n", "/data.csv\n/data.csv\n", "\n"]
)
def test_unignore(sides: Sides, seed: str) -> None:
    ours, theirs = sides
    _seed(sides, seed)
    Theirs(str(theirs)).ignore_remove(str(theirs / "data.csv"))
    unignore(Git(ours), ours / "data.csv")
    _same(sides)


def test_unignore_without_a_file(sides: Sides) -> None:
    assert unignore(Git(sides[0]), sides[0] / "x") is None


def test_what_was_escaped_is_found_again(sides: Sides) -> None:
    ours, _ = sides
    ignore(Git(ours), [ours / "a[1]", ours / "b"])
    assert unignore(Git(ours), ours / "a[1]") == str(ours / ".gitignore")
    assert (ours / ".gitignore").read_text() == "/b\n"


def test_line_ends_of_the_others_stay(sides: Sides) -> None:
    ours, _ = sides
    _seed(sides, "a\r\n/b\r\nc\r\n")
    unignore(Git(ours), ours / "b")
    assert (ours / ".gitignore").read_bytes() == b"a\r\nc\r\n"


def test_many_paths_ask_git_once(sides: Sides) -> None:
    ours, _ = sides
    calls = []

    class Counting(Git):
        def ignored(self, paths: Iterable[str]) -> set[str]:
            calls.append(paths)
            return super().ignored(paths)

    files = ignore(Counting(ours), [ours / "a", ours / "sub" / "b", ours / "c"])
    assert files == [str(ours / ".gitignore"), str(ours / "sub" / ".gitignore")]
    assert (ours / ".gitignore").read_text() == "/a\n/c\n"
    assert len(calls) == 1


def test_outside_is_refused(sides: Sides) -> None:
    with pytest.raises(GitError, match="outside of the Git repository"):
        ignore(Git(sides[0]), [sides[1] / "x"])
