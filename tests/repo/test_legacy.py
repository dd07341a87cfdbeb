"""What DVC 2 wrote, where tiffin does more than DVC does."""

import json
import shutil

from inline_snapshot import snapshot

from tests.peer.legacy import CASES, legacy_id, track_as_dvc2


def test_data_stored_by_either_version_gives_way(sandbox):
    track_as_dvc2(sandbox.root, "data", {"a": CASES["crlf"], "b": b"b"})
    sandbox.commit("DVC 2")
    sandbox.write("data/b", "new")
    sandbox.tiffin("add", "data")
    sandbox.commit("3.x")
    sandbox.git("checkout", "--quiet", "HEAD~1")
    sandbox.tiffin("checkout")
    assert sandbox.read("data/b") == "b"
    sandbox.git("checkout", "--quiet", "main")
    sandbox.tiffin("checkout")
    assert sandbox.read("data/b") == "new"
    sandbox.git("rm", "--quiet", "data.dvc")
    sandbox.tiffin("checkout")
    assert not sandbox.exists("data")


def test_files_recorded_anew_are_modified_only_if_their_id_changed(sandbox):
    track_as_dvc2(sandbox.root, "data", {"a": CASES["crlf"], "b": b"b"})
    sandbox.commit("DVC 2")
    sandbox.tiffin("cache", "migrate", "--dvc-files")
    answer = json.loads(sandbox.tiffin("data", "status", "--granular", "--json").out)
    assert answer["committed"] == {"modified": ["data/", "data/a"]}


def test_a_damaged_object_does_not_reach_the_workspace(sandbox):
    oid = track_as_dvc2(sandbox.root, "file", CASES["crlf"])
    damaged = sandbox.root / ".dvc/cache" / oid[:2] / oid[2:]
    damaged.chmod(0o644)
    damaged.write_bytes(b"one\r\ntwo\r!")
    damaged.chmod(0o444)
    (sandbox.root / "file").unlink()
    for kind in ("copy", "hardlink", "symlink"):
        sandbox.tiffin("config", "cache.type", kind)
        assert sandbox.tiffin("checkout", code=255).err == snapshot("""\
ERROR: 'file' was not written: its object does not match its id
hint: remove the object and get it again with `tiffin fetch`
""")
        assert not sandbox.exists("file")
    sandbox.tiffin("remote", "add", "-d", "there", str(sandbox.root.parent / "there"))
    sandbox.tiffin("push", code=1)
    assert not any(path.is_file() for path in (sandbox.root.parent / "there").rglob("*"))


def test_data_that_is_not_here_is_not_migrated(sandbox):
    track_as_dvc2(sandbox.root, "here", CASES["crlf"])
    track_as_dvc2(sandbox.root, "gone", CASES["lf"])
    before = sandbox.read("gone.dvc")
    (sandbox.root / "gone").unlink()
    assert sandbox.tiffin("cache", "migrate", "--dvc-files").err == snapshot("""\
WARNING: 'gone.dvc' stays in the form of DVC 2: its data is not in the workspace
hint: get it with `tiffin checkout` or `tiffin pull`, then migrate again

To track the changes with git, run:

	git add here.dvc

""")
    assert sandbox.read("gone.dvc") == before
    assert "hash: md5" in sandbox.read("here.dvc")
    sandbox.tiffin("checkout")
    assert sandbox.read("gone") == "one\ntwo\n"


def test_adding_to_a_directory_that_dvc2_tracked(sandbox):
    track_as_dvc2(sandbox.root, "data", {"a": CASES["crlf"], "b": b"b"})
    (sandbox.root / "data/new").write_bytes(CASES["two crs"])
    sandbox.tiffin("add", "data/new")
    sandbox.tiffin("status", "--quiet")
    shutil.rmtree(sandbox.root / "data")
    sandbox.tiffin("checkout")
    assert (sandbox.root / "data/new").read_bytes() == CASES["two crs"]
    assert (sandbox.root / "data/a").read_bytes() == CASES["crlf"]


def test_removing_untracked_objects_takes_those_of_dvc2(sandbox):
    oid = track_as_dvc2(sandbox.root, "file", CASES["crlf"])
    sandbox.write("file", "new")
    sandbox.tiffin("add", "file")
    sandbox.tiffin("gc", "-w", "-f", "--grace", "0")
    assert not sandbox.exists(f".dvc/cache/{oid[:2]}/{oid[2:]}")
    assert legacy_id(CASES["crlf"]) == oid
    assert sandbox.tiffin("status").out == snapshot("Data and pipelines are up to date.\n")
