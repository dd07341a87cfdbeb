"""What killed commands leave between the user's files, and links whose objects are gone: neither is data."""

import re
import shutil
from pathlib import Path

import pytest

from tests.repo.conftest import Sandbox
from tiffin import _native

CLEAN = "Data and pipelines are up to date.\n"


def leave(folder: Path, text: str = "half of a file") -> Path:
    """A temporary file as a kill leaves it."""
    file = folder / _native.temporary_name()
    file.write_text(text)
    return file


# ---- temporary files


@pytest.fixture
def tracked(sandbox: Sandbox) -> Sandbox:
    for name in ("a", "sub/b"):
        sandbox.write(f"data/{name}", name)
    sandbox.tiffin("add", "data")
    return sandbox


def test_a_temporary_file_is_not_tracked_and_no_change(tracked: Sandbox) -> None:
    before = tracked.read("data.dvc")
    left = [leave(tracked.root / "data"), leave(tracked.root / "data/sub")]
    assert tracked.tiffin("status").out == CLEAN
    assert "uncommitted" not in tracked.tiffin("data", "status", "--granular", "--json").out
    assert all(file.exists() for file in left)
    tracked.tiffin("add", "data")
    assert tracked.read("data.dvc") == before
    assert not any(file.exists() for file in left)


def test_a_temporary_file_goes_when_its_directory_is_checked_out(tracked: Sandbox) -> None:
    left = leave(tracked.root / "data/sub")
    tracked.tiffin("checkout")
    assert not left.exists()
    left = leave(tracked.root / "data/sub")
    (tracked.root / "data/a").unlink()
    tracked.tiffin("checkout")
    assert not left.exists()
    assert tracked.tree("data") == {"a": "a", "sub/b": "sub/b"}


def test_a_file_takes_the_place_of_a_directory_with_a_temporary_file(tracked: Sandbox) -> None:
    directory = tracked.read("data.dvc")
    shutil.rmtree(tracked.root / "data")
    tracked.write("data", "a file now")
    tracked.tiffin("add", "data")
    file = tracked.read("data.dvc")
    tracked.write("data.dvc", directory)
    tracked.tiffin("checkout")
    leave(tracked.root / "data/sub")
    tracked.write("data.dvc", file)
    tracked.tiffin("checkout")
    assert tracked.read("data") == "a file now"


def test_names_that_only_look_like_ours_are_data(sandbox: Sandbox) -> None:
    ours = _native.temporary_name()
    digits = re.findall("[0-9a-f]{8}", ours)[-1]
    names = [
        ".tiffin-1-0.tmp",
        ".tiffin-notes.tmp",
        f"my{ours}",
        f"{ours}.txt",
        ours.replace(digits, f"{int(digits, 16) ^ 1:08x}"),
        ".tmp",
        ".tiffin-.tmp",
    ]
    for name in names:
        sandbox.write(f"data/{name}", name)
    sandbox.tiffin("add", "data")
    assert f"nfiles: {len(names)}\n" in sandbox.read("data.dvc")
    shutil.rmtree(sandbox.root / "data")
    sandbox.tiffin("checkout")
    assert set(sandbox.tree("data")) == set(names)


def test_add_everything_leaves_temporary_files_out(sandbox: Sandbox) -> None:
    leave(sandbox.root, "x" * (1 << 21))
    sandbox.write("large", "x" * (1 << 21))
    sandbox.tiffin("add", ".", "-y")
    assert sandbox.exists("large.dvc")
    assert [file.name for file in sandbox.root.glob(".*.dvc")] == []


def test_an_import_leaves_temporary_files_behind(sandbox: Sandbox, tmp_path: Path) -> None:
    leave(sandbox.write("data/a", "a").parent)
    sandbox.tiffin("add", "data")
    leave(sandbox.root / "data")
    sandbox.commit()
    sandbox.tiffin("get", str(sandbox.root), "data", "-o", str(tmp_path / "got"))
    assert [file.name for file in (tmp_path / "got").iterdir()] == ["a"]


# ---- links whose objects are gone


@pytest.fixture
def linked(tracked: Sandbox) -> Sandbox:
    """Data that are symlinks into a cache, and all of it at a remote."""
    tracked.tiffin("remote", "add", "--default", "store", "../remote")
    tracked.tiffin("config", "cache.type", "symlink")
    tracked.write("file", "file")
    tracked.tiffin("add", "data", "file")
    tracked.tiffin("checkout", "--relink")
    tracked.tiffin("push")
    assert (tracked.root / "data/a").is_symlink()
    return tracked


