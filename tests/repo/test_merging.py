"""Git merges .dvc files and dvc.lock through our driver."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from tiffin import _native
from tiffin.formats import dvcfile, lock
from tiffin.formats.merging import merge_lock
from tiffin.formats.values import Content, DvcFile, OutputEntry
from tiffin.repo import Repo
from tiffin.repo.merging import Versions, merge
from tiffin.scm import Git


@pytest.fixture
def hooked(sandbox, monkeypatch):
    """A repository after `install`, without the hooks, that tracks a directory."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    sandbox.tiffin("install")
    for hook in ("pre-commit", "post-checkout", "pre-push"):
        (sandbox.root / ".git/hooks" / hook).unlink()
    for name in "abc":
        sandbox.write(f"data/{name}", name)
    sandbox.tiffin("add", "data")
    sandbox.commit("base")
    return sandbox


def _change(sandbox, files):
    for name, text in files.items():
        if text is None:
            (sandbox.root / name).unlink()
        else:
            sandbox.write(name, text)


def _two_sides(sandbox, ours, theirs, record=("add", "data")):
    """Commit theirs on a branch `other` and ours on main, each recorded."""
    sandbox.git("checkout", "--quiet", "-b", "other")
    _change(sandbox, theirs)
    sandbox.tiffin(*record)
    sandbox.commit("theirs")
    sandbox.git("checkout", "--quiet", "main")
    sandbox.tiffin("checkout", "--force")
    _change(sandbox, ours)
    sandbox.tiffin(*record)
    sandbox.commit("ours")


