"""`add`, `commit` and `status`."""

import os
import stat

import pytest
from inline_snapshot import snapshot

MD5_OF_DATA = "8d777f385d3dfec8815d20f7496026dc"  # of "data"


def test_a_file_goes_to_the_cache_and_its_dvc_file_to_git(sandbox):
    sandbox.write("data.csv", "data")
    sandbox.tiffin("add", "data.csv")
    assert sandbox.read("data.csv.dvc") == snapshot(
        """\
outs:
- md5: 8d777f385d3dfec8815d20f7496026dc
  size: 4
  hash: md5
  path: data.csv
"""
    )
    assert sandbox.read(".gitignore") == "/data.csv\n"
    stored = sandbox.root / ".dvc/cache/files/md5" / MD5_OF_DATA[:2] / MD5_OF_DATA[2:]
    assert stat.S_IMODE(stored.stat().st_mode) == 0o444
    assert sandbox.read("data.csv") == "data"
    assert sandbox.tiffin("status").out == "Data and pipelines are up to date.\n"


def test_a_directory_is_one_output_with_a_listing(sandbox):
    sandbox.write("data/a", "1")
    sandbox.write("data/deep/b", "2")
    sandbox.tiffin("add", "data")
    assert sandbox.read("data.dvc") == snapshot(
        """\
outs:
- md5: 9562e69536c243a84e0bbdc202c156c8.dir
  size: 2
  nfiles: 2
  hash: md5
  path: data
"""
    )
    assert len(sandbox.objects()) == 3


def test_the_executable_bit_of_a_file_is_recorded(sandbox):
    sandbox.write("run.sh", "#!/bin/sh\n").chmod(0o755)
    sandbox.tiffin("add", "run.sh")
    assert "isexec: true" in sandbox.read("run.sh.dvc")
    (sandbox.root / "run.sh").unlink()
    sandbox.tiffin("checkout")
    assert os.access(sandbox.root / "run.sh", os.X_OK)


def test_status_tells_modified_deleted_and_not_in_cache(sandbox):
    for name in ("one", "two", "three"):
        sandbox.write(name, name)
    sandbox.tiffin("add", "one", "two", "three")
    sandbox.write("one", "changed")
    (sandbox.root / "two").unlink()
    oid = sandbox.read("three.dvc").split("md5: ")[1][:32]
    (sandbox.root / ".dvc/cache/files/md5" / oid[:2] / oid[2:]).unlink()
    assert sandbox.tiffin("status").out == snapshot(
        """\
one.dvc:
	changed outs:
		modified:           one
three.dvc:
	changed outs:
		not in cache:       three
two.dvc:
	changed outs:
		deleted:            two
"""
    )
    assert sandbox.tiffin("status", "--json").out == snapshot(
        '{"one.dvc": [{"changed outs": {"one": "modified"}}], "three.dvc": [{"changed outs": {"three": "not in cache"}}], "two.dvc": [{"changed outs": {"two": "deleted"}}]}\n'
    )
    assert sandbox.tiffin("status", "-q", code=1).out == ""


def test_a_change_that_leaves_size_and_time_alone_is_seen(sandbox):
    file = sandbox.write("data", "before")
    sandbox.tiffin("add", "data")
    sandbox.tiffin("status")
    times = file.stat()
    sandbox.write("data", "behind")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert "modified" in sandbox.tiffin("status").out


def test_adding_a_path_inside_a_tracked_directory_updates_only_that_part(sandbox):
    sandbox.write("data/a", "1")
    sandbox.write("data/b", "1")
    sandbox.tiffin("add", "data")
    sandbox.write("data/a", "2")
    sandbox.write("data/b", "2")
    sandbox.tiffin("add", "data/a")
    (sandbox.root / "data/a").unlink()
    sandbox.tiffin("checkout", "--force")
    assert sandbox.tree("data") == {"a": "2", "b": "1"}


