"""`checkout`: the workspace becomes what the metadata says, and nothing is lost on the way."""

import shutil

from inline_snapshot import snapshot


def test_deleted_data_comes_back(sandbox):
    sandbox.write("data/a", "1")
    sandbox.write("file", "2")
    sandbox.tiffin("add", "data", "file")
    (sandbox.root / "data/a").unlink()
    (sandbox.root / "file").unlink()
    assert sandbox.tiffin("checkout").out == "M       data/\nA       file\n"
    assert sandbox.tree("data") == {"a": "1"}
    assert sandbox.read("file") == "2"


def test_targets_may_be_absolute(sandbox):
    sandbox.write("sub/data/a", "1")
    sandbox.write("sub/file", "2")
    sandbox.tiffin("add", "data", "file", cd="sub")
    for target in ("sub/data", "sub/data/a", "sub/file.dvc"):
        (sandbox.root / "sub/data/a").unlink()
        (sandbox.root / "sub/file").unlink()
        sandbox.tiffin("checkout", str(sandbox.root / target), cd="sub")
        assert (sandbox.exists("sub/data/a"), sandbox.exists("sub/file")) == ("data" in target, "file" in target)
        sandbox.tiffin("checkout")


def test_an_older_revision_brings_its_data(sandbox):
    sandbox.write("data/a", "old")
    sandbox.write("data/gone", "old")
    sandbox.tiffin("add", "data")
    sandbox.commit()
    sandbox.write("data/a", "new")
    (sandbox.root / "data/gone").unlink()
    sandbox.write("data/more", "new")
    sandbox.tiffin("add", "data")
    sandbox.commit()
    sandbox.git("checkout", "--quiet", "HEAD~1")
    sandbox.tiffin("checkout")
    assert sandbox.tree("data") == {"a": "old", "gone": "old"}
    sandbox.git("checkout", "--quiet", "main")
    sandbox.tiffin("checkout")
    assert sandbox.tree("data") == {"a": "new", "more": "new"}


def test_data_that_is_stored_nowhere_else_is_kept(sandbox):
    sandbox.write("data", "stored")
    sandbox.tiffin("add", "data")
    sandbox.write("data", "precious")
    assert sandbox.tiffin("checkout", code=255).err == snapshot(
        """\
ERROR: 'data' has changes that are stored nowhere else and would be lost
hint: keep them with `tiffin commit`, or give them up with --force
"""
    )
    assert sandbox.read("data") == "precious"
    sandbox.tiffin("checkout", "--force")
    assert sandbox.read("data") == "stored"


def test_new_files_in_a_tracked_directory_are_kept(sandbox):
    sandbox.write("data/a", "1")
    sandbox.tiffin("add", "data")
    sandbox.write("data/notes", "precious")
    assert "'data/notes' has changes" in sandbox.tiffin("checkout", code=255).err
    assert sandbox.read("data/notes") == "precious"


def test_a_directory_in_the_place_of_a_file_is_kept(sandbox):
    sandbox.write("data", "1")
    sandbox.tiffin("add", "data")
    (sandbox.root / "data").unlink()
    sandbox.write("data/inside", "precious")
    sandbox.tiffin("checkout", code=255)
    assert sandbox.read("data/inside") == "precious"
    sandbox.tiffin("checkout", "--force")
    assert sandbox.read("data") == "1"


def test_a_file_in_the_place_of_a_directory_is_replaced_when_forced(sandbox):
    sandbox.write("data/a/b", "1")
    sandbox.tiffin("add", "data")
    (sandbox.root / "data/a/b").unlink()
    (sandbox.root / "data/a").rmdir()
    sandbox.write("data/a", "in the way")
    sandbox.tiffin("checkout", code=255)
    sandbox.tiffin("checkout", "--force")
    assert sandbox.tree("data") == {"a/b": "1"}


def test_outputs_that_a_revision_does_not_track_go_away(sandbox):
    before = sandbox.git("rev-parse", "HEAD").strip()
    sandbox.write("data/a", "1")
    sandbox.tiffin("add", "data")
    sandbox.commit()
    sandbox.tiffin("checkout")
    sandbox.git("checkout", "--quiet", before)
    assert sandbox.tiffin("checkout").out == "D       data\n"
    assert not sandbox.exists("data")
    sandbox.git("checkout", "--quiet", "main")
    sandbox.tiffin("checkout")
    assert sandbox.tree("data") == {"a": "1"}