def _merge(sandbox, code=0):
    done = subprocess.run(
        ["git", "merge", "other", "-m", "merge"], cwd=sandbox.root, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stderr


def test_both_sides_add_change_and_delete_files(hooked):
    _two_sides(
        hooked,
        {"data/a": "ours", "data/new": "n", "data/c": None},
        {"data/b": "theirs", "data/x/y": "z", "data/c": None},
    )
    _merge(hooked)
    hooked.tiffin("checkout")
    assert hooked.tree("data") == {"a": "ours", "b": "theirs", "new": "n", "x/y": "z"}
    assert "size: 12\n  nfiles: 4" in hooked.read("data.dvc")
    assert hooked.tiffin("status").out == "Data and pipelines are up to date.\n"
    hooked.objects()  # all as their ids say


def test_a_file_that_both_changed_is_named_and_either_side_keeps_all_else(hooked):
    _two_sides(hooked, {"data/a": "ours", "data/o": "o"}, {"data/a": "theirs", "data/t": "t"})
    assert "ERROR: 'data/a' was changed by both sides\nhint: choose a side" in _merge(hooked, 1)
    text = hooked.read("data.dvc")
    for mine, marker in (("ours", ("=======\n", ">>>>>>> theirs\n")), ("theirs", ("<<<<<<< ours\n", "=======\n"))):
        start, end = (text.index(one) for one in marker)
        chosen = text[:start] + text[end + len(marker[1]) :]
        lines = [line for line in chosen.splitlines(keepends=True) if not line.startswith(("<", "=", ">"))]
        hooked.write("data.dvc", "".join(lines))
        hooked.tiffin("checkout", "--force")
        assert hooked.tree("data") == {"a": mine, "b": "b", "c": "c", "o": "o", "t": "t"}


def test_one_side_deletes_what_the_other_changes(hooked):
    _two_sides(hooked, {"data/a": None}, {"data/a": "theirs"})
    assert "'data/a' was changed by both sides" in _merge(hooked, 1)


def test_a_file_against_a_directory_of_that_name(hooked):
    _two_sides(hooked, {"data/n": "file"}, {"data/n/deep": "directory"})
    assert "'data/n/deep' was changed by both sides" in _merge(hooked, 1)


def test_both_sides_add_the_same_new_directory(hooked):
    _two_sides(hooked, {"more/a": "1"}, {"more/b": "2"}, record=("add", "more"))
    _merge(hooked)
    hooked.tiffin("checkout")
    assert hooked.tree("more") == {"a": "1", "b": "2"}


def test_a_changed_file_has_the_usual_markers(hooked):
    hooked.write("one", "1")
    hooked.tiffin("add", "one")
    hooked.commit("one")
    _two_sides(hooked, {"one": "ours"}, {"one": "theirs"}, record=("add", "one"))
    assert "'one.dvc' was changed by both sides" in _merge(hooked, 1)
    assert "<<<<<<< ours\n" in hooked.read("one.dvc")


def test_notes_of_both_sides_and_comments_survive(hooked):
    hooked.write("data.dvc", hooked.read("data.dvc") + "\n\n\ndesc: nothing yet\n\n\nmeta:\n  from: Ada\n")
    hooked.commit("notes")
    base = hooked.read("data.dvc")
    hooked.git("checkout", "--quiet", "-b", "other")
    hooked.write("data/t", "t")
    hooked.tiffin("add", "data")
    hooked.write("data.dvc", hooked.read("data.dvc").replace("Ada", "Ada # of Lovelace"))
    hooked.commit("theirs")
    hooked.git("checkout", "--quiet", "main")
    assert hooked.read("data.dvc") == base
    hooked.tiffin("checkout")
    hooked.write("data/o", "o")
    hooked.tiffin("add", "data")
    hooked.write("data.dvc", hooked.read("data.dvc").replace("nothing yet", "letters"))
    hooked.commit("ours")
    _merge(hooked)
    assert hooked.read("data.dvc").endswith("\n\n\ndesc: letters\n\n\nmeta:\n  from: Ada # of Lovelace\n")
    hooked.tiffin("checkout")
    assert sorted(hooked.tree("data")) == ["a", "b", "c", "o", "t"]


def test_a_repository_below_the_root_of_git(hooked):
    (hooked.root / "sub").mkdir()
    hooked.tiffin("init", "--subdir", "-q", cd="sub")
    hooked.write("sub/.gitattributes", "*.dvc merge=dvc\n")
    hooked.write("sub/data/a", "a")
    hooked.tiffin("add", "data", cd="sub")
    hooked.commit("sub")
    hooked.git("checkout", "--quiet", "-b", "other")
    hooked.write("sub/data/t", "t")
    hooked.tiffin("add", "data", cd="sub")
    hooked.commit("theirs")
    hooked.git("checkout", "--quiet", "main")
    hooked.tiffin("checkout", cd="sub")
    hooked.write("sub/data/o", "o")
    hooked.tiffin("add", "data", cd="sub")
    hooked.commit("ours")
    _merge(hooked)
    hooked.tiffin("checkout", cd="sub")
    assert sorted(hooked.tree("sub/data")) == ["a", "o", "t"]


def test_a_listing_that_is_only_at_the_remote_is_fetched(hooked, tmp_path):
    hooked.tiffin("remote", "add", "-d", "store", str(tmp_path / "store"))
    hooked.commit("remote")
    _two_sides(hooked, {"data/o": "o"}, {"data/t": "t"})
    hooked.tiffin("push", "--all-branches")
    theirs = hooked.git("show", "other:data.dvc").split("md5: ")[1][:36]
    (hooked.root / ".dvc/cache/files/md5" / theirs[:2] / theirs[2:]).unlink()
    _merge(hooked)
    hooked.tiffin("pull")
    assert sorted(hooked.tree("data")) == ["a", "b", "c", "o", "t"]


def test_a_listing_that_is_nowhere_leaves_markers_and_says_so(hooked):
    _two_sides(hooked, {"data/o": "o"}, {"data/t": "t"})
    theirs = hooked.git("show", "other:data.dvc").split("md5: ")[1][:36]
    (hooked.root / ".dvc/cache/files/md5" / theirs[:2] / theirs[2:]).unlink()
    assert f"the directory listing {theirs} is neither in the cache nor at the default remote" in _merge(hooked, 1)
    assert "<<<<<<< ours\n" in hooked.read("data.dvc")


PIPELINE = """\
stages:
  one: {cmd: cp in1 out1, deps: [in1], outs: [out1]}
  two: {cmd: cp in2 out2, deps: [in2], outs: [out2]}
  three: {cmd: cp in3 out3, deps: [in3], outs: [out3]}
"""


@pytest.fixture
def piped(hooked):
    """The same with a pipeline of three stages that ran."""
    hooked.write("dvc.yaml", PIPELINE)
    for number in "123":
        hooked.write(f"in{number}", number)
    hooked.tiffin("repro")
    hooked.commit("pipeline")
    return hooked


def test_stages_that_ran_on_different_sides(piped):
    _two_sides(piped, {"in1": "ours"}, {"in3": "theirs"}, record=("repro",))
    _merge(piped)
    piped.tiffin("checkout")
    assert piped.tiffin("status").out == "Data and pipelines are up to date.\n"
    assert (piped.read("out1"), piped.read("out2"), piped.read("out3")) == ("ours", "2", "theirs")


def test_a_stage_that_ran_on_both_sides_is_named_and_the_file_can_be_read(piped):
    _two_sides(piped, {"in1": "ours", "in2": "ours"}, {"in1": "theirs", "in3": "theirs"}, record=("repro",))
    assert "'one' was recorded by both sides; 'dvc.lock' has our record of it" in _merge(piped, 1)
    entries = lock.parse(piped.read("dvc.lock"), "dvc.lock")
    assert list(entries) == ["one", "two", "three"]
    assert {name: entry.deps[0].content.oid for name, entry in entries.items()} == {
        "one": _native.md5(b"ours"),
        "two": _native.md5(b"ours"),
        "three": _native.md5(b"theirs"),
    }
    piped.write("in1", "both")
    piped.tiffin("repro")
    assert piped.tiffin("status").out == "Data and pipelines are up to date.\n"


def test_the_text_of_a_merged_lock_file():
    base = "schema: '2.0'\nstages:\n  a:\n    cmd: a\n  b:\n    cmd: b\n"
    ours = base.replace("cmd: a", "cmd: ours")
    theirs = base.replace("cmd: b", "cmd: theirs") + "  c:\n    cmd: c\n"
    assert merge_lock(base, ours, theirs).text == snapshot(
        """\
schema: '2.0'
stages:
  a:
    cmd: ours
  b:
    cmd: theirs
  c:
    cmd: c
"""
    )


stages = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["1", "2", "3"]))


