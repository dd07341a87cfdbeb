"""`remove`, `move`, `unprotect`, `destroy`: what is left of files, listings and lines."""

import pytest

from tests.peer.twins import TwinRepos

PIPELINE = """\
# how it is made
stages:
  # first
  one:
    cmd: cp a b   # copies
    deps: [a]
    outs:
      - b
  two:
    cmd: cp b c
    deps:
    - b
    outs:
    - c
"""


def _data(twins: TwinRepos) -> None:
    twins.write("data/a", "1")
    twins.write("data/sub/b", "2")
    twins.write("file", "3")
    twins.both("add", "data", "file")
    twins.commit("data")


def _pipeline(twins: TwinRepos) -> None:
    twins.write("a", "1")
    twins.write("dvc.yaml", PIPELINE)
    twins.both("repro")
    twins.commit("pipeline")


@pytest.mark.parametrize("flags", [(), ("--outs",)])
def test_remove_data(twins: TwinRepos, flags: tuple[str, ...]) -> None:
    _data(twins)
    twins.both("remove", "data.dvc", *flags)
    twins.both("status", "--json")
    twins.both("rm", "file.dvc", *flags)
    twins.swap()


@pytest.mark.parametrize("flags", [(), ("--outs",)])
def test_remove_a_stage(twins: TwinRepos, flags: tuple[str, ...]) -> None:
    _pipeline(twins)
    twins.both("remove", "one", *flags)
    twins.both("status", "--json")
    twins.both("remove", "dvc.yaml:two", *flags)
    twins.swap()


def test_remove_a_whole_pipeline(twins: TwinRepos) -> None:
    _pipeline(twins)
    twins.both("remove", "dvc.yaml")
    twins.both("status", "--json")


def test_remove_with_links(twins: TwinRepos) -> None:
    twins.both("config", "cache.type", "hardlink")
    _data(twins)
    twins.both("remove", "data.dvc")
    twins.write("data/a", "mine")
    twins.compare()


@pytest.mark.parametrize("target", ["data", "nothing", "nothing.dvc", "data/a", "sub/dvc.yaml", "two"])
def test_remove_what_is_no_stage(twins: TwinRepos, target: str) -> None:
    _data(twins)
    twins.both("remove", target, code=1)


def test_remove_with_autostage(twins: TwinRepos) -> None:
    twins.both("config", "core.autostage", "true")
    _data(twins)
    twins.write("keep/.gitignore", "/other\n")
    twins.write("keep/x", "x")
    twins.both("add", "keep/x")
    twins.commit("x")
    twins.both("remove", "keep/x.dvc", but=("git index",))


def test_remove_in_a_subdirectory(twins: TwinRepos) -> None:
    twins.write("sub/x", "1")
    twins.both("add", "x", cwd="sub")
    twins.both("remove", "x.dvc", cwd="sub")


PLACES = {
    "a new name": ("file", "other"),
    "a directory": ("data", "other"),
    "into a directory": ("file", "sub"),
    "into a directory by its slash": ("file", "sub/"),
    "a directory into one": ("data", "sub"),
    "deeper": ("file", "sub/deep/name"),
    "with a blank": ("file", "my file"),
}


@pytest.mark.parametrize("kind", PLACES)
def test_move(twins: TwinRepos, kind: str) -> None:
    if kind == "into a directory":
        twins.both("config", "core.autostage", "true")
    twins.write("sub/deep/keep", "")
    _data(twins)
    twins.both("move", *PLACES[kind])
    twins.both("status", "--json")
    twins.swap()


def test_data_that_changed_is_changed_afterwards_too(twins: TwinRepos) -> None:
    _data(twins)
    twins.write("file", "changed")
    twins.write("data/new", "new")
    twins.both("mv", "file", "other", but=("store",))
    twins.both("mv", "data", "others", but=("store",))
    twins.both("status", "--json", state=False)


def test_move_what_is_not_in_the_workspace(twins: TwinRepos) -> None:
    _data(twins)
    twins.remove("file", "data")
    twins.both("move", "file", "other")
    twins.both("move", "data", "others")
    twins.both("status", "--json")
    twins.both("checkout")


def test_move_a_file_whose_metadata_has_another_name(twins: TwinRepos) -> None:
    _data(twins)
    twins.each(lambda repo: (repo / "file.dvc").rename(repo / "named.dvc"))
    twins.both("move", "file", "other")
    twins.both("status", "--json")


def test_move_an_import(twins: TwinRepos) -> None:
    _data(twins)
    twins.write("sub/keep", "")
    twins.write("source", "s")
    twins.write(
        "got.dvc",
        "md5: 9a53f3e4b1c2a5ffdf2b6a2f5a0e7b1f\nfrozen: true\ndeps:\n- md5: 03c7c0ace395d80182db07ae2c30f034\n  size: 1\n"
        "  hash: md5\n  path: source\nouts:\n- md5: 03c7c0ace395d80182db07ae2c30f034\n  size: 1\n  hash: md5\n"
        "  path: got\n",
    )
    twins.write("got", "s")
    twins.both("move", "got", "sub", but=("store",))
    twins.both("move", "sub/got", "sub/other", but=("store",))


WRONG = {
    "an output of a stage": ("b", "x"),
    "what is not tracked": ("a", "x"),
    "part of a directory": ("data/a", "x"),
    "nothing": ("nothing", "x"),
    "over metadata": ("file", "taken"),
    "into a tracked directory": ("file", "data"),
    "where no directory is": ("file", "no/such/place"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_moves_that_are_refused(twins: TwinRepos, kind: str) -> None:
    _data(twins)
    _pipeline(twins)
    twins.write("taken.dvc", "outs:\n- path: taken\n")
    twins.both("move", *WRONG[kind], code=1, state=False)


@pytest.mark.parametrize("kind", ["copy", "hardlink", "symlink"])
def test_unprotect(twins: TwinRepos, kind: str) -> None:
    twins.both("config", "cache.type", kind)
    _data(twins)
    twins.both("unprotect", "file")
    twins.both("unprotect", "data/sub")
    twins.both("unprotect", "data")
    twins.both("status", "--json")


@pytest.mark.parametrize("kind", ["copy", "symlink"])
def test_destroy(twins: TwinRepos, kind: str) -> None:
    twins.both("config", "cache.type", kind)
    _data(twins)
    _pipeline(twins)
    twins.both("destroy", code=None)
    twins.both("destroy", "-f")
    twins.both("status", code=253, state=False)
