"""`remove`, `move`, `unprotect` and `destroy`: what stays whatever happens."""

import errno
import io
import os
from contextlib import suppress

import pytest

from tiffin import _native
from tiffin.cli import main
from tiffin.repo import moving
from tiffin.repo.gitside import GitSide

PIPELINE = """\
vars:
- name: in # of the first
stages:
  one:
    cmd: cp ${name} out
    deps: ["${name}"]
    outs: [out]
  many:
    foreach: [a, b]
    do:
      cmd: echo ${item} > ${item}
      outs: ["${item}"]
metrics: [m.json] # kept
"""


def test_remove_outs_refuses_to_lose_what_is_stored_nowhere_else(sandbox):
    sandbox.write("one", "1")
    sandbox.write("two", "2")
    sandbox.tiffin("add", "one", "two")
    sandbox.write("two", "changed")
    told = sandbox.tiffin("remove", "--outs", "one.dvc", "two.dvc", code=1).err
    assert "'two' is stored nowhere else and would be lost" in told
    assert sandbox.read("one") == "1"  # all targets are checked first
    sandbox.tiffin("remove", "--outs", "-f", "one.dvc", "two.dvc")
    assert not any(map(sandbox.exists, ("one", "two", "one.dvc", "two.dvc", ".gitignore")))


def test_remove_outs_keeps_a_file_of_git_that_is_not_committed(sandbox):
    sandbox.tiffin("stage", "add", "-n", "s", "-M", "m.json", "echo {} > m.json")
    sandbox.write("m.json", "{}")
    sandbox.tiffin("remove", "--outs", "s", code=1)
    sandbox.commit()
    sandbox.tiffin("remove", "--outs", "s")
    assert not sandbox.exists("m.json")


def test_what_is_tracked_no_more_survives_a_checkout(sandbox):
    sandbox.write("data/a", "1")
    sandbox.tiffin("add", "data")
    sandbox.tiffin("checkout")
    sandbox.tiffin("remove", "data.dvc")
    sandbox.tiffin("checkout")
    assert sandbox.read("data/a") == "1"


def test_stages_with_templates_and_groups_can_be_removed(sandbox):
    sandbox.write("in", "1")
    sandbox.write("dvc.yaml", PIPELINE)
    sandbox.tiffin("repro", "one", "many")
    assert "one of several stages that 'many' in 'dvc.yaml' makes" in sandbox.tiffin("remove", "many@a", code=1).err
    sandbox.tiffin("remove", "many")
    assert "many" not in sandbox.read("dvc.yaml") + sandbox.read("dvc.lock")
    sandbox.tiffin("remove", "one")
    # What else the file says is no stage's business.
    assert sandbox.read("dvc.yaml") == "vars:\n- name: in # of the first\nmetrics: [m.json] # kept\n"
    assert not sandbox.exists("dvc.lock")


def test_an_output_is_no_target_but_its_file_is_named(sandbox):
    sandbox.write("data", "1")
    sandbox.tiffin("add", "data")
    assert "hint: did you mean 'data.dvc'?" in sandbox.tiffin("remove", "data", code=1).err


def test_move_keeps_comments(sandbox):
    sandbox.write("data", "1")
    sandbox.tiffin("add", "data")
    sandbox.write("data.dvc", sandbox.read("data.dvc") + "meta:\n  from: Ada # by mail\n")
    sandbox.tiffin("move", "data", "other")
    assert sandbox.read("other.dvc").endswith("  path: other\nmeta:\n  from: Ada # by mail\n")


def test_move_never_replaces_a_file(sandbox):
    sandbox.write("data", "1")
    sandbox.write("other", "mine")
    sandbox.tiffin("add", "data")
    assert "'other' exists already" in sandbox.tiffin("move", "data", "other", code=1).err
    assert (sandbox.read("data"), sandbox.read("other")) == ("1", "mine")


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_move_to_another_file_system(sandbox, monkeypatch, kind):
    original = os.rename

    def refused(old, new):
        if str(old).endswith("/data"):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        original(old, new)

    sandbox.write("data/a" if kind == "directory" else "data", "1")
    sandbox.tiffin("add", "data")
    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", refused)
        sandbox.tiffin("move", "data", "other")
    assert sandbox.read("other/a" if kind == "directory" else "other") == "1"
    assert not sandbox.exists("data")
    assert sandbox.tiffin("status", "--json").out == "{}\n"


class Killed(BaseException):
    """The end of a process, as far as the code that runs can tell."""