@given(stages, stages, stages)
def test_a_merged_lock_file_is_what_a_merge_of_maps_is(base, ours, theirs):
    texts = [
        lock.dump({name: lock.from_dict({"cmd": cmd}) for name, cmd in side.items()}) for side in (base, ours, theirs)
    ]
    merged = merge_lock(*texts)
    found = {name: entry.cmd for name, entry in lock.parse(merged.text, "dvc.lock").items()}
    expected, conflicts = {}, set()
    for name in "abcd":
        before, here, there = base.get(name), ours.get(name), theirs.get(name)
        value = there if here == before else here
        if here != before and there not in (before, here):
            value = here or there
            if here and there:
                conflicts.add(name)
        if value:
            expected[name] = value
    assert (found, set(merged.conflicts)) == (expected, conflicts)


trees = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d/e", "d/f/g", "d", "h"]), st.sampled_from("123"), max_size=5
).filter(lambda tree: not any(other.startswith(f"{path}/") for path in tree for other in tree))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(base=trees, ours=trees, theirs=trees)
def test_a_merged_directory_is_what_a_merge_of_maps_is(sandbox, base, ours, theirs):
    repo = Repo.open(sandbox.root, {})
    texts = Versions(*(_dvc_file(repo, tree) for tree in (base, ours, theirs)))
    merged = merge(repo, Git(sandbox.root), texts, "data.dvc")
    paths = {*base, *ours, *theirs}
    changed = {path for path in paths if ours.get(path) != base.get(path) and theirs.get(path) != base.get(path)}
    both = {path for path in changed if ours.get(path) != theirs.get(path)}
    expected = {
        path: value
        for path in paths
        if (value := theirs.get(path) if ours.get(path) == base.get(path) else ours.get(path)) is not None
    }
    clash = any(other.startswith(f"{path}/") for path in expected for other in expected)
    if base in (ours, theirs) or ours in (base, theirs):
        assert not merged.conflicts  # Git would not have asked
    elif both or clash:
        assert merged.conflicts
        assert {conflict.split("'")[1].removeprefix("data/") for conflict in merged.conflicts} >= both
    else:
        assert merged.text == _dvc_file(repo, expected)


def _dvc_file(repo, tree):
    Path(repo.store.root).mkdir(parents=True, exist_ok=True)
    for value in tree.values():
        _native.put_object(repo.store.root, value.encode())
    table = _native.Table.from_rows([(path, _native.md5(value.encode())) for path, value in tree.items()])
    content = Content(repo.store.put_manifest(table), len(tree), len(tree))
    return dvcfile.dump(DvcFile(outs=(OutputEntry("data", content),)))