def test_what_the_cache_lacks_is_named_and_the_rest_is_checked_out(sandbox):
    sandbox.write("here", "1")
    sandbox.write("lost", "2")
    sandbox.tiffin("add", "here", "lost")
    oid = sandbox.read("lost.dvc").split("md5: ")[1][:32]
    (sandbox.root / ".dvc/cache/files/md5" / oid[:2] / oid[2:]).unlink()
    (sandbox.root / "here").unlink()
    (sandbox.root / "lost").unlink()
    answer = sandbox.tiffin("checkout", code=255)
    assert answer.err == snapshot(
        """\
ERROR: checkout failed for: lost (not, or not wholly, in the cache)
hint: get the data with `tiffin pull`
"""
    )
    assert sandbox.read("here") == "1"
    sandbox.tiffin("checkout", "--allow-missing")


def test_a_part_of_a_directory_can_be_checked_out(sandbox):
    sandbox.write("data/a/1", "1")
    sandbox.write("data/b/2", "2")
    sandbox.tiffin("add", "data")
    for name in ("data/a/1", "data/b/2"):
        (sandbox.root / name).unlink()
    sandbox.tiffin("checkout", "data/a")
    assert sandbox.tree("data") == {"a/1": "1"}


def test_links_into_the_cache_are_made_as_configured(sandbox):
    sandbox.write("data", "1")
    sandbox.tiffin("add", "data")
    for kind in ("hardlink", "symlink", "copy"):
        sandbox.tiffin("config", "cache.type", kind)
        sandbox.tiffin("checkout", "--relink")
        file = sandbox.root / "data"
        assert file.is_symlink() == (kind == "symlink")
        assert (file.stat().st_nlink > 1) == (kind == "hardlink")
        assert sandbox.read("data") == "1"
        assert sandbox.tiffin("status").out == "Data and pipelines are up to date.\n"


def test_summary_counts(sandbox):
    sandbox.write("a", "1")
    sandbox.write("b", "1")
    sandbox.tiffin("add", "a", "b")
    assert sandbox.tiffin("checkout", "--summary").out == "No changes.\n"
    (sandbox.root / "a").unlink()
    assert sandbox.tiffin("checkout", "--summary").out == "1 file added\n"


def test_a_file_takes_the_place_of_a_directory_inside_a_tracked_one(sandbox):
    sandbox.write("data/a", "file")
    sandbox.tiffin("add", "data")
    sandbox.commit()
    (sandbox.root / "data/a").unlink()
    sandbox.write("data/a/b", "directory")
    sandbox.tiffin("add", "data")
    sandbox.git("checkout", "--quiet", "--", "data.dvc")
    sandbox.tiffin("checkout")
    assert sandbox.tree("data") == {"a": "file"}


def test_a_link_that_leads_nowhere_is_named_where_a_directory_is_wanted(sandbox):
    sandbox.write("data/a", "a")
    sandbox.tiffin("add", "data")
    shutil.rmtree(sandbox.root / "data")
    (sandbox.root / "data").symlink_to("nowhere")
    assert "'data' is a symlink that leads nowhere" in sandbox.tiffin("checkout", code=255).err
    (sandbox.root / "data").unlink()
    sandbox.tiffin("checkout")
    assert sandbox.read("data/a") == "a"


def test_the_way_to_data_that_is_not_recorded_is_told(sandbox):
    sandbox.write("../source/file", "1")
    sandbox.tiffin("import-url", "../source/file", "--no-exec")
    assert "hint: `tiffin update file.dvc` gets it\n" in sandbox.tiffin("checkout", code=255).err
    sandbox.tiffin("update", "file.dvc")
    sandbox.write("lost.dvc", "outs:\n- path: lost\n")
    assert "hint: an older commit of 'lost.dvc'" in sandbox.tiffin("checkout", code=255).err


def test_what_is_no_import_cannot_be_updated(sandbox):
    sandbox.write("file", "1")
    sandbox.tiffin("add", "file")
    assert "'file.dvc' is no import" in sandbox.tiffin("update", "file.dvc", code=1).err