def test_a_deleted_path_can_be_taken_out_of_a_tracked_directory(sandbox):
    sandbox.write("data/a", "1")
    sandbox.write("data/b", "1")
    sandbox.tiffin("add", "data")
    (sandbox.root / "data/a").unlink()
    sandbox.tiffin("add", "data/a")
    assert "nfiles: 1\n" in sandbox.read("data.dvc")
    assert sandbox.tiffin("status").out == "Data and pipelines are up to date.\n"


def test_no_commit_stores_nothing_until_commit(sandbox):
    sandbox.write("data", "data")
    sandbox.tiffin("add", "--no-commit", "data")
    assert sandbox.objects() == []
    sandbox.tiffin("commit", "--force")
    assert sandbox.objects() == [MD5_OF_DATA]


def test_globs_are_expanded_only_when_asked(sandbox):
    sandbox.write("a.csv", "a")
    sandbox.write("b.csv", "b")
    sandbox.tiffin("add", "*.csv", code=1)
    sandbox.tiffin("add", "--glob", "*.csv")
    assert sandbox.exists("a.csv.dvc")
    assert sandbox.exists("b.csv.dvc")


def test_one_bad_target_leaves_everything_as_it_was(sandbox):
    sandbox.write("good", "good")
    answer = sandbox.tiffin("add", "good", "bad", code=1)
    assert answer.err == snapshot("ERROR: 'bad' does not exist\n")
    assert not sandbox.exists("good.dvc")
    assert sandbox.objects() == []
    assert sandbox.git("status", "--porcelain") == "?? good\n"


def test_what_git_tracks_is_not_added(sandbox):
    sandbox.write("code.py", "x")
    sandbox.commit()
    assert sandbox.tiffin("add", "code.py", code=1).err == snapshot(
        """\
ERROR: 'code.py' is already tracked by Git
hint: take it out of Git first: git rm -r --cached 'code.py' && git commit -m 'stop tracking it'
"""
    )


def test_a_directory_with_a_tracked_file_inside_is_not_added(sandbox):
    sandbox.write("data/a", "1")
    sandbox.tiffin("add", "data/a")
    assert sandbox.tiffin("add", "data", code=1).err == snapshot(
        """\
ERROR: 'data' cannot be tracked as a whole: 'data/a.dvc' tracks 'data/a' in it
hint: remove 'data/a.dvc' first, then add it again
"""
    )


def test_a_broken_symlink_stops_add(sandbox):
    sandbox.write("data/a", "1")
    (sandbox.root / "data/link").symlink_to("nowhere")
    assert sandbox.tiffin("add", "data", code=1).err == snapshot(
        "ERROR: cannot read 'data/link' in 'data': No such file or directory\n"
    )


def test_a_dvcignore_inside_a_tracked_directory_is_an_error(sandbox):
    sandbox.write("data/.dvcignore", "*.tmp\n")
    sandbox.write("data/a", "1")
    assert sandbox.tiffin("add", "data", code=255).err == snapshot(
        """\
ERROR: there is a .dvcignore file inside the tracked directory 'data'
hint: move its patterns to a .dvcignore above the directory
"""
    )


def test_ignored_files_are_not_part_of_a_directory(sandbox):
    sandbox.write(".dvcignore", "*.tmp\n")
    sandbox.write("data/a", "1")
    sandbox.write("data/b.tmp", "1")
    sandbox.tiffin("add", "data")
    assert "nfiles: 1\n" in sandbox.read("data.dvc")


@pytest.mark.parametrize("target", ["..", ".dvc/config", "../outside"])
def test_only_paths_below_the_root_are_tracked(sandbox, target):
    (sandbox.root.parent / "outside").write_text("x", encoding="utf-8")
    assert "cannot be tracked" in sandbox.tiffin("add", target, code=1).err


def test_commit_asks_before_it_records_a_change(sandbox):
    sandbox.write("data", "1")
    sandbox.tiffin("add", "data")
    sandbox.write("data", "2")
    assert sandbox.tiffin("commit", code=1).err == snapshot(
        """\
ERROR: unable to commit changed 'data.dvc'
hint: use -f to record it without being asked
"""
    )
    sandbox.tiffin("commit", "--force")
    assert sandbox.tiffin("status").out == "Data and pipelines are up to date.\n"


