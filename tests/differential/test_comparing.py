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
    tracked.remove("file", "flat")
    tracked.write("file/inner", "a directory now")
    tracked.write("flat", "a file now")
    _compare(tracked)
    tracked.both("commit", "-f", "data.dvc", "file.dvc", "flat.dvc", state=False)
    _compare(tracked)


def test_untracked_files_as_the_word_says(tracked: TwinRepos) -> None:
    tracked.write("new", "n")
    for word in ("no", "all"):
        tracked.both("data", "status", f"--untracked-files={word}", "--json", mask=_ordered, state=False)


def test_nothing_changed(tracked: TwinRepos) -> None:
    _compare(tracked)
    tracked.both("data", "status", text=True)
    tracked.both("diff", text=True)
    tracked.both("diff", "--md", text=True)
    tracked.both("diff", "HEAD", "main", "--json")


def test_objects_that_the_cache_lacks(tracked: TwinRepos) -> None:
    tracked.write("file", "edited")
    tracked.remove(".dvc/cache/files/md5/8c")  # of file
    _compare(tracked)
    tracked.remove(".dvc/cache")
    _compare(tracked)
    tracked.both("diff", "--hide-missing", "--json", mask=_ordered, state=False)
    tracked.both("diff", text=True, state=False)


def test_targets(tracked: TwinRepos) -> None:
    tracked.write("data/a", "edited")
    tracked.write("data/sub/new", "new")
    tracked.write("file", "edited")
    for targets in (["data"], ["data/sub"], ["data/a", "file"], ["data/sub/new"], ["nope"]):
        tracked.both(*GRANULAR, *targets, mask=_ordered, state=False)
        code = 255 if targets == ["nope"] else 0
        tracked.both("diff", "--json", "--targets", *targets, mask=_ordered, state=False, code=code)
    tracked.both(*GRANULAR, "place", mask=_ordered, state=False)
    tracked.both("data", "status", "--json", "data/sub", "file", mask=_ordered, state=False)
    tracked.both("diff", "--json", "--targets", "file.dvc", "data.dvc", mask=_ordered, state=False)
    tracked.both("diff", "--json", "--targets", "file", "nope", mask=_ordered, state=False, code=None)


def test_before_the_first_commit(bare_twins: TwinRepos) -> None:
    bare_twins.both("init", "-q")
    bare_twins.write("data/a", "a")
    bare_twins.write("data/sub/b", "b")
    bare_twins.both("data", "status", state=False)
    bare_twins.both("add", "data", state=False)
    _compare(bare_twins)
    bare_twins.both("data", "status", "--granular", state=False)
    bare_twins.both("diff", text=True)


def test_without_git(bare_twins: TwinRepos) -> None:
    bare_twins.both("init", "-q", "--no-scm")
    bare_twins.write("data/a", "a")
    bare_twins.both("add", "data", state=False)
    bare_twins.write("data/a", "edited")
    bare_twins.both(*GRANULAR, mask=_ordered, state=False)
    bare_twins.both("diff", "--json", code=None)


def test_from_a_subdirectory_and_a_detached_head(tracked: TwinRepos) -> None:
    tracked.write("file", "edited")
    tracked.both("add", "file", state=False)
    tracked.commit("two")
    tracked.git("checkout", "-q", "--detach", "HEAD~1")
    tracked.write("place/untracked", "u")
    tracked.both(*GRANULAR, cwd="place", mask=_ordered, state=False)
    tracked.both("diff", "--json", "--show-hash", cwd="place", mask=_ordered, state=False)
    tracked.both("diff", "main", "--json", cwd="place", mask=_ordered, state=False)
    tracked.both("diff", "nope", "--json", code=None)


def test_outputs_of_stages(twins: TwinRepos) -> None:
    twins.write(
        "dvc.yaml",
        "stages:\n  a:\n    cmd: mkdir -p out; echo 1 > out/x; echo 2 > y\n    outs: [out, y]\n"
        "    metrics: [m.json: {cache: false}]\n",
    )
    twins.commit("never run")
    _compare(twins)
    twins.write("out/x", "1\n")
    _compare(twins)
    twins.write("y", "2\n")
    twins.write("m.json", "{}")
    twins.both("commit", "-f", state=False)
    _compare(twins)
    twins.commit("committed")
    twins.both("diff", "HEAD~1", "HEAD", "--json", "--show-hash", mask=_ordered, state=False)


def test_outputs_inside_of_what_was_an_output(twins: TwinRepos) -> None:
    for name in ("d/a", "d/sub/b", "d/sub/c"):
        twins.write(name, name)
    twins.both("add", "d/a", "d/sub", state=False)
    twins.commit("parts")
    twins.git("rm", "-q", "d/a.dvc", "d/sub.dvc", "d/.gitignore")
    twins.write("d/e", "e")
    twins.both("add", "d", state=False)
    twins.both(*GRANULAR, mask=_ordered, state=False)


def test_not_in_remote(tracked: TwinRepos) -> None:
    tracked.both("data", "status", "--not-in-remote", "--json", mask=_ordered, state=False)
    tracked.both("remote", "add", "-d", "store", "../remote")
    tracked.both("push", "file", "data", state=False)
    for options in ([], ["--granular"]):
        tracked.both("data", "status", "--not-in-remote", "--json", *options, mask=_ordered, state=False)
    tracked.both("data", "status", "--not-in-remote", "-r", "nope", "--json", mask=_ordered, state=False, code=None)
    tracked.remove(".dvc/cache")
    tracked.both("data", "status", "--not-in-remote", "--granular", "--json", mask=_ordered, state=False)


def test_a_repository_below_that_of_git(bare_twins: TwinRepos) -> None:
    bare_twins.write("inner/data/a", "a")
    bare_twins.both("init", "-q", "--subdir", cwd="inner")
    bare_twins.both("add", "data", cwd="inner", state=False)
    bare_twins.commit("one")
    bare_twins.write("inner/data/b", "b")
    bare_twins.write("inner/new/untracked", "u")
    bare_twins.write("outside", "u")
    bare_twins.both(*GRANULAR, cwd="inner", mask=_ordered, state=False)
    bare_twins.both(*GRANULAR, cwd="inner/new", mask=_ordered, state=False)
    bare_twins.both("diff", "--json", cwd="inner/new", mask=_ordered, state=False)


def test_what_was_imported_without_its_data(twins: TwinRepos) -> None:
    twins.write("source", "file")
    twins.write(
        "copy.dvc",
        "frozen: true\ndeps:\n- path: source\n  md5: 8c7dd922ad47494fc02c388e12c00eac\n  size: 4\n  hash: md5\n"
        "outs:\n- path: copy\n  hash: md5\n",
    )
    twins.both(*GRANULAR, mask=_ordered, state=False)
    twins.both("remote", "add", "-d", "store", "../remote", state=False)
    twins.both("data", "status", "--not-in-remote", "--json", mask=_ordered, state=False)
    twins.both("diff", "--json", "--show-hash", mask=_ordered, state=False)


def test_an_empty_directory_and_ignored_files(twins: TwinRepos) -> None:
    twins.write(".dvcignore", "data/ignored\n")
    twins.write("data/a", "a")
    twins.write("data/ignored", "i")
    twins.each(lambda repo: (repo / "empty").mkdir())
    twins.both("add", "data", "empty", state=False)
    twins.commit("one")
    twins.both(*GRANULAR, mask=_ordered, state=False)
    twins.write("empty/x", "x")
    twins.write("data/ignored", "changed")
    twins.both(*GRANULAR, mask=_ordered, state=False)
    twins.both("diff", "--json", "--show-hash", mask=_ordered, state=False)
