"""`push`, `fetch`, `pull` and `status --cloud` against a directory."""

import shutil

import pytest
from inline_snapshot import snapshot


@pytest.fixture
def shared(sandbox):
    """A repository with data and a default remote at ../remote."""
    sandbox.write("data/a", "1")
    sandbox.write("data/b", "2")
    sandbox.write("file", "3")
    sandbox.tiffin("add", "data", "file")
    sandbox.tiffin("remote", "add", "-d", "store", "../remote")
    sandbox.commit()
    return sandbox


def forget_data(sandbox):
    shutil.rmtree(sandbox.root / ".dvc/cache")
    shutil.rmtree(sandbox.root / "data")
    (sandbox.root / "file").unlink()


def test_what_was_pushed_is_pulled(shared):
    assert shared.tiffin("push").out == "4 files pushed\n"
    assert shared.objects("../remote/files/md5") == shared.objects()
    assert shared.tiffin("push").out == "Everything is up to date.\n"
    forget_data(shared)
    assert shared.tiffin("pull").out == "A       data/\nA       file\n4 files fetched and 3 files added\n"
    assert shared.tree("data") == {"a": "1", "b": "2"}
    assert shared.tiffin("pull").out == "Everything is up to date.\n"


def remote_object(shared):
    folder = shared.root / "../remote/files/md5/c4"
    return folder / "ca4238a0b923820dcc509a6f75849b"


def notes_of(shared):
    return list((shared.root / ".dvc/tmp/tiffin/index/complete").glob("*/*"))


def test_objects_that_vanish_from_a_remote_are_pushed_again(shared):
    for _ in range(3):
        shared.tiffin("push")
    assert notes_of(shared), "the remote was not found complete"
    remote_object(shared).unlink()
    assert shared.tiffin("push").out == "1 file pushed\n"
    assert remote_object(shared).read_text() == "1"
    assert shared.tiffin("push").out == "Everything is up to date.\n"


def test_what_one_remote_holds_says_nothing_about_another(shared):
    for _ in range(3):
        shared.tiffin("push")
    shared.tiffin("remote", "add", "other", "../other")
    assert shared.tiffin("push", "-r", "other").out == "4 files pushed\n"
    shutil.rmtree(shared.root / "../remote")
    assert shared.tiffin("push").out == "4 files pushed\n"


def test_a_remote_that_lacks_what_the_cache_lacks_is_not_complete(shared):
    shared.tiffin("push", "file")
    oid = "c4ca4238a0b923820dcc509a6f75849b"
    (shared.root / ".dvc/cache/files/md5" / oid[:2] / oid[2:]).unlink()
    for _ in range(3):
        assert f"neither the cache nor the remote has 1 object(s): {oid}" in shared.tiffin("push").err
    assert not notes_of(shared)


def test_fetch_leaves_the_workspace_alone(shared):
    shared.tiffin("push")
    forget_data(shared)
    shared.tiffin("fetch")
    assert not shared.exists("data")
    assert len(shared.objects()) == 4


def test_targets_limit_what_moves(shared):
    assert shared.tiffin("push", "file").out == "1 file pushed\n"
    shared.tiffin("push")
    forget_data(shared)
    shared.tiffin("pull", "data/a")
    assert shared.tree("data") == {"a": "1"}


def test_a_listing_is_never_at_the_remote_without_its_files(shared):
    oid = next(oid for oid in shared.objects() if not oid.endswith(".dir"))
    (shared.root / ".dvc/cache/files/md5" / oid[:2] / oid[2:]).unlink()
    lost_from_directory = oid in {"c4ca4238a0b923820dcc509a6f75849b", "c81e728d9d4c2f636f067f89cc14862c"}
    answer = shared.tiffin("push")
    assert f"neither the cache nor the remote has 1 object(s): {oid}" in answer.err
    assert any(name.endswith(".dir") for name in shared.objects("../remote/files/md5")) != lost_from_directory


def test_a_file_missing_at_the_remote_is_noticed_and_pushed_again(shared):
    shared.tiffin("push")
    victim = next(oid for oid in shared.objects() if not oid.endswith(".dir"))
    (shared.root.parent / "remote/files/md5" / victim[:2] / victim[2:]).unlink()
    assert "new:" in shared.tiffin("status", "--cloud").out
    assert shared.tiffin("push").out == "1 file pushed\n"


def test_a_corrupt_object_at_the_remote_is_not_taken(shared):
    shared.tiffin("push")
    victim = next(oid for oid in shared.objects() if not oid.endswith(".dir"))
    file = shared.root.parent / "remote/files/md5" / victim[:2] / victim[2:]
    file.chmod(0o644)
    file.write_text("something else", encoding="utf-8")
    forget_data(shared)
    answer = shared.tiffin("pull", code=1)
    assert f"object {victim} in {shared.root.parent}/remote/files/md5 does not match its id" in answer.err
    assert victim not in shared.objects()


def test_status_with_the_remote(shared):
    assert sorted(shared.tiffin("status", "-c").out.splitlines()) == snapshot(
        [
            "\tnew:                data",
            "\tnew:                data/a",
            "\tnew:                data/b",
            "\tnew:                file",
        ]
    )
    shared.tiffin("push")
    assert shared.tiffin("status", "-c").out == "Cache and remote 'store' are in sync.\n"


def test_without_a_remote_the_way_out_is_told(sandbox):
    sandbox.write("data", "1")
    sandbox.tiffin("add", "data")
    assert sandbox.tiffin("push", code=1).err == snapshot(
        """\
ERROR: no remote was named and there is no default one
hint: set a default with `tiffin remote default NAME`, or name one with `-r NAME`
"""
    )
    assert sandbox.tiffin("push", "-r", "nowhere", code=1).err == snapshot(
        """\
ERROR: no remote 'nowhere' (known: none)
hint: add it with `tiffin remote add nowhere URL`
"""
    )


def test_a_remote_inside_the_repository_works(sandbox):
    (sandbox.root / "temp").mkdir()
    sandbox.tiffin("remote", "add", "-d", "my_remote", "temp/")
    sandbox.write("data", "1")
    sandbox.tiffin("add", "data")
    sandbox.tiffin("push")
    assert sandbox.objects("temp/files/md5") == sandbox.objects()


def test_what_the_remote_lacks_is_named_after_the_rest_came(shared):
    shared.tiffin("push")
    victim = shared.read("file.dvc").split("md5: ")[1][:32]
    (shared.root.parent / "remote/files/md5" / victim[:2] / victim[2:]).unlink()
    forget_data(shared)
    answer = shared.tiffin("pull", code=1)
    assert victim in answer.err
    assert shared.tree("data") == {"a": "1", "b": "2"}


def test_a_part_that_no_recorded_directory_has_is_an_error(shared):
    for command in ("push", "fetch", "pull"):
        assert (
            "'data/nothing' is in no directory as it is recorded" in shared.tiffin(command, "data/nothing", code=1).err
        )
    shared.write("data/later", "4")
    shared.tiffin("add", "data")
    shared.commit()
    shared.tiffin("push", "data/later", "--all-commits")  # one commit has it


def test_a_remote_that_is_not_there_is_told(shared):
    shared.tiffin("push")
    forget_data(shared)
    (shared.root.parent / "remote").rename(shared.root.parent / "unmounted")
    answer = shared.tiffin("fetch")
    assert "/remote' does not exist: is it mounted?" in answer.err
    assert answer.out == "0 files fetched\n"
    assert "is it mounted?" in shared.tiffin("pull", code=1).err
