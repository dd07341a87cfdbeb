"""A listing that was complete counts as complete until an object may have gone."""

import os
import time
from pathlib import Path

from tiffin import _native
from tiffin.index._complete import CompleteListings

OID = "0123456789abcdef0123456789abcdef.dir"


def store(tmp_path: Path) -> Path:
    """A store with two objects whose directories are older than the clock of the file system."""
    root = tmp_path / "store"
    (tmp_path / "state").mkdir()
    for name in ("00/a", "ff/b"):
        (root / name).parent.mkdir(parents=True)
        (root / name).touch()
    newest = max(folder.stat().st_ctime_ns for folder in (root / "00", root / "ff"))
    for _ in range(1000):
        if _native.clock_ns(str(tmp_path)) > newest:
            return root
        time.sleep(0.001)
    raise AssertionError("the clock of the file system stands still")


def asked(tmp_path: Path, root: Path) -> bool:
    return CompleteListings(tmp_path / "state", str(root)).has(OID)


def note(tmp_path: Path, root: Path, clock_ns: int | None = None) -> None:
    listings = CompleteListings(tmp_path / "state", str(root))
    assert not listings.has(OID)
    listings.add(OID, _native.clock_ns(str(tmp_path)) if clock_ns is None else clock_ns)


def test_what_was_complete_is_complete_as_long_as_the_store_is_the_same(tmp_path: Path) -> None:
    root = store(tmp_path)
    note(tmp_path, root)
    assert asked(tmp_path, root)
    assert not CompleteListings(tmp_path / "state", str(tmp_path / "another")).has(OID)


def test_nothing_is_known_to_be_complete_once_an_object_went_or_came(tmp_path: Path) -> None:
    root = store(tmp_path)
    note(tmp_path, root)
    (root / "ff" / "b").unlink()
    assert not asked(tmp_path, root)
    note(tmp_path, root)
    (root / "80").mkdir()
    assert not asked(tmp_path, root)


def test_a_directory_in_another_ones_place_counts_as_changed(tmp_path: Path) -> None:
    root = store(tmp_path)
    note(tmp_path, root)
    before = (root / "ff").stat()
    (root / "ff").rename(root / "away")
    (root / "ff").mkdir()
    os.utime(root / "ff", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not asked(tmp_path, root)


def test_what_may_change_without_showing_it_is_not_noted(tmp_path: Path) -> None:
    root = store(tmp_path)
    note(tmp_path, root, clock_ns=(root / "ff").stat().st_ctime_ns)
    assert not asked(tmp_path, root)


def test_notes_of_older_conditions_do_not_pile_up(tmp_path: Path) -> None:
    root = store(tmp_path)
    for name in ("c", "d"):
        (root / "00" / name).touch()
        time.sleep(0.02)
        note(tmp_path, root)
    assert len(list((tmp_path / "state/index/complete").glob("*/*"))) == 1


def test_a_line_that_was_cut_off_is_no_listing(tmp_path: Path) -> None:
    root = store(tmp_path)
    note(tmp_path, root)
    (notes,) = (tmp_path / "state/index/complete").glob("*/*")
    notes.write_text(OID[:20])
    assert not asked(tmp_path, root)