STEPS = [
    (moving, "write_inside"),
    (moving, "_rename"),
    (GitSide, "unignore"),
    (moving, "remove_quietly"),
    (GitSide, "changed"),
]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("home", "step"), STEPS)
@pytest.mark.parametrize("named", ["data.dvc", "named.dvc"])
@pytest.mark.parametrize("target", ["other", "sub"])
def test_a_move_that_was_killed_can_be_repeated(sandbox, monkeypatch, home, step, named, target, after):
    sandbox.write("data/a", "1")
    sandbox.write("sub/keep", "")
    sandbox.tiffin("add", "data")
    (sandbox.root / "data.dvc").rename(sandbox.root / named)
    original = getattr(home, step)

    def killed(*arguments):
        if after:
            original(*arguments)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(home, step, killed)
        with suppress(Killed):
            main(["--cd", str(sandbox.root), "move", "data", target])
    path = "sub/data" if target == "sub" else target
    assert sandbox.exists("data/a") or sandbox.exists(f"{path}/a")
    # Where nothing is left to do, there is nothing to repeat.
    if sandbox.exists("data") or sandbox.exists("data.dvc"):
        sandbox.tiffin("move", "data", target)
    assert sandbox.read(f"{path}/a") == "1"
    assert not sandbox.exists("data")
    assert sandbox.tiffin("status", "--json").out == "{}\n"
    assert not sandbox.exists(".gitignore") or "/data" not in sandbox.read(".gitignore").split()


def test_unprotect_asks_for_what_is_there(sandbox):
    assert "'nothing' does not exist" in sandbox.tiffin("unprotect", "nothing", code=1).err


def test_destroy_asks_first_and_leaves_the_data(sandbox):
    sandbox.tiffin("config", "cache.type", "symlink")
    sandbox.write("data/a", "1")
    sandbox.tiffin("add", "data")
    assert sandbox.tiffin("destroy", code=1).err == "ERROR: nothing was removed\nhint: confirm it, or use -f\n"
    assert sandbox.exists(".dvc")
    sandbox.tiffin("destroy", "-f")
    assert not any(map(sandbox.exists, (".dvc", ".dvcignore", "data.dvc")))
    assert sandbox.read("data/a") == "1"
    assert not (sandbox.root / "data/a").is_symlink()


def test_check_ignore_names_the_last_rule_that_matches(sandbox):
    sandbox.write(".dvcignore", "*.tmp\na*\n")
    assert sandbox.tiffin("check-ignore", "-d", "a.tmp").out == ".dvcignore:2:a*\ta.tmp\n"


def test_check_ignore_reads_paths_up_to_an_empty_line(sandbox, monkeypatch):
    sandbox.write(".dvcignore", "*.tmp\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("a.tmp\nb\n\nc.tmp\n"))
    assert sandbox.tiffin("check-ignore", "--stdin").out == "a.tmp\n"


def test_a_tracked_file_that_is_ignored_since_stays_tracked(sandbox):
    sandbox.write("a.log", "1")
    sandbox.tiffin("add", "a.log")
    sandbox.write(".dvcignore", "*.log\n")
    sandbox.write("a.log", "22")
    assert sandbox.tiffin("status", "--json").out == '{"a.log.dvc": [{"changed outs": {"a.log": "modified"}}]}\n'


def test_git_is_not_told_of_files_it_never_had(sandbox):
    sandbox.write("data", "1")
    sandbox.tiffin("add", "data")
    sandbox.tiffin("config", "core.autostage", "true")
    sandbox.tiffin("move", "data", "other")
    sandbox.git("reset", "--quiet")
    sandbox.tiffin("remove", "other.dvc")
    assert not sandbox.exists("other.dvc")
    sandbox.tiffin("config", "--unset", "core.autostage")
    sandbox.tiffin("add", "other")
    assert "git add" not in sandbox.tiffin("remove", "other.dvc").err


def test_a_copy_that_a_killed_process_left_is_not_written_through(sandbox):
    sandbox.write("data/a", "one")
    sandbox.tiffin("config", "cache.type", "symlink")
    sandbox.tiffin("add", "data")
    os.link(sandbox.write("kept", "an object"), sandbox.root / "data" / _native.temporary_name())
    sandbox.tiffin("unprotect", "data/a")
    assert sandbox.read("kept") == "an object"
    sandbox.tiffin("checkout")
    assert sandbox.tree("data") == {"a": "one"}
