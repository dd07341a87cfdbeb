"""Small file work: one object, one probe, one clock, one clean-up."""

import hashlib
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiffin._native import clock_ns, link_works, md5, put_object, remove_files, sync_filesystem


@given(st.binary(max_size=300))
def test_md5_is_that_of_hashlib(body: bytes) -> None:
    assert md5(body) == hashlib.md5(body).hexdigest()


def test_an_object_is_put_once_read_only_and_under_its_name(tmp_path: Path) -> None:
    store = tmp_path / "deep" / "store"
    oid = put_object(str(store), b"[]", suffix=".dir")
    object_path = store / oid[:2] / f"{oid[2:]}.dir"
    assert oid == hashlib.md5(b"[]").hexdigest()
    assert object_path.read_bytes() == b"[]"
    assert stat.S_IMODE(object_path.stat().st_mode) == 0o444
    inode = object_path.stat().st_ino
    assert put_object(str(store), b"[]", suffix=".dir") == oid
    assert object_path.stat().st_ino == inode
    assert [entry.name for entry in object_path.parent.iterdir()] == [object_path.name]


def test_an_object_that_was_cut_off_or_written_to_is_put_again(tmp_path: Path) -> None:
    oid = put_object(str(tmp_path), b"whole")
    object_path = tmp_path / oid[:2] / oid[2:]
    for broken in (b"wh", b"wrong"):
        object_path.chmod(0o644)
        object_path.write_bytes(broken)
        put_object(str(tmp_path), b"whole")
        assert object_path.read_bytes() == b"whole"


def test_a_store_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError) as caught:
        put_object(str(tmp_path / "file"), b"")
    assert str(caught.value.filename).startswith(str(tmp_path / "file"))


def test_links_that_every_file_system_knows_work_and_leave_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for kind in ("hardlink", "symlink", "copy"):
        assert link_works(kind, str(tmp_path / "a"), str(tmp_path / "b"))
    link_works("reflink", str(tmp_path / "a"), str(tmp_path / "b"))
    assert not any(tmp_path.glob("*/*"))
    with pytest.raises(ValueError, match=r"no link type softlink \(known: reflink, hardlink, symlink, copy\)"):
        link_works("softlink", str(tmp_path), str(tmp_path))


def test_the_clock_is_that_of_the_files(tmp_path: Path) -> None:
    before_ns = clock_ns(str(tmp_path))
    (tmp_path / "file").touch()
    after_ns = clock_ns(str(tmp_path))
    assert before_ns <= (tmp_path / "file").stat().st_mtime_ns <= after_ns
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_sync_returns_or_names_what_is_missing(tmp_path: Path) -> None:
    sync_filesystem(str(tmp_path))
    with pytest.raises(FileNotFoundError) as caught:
        sync_filesystem(str(tmp_path / "no"))
    assert caught.value.filename == str(tmp_path / "no")


names = st.sampled_from(["a", "b", "c"])
paths = st.lists(names, min_size=1, max_size=4).map("/".join)


@given(st.sets(paths, max_size=8), st.data())
def test_removed_files_take_the_directories_they_leave_empty_along(
    tmp_path_factory: pytest.TempPathFactory, wanted: set[str], data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("remove") / "root"
    root.mkdir()
    # A path that leads through another one cannot be made beside it.
    made = {path for path in wanted if not any(other.startswith(path + "/") for other in wanted)}
    for path in made:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    gone = data.draw(st.sets(st.sampled_from(sorted(made) or ["a"]))) | {"a/no/such/file"}
    remove_files(str(root), data.draw(st.permutations(sorted(gone))))
    left = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert left == made - gone
    directories = [f"{path.relative_to(root)}/" for path in root.rglob("*") if path.is_dir()]
    assert all(any(file.startswith(directory) for file in left) for directory in directories)


def test_a_link_among_the_parents_is_removed_but_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/x").touch()
    root = tmp_path / "root"
    (root / "deep").mkdir(parents=True)
    (root / "deep/link").symlink_to("../../theirs")
    remove_files(str(root), ["deep/link/x", "deep/link/y"])
    assert not any(root.iterdir())
    assert (tmp_path / "theirs/x").exists()


def test_removing_from_what_is_not_there_is_fine_and_a_directory_is_no_file(tmp_path: Path) -> None:
    remove_files(str(tmp_path / "no"), ["a"])
    (tmp_path / "directory").mkdir()
    with pytest.raises(OSError, match="directory") as caught:
        remove_files(str(tmp_path), ["directory"])
    assert caught.value.filename == str(tmp_path / "directory")