def test_targets_and_answers_are_relative_to_where_one_stands(sandbox):
    sandbox.write("sub/data", "1")
    sandbox.tiffin("add", "data", cd="sub")
    sandbox.write("sub/data", "2")
    assert sandbox.tiffin("status", "--json", cd="sub").out == snapshot(
        '{"data.dvc": [{"changed outs": {"data": "modified"}}]}\n'
    )
    assert sandbox.tiffin("root", cd="sub").out == "..\n"


def test_autostage_puts_the_metadata_into_the_index(sandbox):
    sandbox.tiffin("config", "core.autostage", "true")
    sandbox.commit()
    sandbox.write("data", "1")
    answer = sandbox.tiffin("add", "data")
    assert sandbox.git("status", "--porcelain") == "A  .gitignore\nA  data.dvc\n"
    assert "git add" not in answer.err


def test_out_copies_the_target_and_tracks_the_copy(sandbox):
    outside = sandbox.root.parent / "outside"
    outside.mkdir()
    (outside / "a").write_text("1", encoding="utf-8")
    sandbox.tiffin("add", str(outside), "--out", "data")
    assert sandbox.tree("data") == {"a": "1"}
    assert sandbox.exists("data.dvc")
    (outside / "a").write_text("2", encoding="utf-8")
    assert sandbox.tiffin("add", str(outside / "a"), "-o", "data.dvc", code=1).err == snapshot(
        """\
ERROR: 'data.dvc' exists already
hint: use -f to replace it
"""
    )


def test_out_replaces_what_is_there_where_that_is_asked_for(sandbox):
    outside = sandbox.root.parent / "outside"
    outside.write_text("1", encoding="utf-8")
    sandbox.write("file", "of the user")
    assert "exists already" in sandbox.tiffin("add", str(outside), "--out", "file", code=1).err
    sandbox.tiffin("add", "-f", str(outside), "--out", "file")
    assert sandbox.read("file") == "1"
    outside.write_text("2", encoding="utf-8")
    sandbox.tiffin("add", "-f", str(outside), "--out", "file")
    assert sandbox.read("file") == "2"
    assert sandbox.tiffin("status").out == "Data and pipelines are up to date.\n"


def test_a_metadata_file_and_an_unknown_part_are_no_data(sandbox):
    sandbox.write("data/a", "1")
    sandbox.tiffin("add", "data")
    assert "is a metadata file" in sandbox.tiffin("add", "data.dvc", code=1).err
    assert sandbox.tiffin("add", "data/nope", code=1).err == snapshot("ERROR: 'data/nope' does not exist\n")


def test_a_hardlinked_file_can_be_added_again(sandbox):
    sandbox.tiffin("config", "cache.type", "hardlink")
    sandbox.write("small", "1")
    sandbox.write("large", "x" * 300_000)
    sandbox.tiffin("add", "small", "large")
    for name in ("small", "large"):
        os.utime(sandbox.root / name)
    sandbox.tiffin("add", "small", "large")
    assert sandbox.tiffin("status").out == "Data and pipelines are up to date.\n"
    assert len(sandbox.objects()) == 2


def test_a_directory_is_not_copied_into_itself(sandbox):
    sandbox.write("data/sub/a")
    answer = sandbox.tiffin("add", "data", "--out", "data/sub/x", code=1)
    assert "'data' cannot be copied into itself" in answer.err
    assert set(sandbox.tree("data")) == {"sub/a"}


def test_a_name_may_be_as_long_as_that_of_its_dvc_file_can_be(sandbox):
    name = "n" * 251
    sandbox.write(name, "text")
    sandbox.tiffin("config", "cache.type", "symlink")
    sandbox.tiffin("add", name)
    assert sandbox.exists(f"{name}.dvc")
    sandbox.tiffin("unprotect", name)
    assert not (sandbox.root / name).is_symlink()
    assert sandbox.read(name) == "text"


def test_outside_of_git_nothing_is_said_of_git(sandbox):
    (sandbox.root / ".git").rename(sandbox.root / "gone")
    sandbox.write("file", "1")
    assert sandbox.tiffin("add", "file").err == ""
