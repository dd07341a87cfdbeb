"""`data status`, `diff` and what `status` says of tracked data."""

from typing import Any

import pytest

from tests.peer.twins import TwinRepos

GRANULAR = ("data", "status", "--granular", "--unchanged", "--untracked-files", "--json")


def _ordered(answer: Any) -> Any:
    """DVC lists paths in the order of a set."""
    if isinstance(answer, dict):
        return {name: _ordered(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return sorted(answer, key=str)
    return answer


def _compare(twins: TwinRepos) -> None:
    """Ask all that there is to ask."""
    twins.both("status", "--json", state=False)
    twins.both("data", "status", "--unchanged", "--json", mask=_ordered, state=False)
    twins.both(*GRANULAR, mask=_ordered, state=False)
    twins.both("diff", "--json", "--show-hash", mask=_ordered, state=False)


def _rename(twins: TwinRepos, old: str, new: str) -> None:
    twins.each(lambda repo: (repo / old).rename(repo / new))


@pytest.fixture
def tracked(twins: TwinRepos) -> TwinRepos:
    """Directories and files, tracked and committed."""
    for name in ("a", "b", "gone", "same", "sub/c", "sub/deep/d", "sub-b", "empty", "twice", "again"):
        twins.write(f"data/{name}", {"empty": "", "again": "twice"}.get(name, name))
    for name in ("file", "lost", "place/other", "flat/x", "flat/y"):
        twins.write(name, name)
    twins.both("add", "data", "file", "lost", "place/other", "flat", state=False)
    twins.commit("one")
    return twins


def test_files_edited_added_deleted_and_renamed(tracked: TwinRepos) -> None:
    tracked.write("data/a", "edited")
    tracked.write("data/sub/fresh/new", "new")
    tracked.remove("data/gone", "lost")
    _rename(tracked, "data/sub/deep", "data/moved")
    _rename(tracked, "data/again", "data/once more")
    tracked.write("file", "edited")
    tracked.write("untracked", "u")
    tracked.write("place/untracked", "u")
    _compare(tracked)
    tracked.both("commit", "-f", "data.dvc", "file.dvc", state=False)
    tracked.write("data/b", "edited and not recorded")
    _compare(tracked)
    tracked.both("diff", "--show-hash", text=True, state=False)
    tracked.commit("two")
    _compare(tracked)
    tracked.both("diff", "HEAD~1", "HEAD", "--json", mask=_ordered, state=False)
    tracked.both("diff", "HEAD", "HEAD~1", "--show-hash", "--md", text=True, state=False)


def test_files_where_directories_were_and_the_other_way_round(tracked: TwinRepos) -> None:
    tracked.remove("data/sub", "data/a", "file", "flat")
    tracked.write("data/sub", "a file now")
    tracked.write("data/a/inner", "a directory now")
    tracked.write("file/inner", "a directory now")
    tracked.write("flat", "a file now")
    _compare(tracked)
    tracked.both("commit", "-f", "data.dvc", "file.dvc", "flat.dvc", state=False)
    _compare(tracked)


def test_nothing_changed(tracked: TwinRepos) -> None:
    _compare(tracked)
    tracked.both("data", "status", text=True)
    tracked.both("diff", text=True)
    tracked.both("diff", "--md", text=True)
    tracked.both("diff", "HEAD", "main", "--json")
