"""`add` of parts of tracked directories, and of much that is tracked already."""

import re

import pytest

from tests.peer.twins import TwinRepos


@pytest.fixture
def tracked(twins: TwinRepos) -> TwinRepos:
    """Two tracked directories, both changed in several places since."""
    for folder in ("data", "other"):
        for name in ("a", "b", "sub/c", "sub/deep/d"):
            twins.write(f"{folder}/{name}", name)
    twins.both("add", "data", "other")
    for folder in ("data", "other"):
        for name in ("a", "sub/c", "sub/new", "fresh/e", "fresh/f/g"):
            twins.write(f"{folder}/{name}", f"changed {name}")
    return twins


# DVC stores a listing of each part as well, which nothing ever names, and forgets the size of the whole.
PARTS = ("store", "file data.dvc", "tree data.dvc", "file other.dvc", "tree other.dvc")

TARGETS = {
    "two files": ("data/a", "data/sub/c"),
    "a directory in it": ("data/sub",),
    "a new directory": ("data/fresh",),
    "a directory and a file in it": ("data/sub", "data/sub/new"),
    "a file and the directory above": ("data/sub/new", "data/sub"),
    "the whole and a part": ("data", "data/a"),
    "a part and the whole": ("data/a", "data"),
    "parts of two": ("data/a", "other/fresh"),
    "what has not changed": ("data/b", "data/sub/deep"),
    "the same twice": ("data/a", "data/a"),
}


@pytest.mark.parametrize("kind", TARGETS)
def test_parts_of_a_directory(tracked: TwinRepos, kind: str) -> None:
    tracked.both("add", *TARGETS[kind], but=PARTS)
    tracked.both("status", "--json", but=PARTS)
    for file in ("data.dvc", "other.dvc"):
        theirs, ours = ((side.repo / file).read_text(encoding="utf-8") for side in tracked.sides)
        assert re.sub("  size: .*\n", "", ours) == re.sub("  size: .*\n", "", theirs)


def test_many_targets_that_are_tracked_already(twins: TwinRepos) -> None:
    names = [f"many/{number:02}" for number in range(30)]
    for name in names:
        twins.write(name, name)
    twins.both("add", *names)
    twins.both("add", *names)
    twins.write(names[7], "changed")
    twins.both("add", *reversed(names))
    twins.both("status", "--json")
    twins.swap()


def test_a_part_that_is_ignored(tracked: TwinRepos) -> None:
    tracked.write(".dvcignore", "new\n")
    tracked.both("add", "data/sub/new", code=None, state=False)
    tracked.both("add", "data/sub", but=PARTS)
    tracked.both("status", "--json", but=PARTS)