def lose(box: Sandbox, text: str) -> None:
    oid = _native.md5(text.encode())
    (box.root / ".dvc/cache/files/md5" / oid[:2] / oid[2:]).unlink()


def test_links_to_lost_objects_count_as_absent(linked: Sandbox) -> None:
    lose(linked, "a")
    assert linked.tiffin("status").out == "data.dvc:\n\tchanged outs:\n\t\tnot in cache:       data\n"
    answer = linked.tiffin("checkout", code=255)
    assert answer.err.startswith("ERROR: checkout failed for: data (not, or not wholly, in the cache)\n")
    assert linked.read("data/sub/b") == "sub/b"
    linked.tiffin("fetch")
    assert linked.tiffin("status").out == CLEAN
    assert linked.read("data/a") == "a"


@pytest.mark.parametrize("command", [("add", "data"), ("commit", "-f", "data.dvc"), ("add", "data/sub")])
def test_links_to_lost_objects_are_not_recorded_as_removed_files(linked: Sandbox, command: tuple[str, ...]) -> None:
    before = linked.read("data.dvc")
    lose(linked, "sub/b")
    answer = linked.tiffin(*command, code=1)
    assert answer.err == (
        "ERROR: 'data/sub/b' is a link to an object that is not in the cache\nhint: get it with `tiffin pull`\n"
    )
    assert linked.read("data.dvc") == before


def test_a_lost_file_is_named(linked: Sandbox) -> None:
    lose(linked, "file")
    assert "ERROR: 'file' is a link that leads nowhere: '" in linked.tiffin("add", "file", code=1).err


def test_links_to_lost_objects_give_way_to_another_version(linked: Sandbox) -> None:
    linked.commit("one")
    (linked.root / "data/a").unlink()
    linked.write("data/a/inside", "a directory now")
    linked.tiffin("add", "data")
    new = linked.read("data.dvc")
    linked.git("checkout", "--quiet", "data.dvc")
    linked.tiffin("checkout")
    lose(linked, "a")
    linked.write("data.dvc", new)
    linked.tiffin("checkout")
    assert linked.tree("data") == {"a/inside": "a directory now", "sub/b": "sub/b"}


def test_links_to_lost_objects_are_removed_with_the_data(linked: Sandbox) -> None:
    lose(linked, "a")
    linked.tiffin("remove", "--outs", "data.dvc")
    assert not linked.exists("data")


def test_a_stage_does_not_run_on_links_to_lost_objects(linked: Sandbox) -> None:
    linked.write("dvc.yaml", "stages:\n  list:\n    cmd: ls data > names\n    deps: [data]\n    outs: [names]\n")
    linked.tiffin("repro", "list")
    linked.write("file", "file")
    lose(linked, "a")
    answer = linked.tiffin("repro", "--single-item", "--force", "list", code=255)
    assert "'data/a', which stage 'list' depends on, is a link to an object that is not in the cache" in answer.err
    assert "`tiffin pull`" in answer.err


def test_a_stage_writes_no_object_through_a_link(linked: Sandbox) -> None:
    linked.write("dvc.yaml", "stages:\n  make:\n    cmd: mkdir -p out && echo new > out/x\n    outs: [out]\n")
    linked.tiffin("repro", "make")
    assert (linked.root / "out/x").is_symlink()
    lose(linked, "new\n")
    linked.tiffin("repro", "make", "--force")
    assert linked.read("out/x") == "new\n"
    linked.objects()


def test_an_import_gets_what_the_other_cache_lost_from_its_remote(linked: Sandbox, tmp_path: Path) -> None:
    linked.commit("one")
    lose(linked, "a")
    linked.tiffin("get", str(linked.root), "data", "-o", str(tmp_path / "got"))
    assert {file.name for file in (tmp_path / "got").iterdir()} == {"a", "sub"}
    assert (tmp_path / "got/a").read_text() == "a"


def test_other_links_that_lead_nowhere_are_still_named(linked: Sandbox) -> None:
    (linked.root / "data/link").symlink_to("nowhere")
    assert "cannot read 'data/link' in 'data'" in linked.tiffin("status", code=1).err
