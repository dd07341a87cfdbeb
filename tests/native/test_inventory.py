"""A whole store: listing it and taking objects out, against a walk in Python."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiffin import _native
from tiffin._native import Ids, Table

LATER = 1 << 62


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Objects, a listing, and what is none."""
    for number in range(700):
        oid = _native.md5(b"%d" % number)
        (tmp_path / oid[:2]).mkdir(exist_ok=True)
        (tmp_path / oid[:2] / oid[2:]).write_bytes(b"%d" % number)
    _native.put_object(str(tmp_path), b"[]", suffix=".dir")
    for name in ("junk", "00/.tiffin-1-2.tmp", "00/" + "A" * 30, "00/" + "a" * 31, "zz/" + "a" * 30):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


def test_everything_in_a_store_is_listed(store: Path) -> None:
    found = _native.list_store(str(store))
    walked = {path.relative_to(store).as_posix(): path.stat() for path in store.rglob("*") if path.is_file()}
    files = {f"{oid[:2]}/{oid[2:]}": oid for oid in found.files.paths()}
    assert len(files) == 700
    assert found.files.paths() == found.files.oids() == sorted(files.values())
    assert found.listings.paths() == ["d751713988987e9331980363e24189ce"]
    assert found.others == sorted(["00/" + "A" * 30, "00/" + "a" * 31, "00/.tiffin-1-2.tmp", "junk", "zz"])
    assert all(walked[path].st_size == found.files.size(found.files.find(oid)) for path, oid in files.items())
    assert walked.keys() - files.keys() == {f"d7/{'d751713988987e9331980363e24189ce'[2:]}.dir", *found.others} - {
        "zz"
    } | {"zz/" + "a" * 30}


def test_objects_are_removed_unless_they_are_young(store: Path) -> None:
    found = _native.list_store(str(store))
    half = found.files.select(range(350))
    assert set(_native.remove_objects(half, str(store), before_ns=0)) == {-4}
    assert set(_native.remove_objects(half, str(store), before_ns=LATER)) == {0}
    assert set(_native.remove_objects(half, str(store), before_ns=LATER)) == {2}
    assert _native.list_store(str(store)).files.paths() == found.files.paths()[350:]
    assert _native.remove_objects(found.listings, str(store), suffix=".dir", before_ns=LATER) == [0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_directory_that_cannot_be_read_is_an_error(store: Path) -> None:
    (store / "00").chmod(0)
    with pytest.raises(PermissionError):
        _native.list_store(str(store))


OIDS = st.lists(st.integers(0, 40).map(lambda number: f"{number:032x}"), unique=True)


@given(OIDS, OIDS, OIDS)
def test_a_set_of_ids_is_a_set(added: list[str], discarded: list[str], asked: list[str]) -> None:
    ids, twin = Ids(), set(added) - set(discarded)
    ids.add(added)
    ids.add(Table.from_rows([(f"{oid}/path", oid) for oid in added]))
    ids.discard(discarded)
    table = Table.from_rows([(oid, oid) for oid in asked])
    assert len(ids) == len(twin)
    assert [oid in ids for oid in asked] == [oid in twin for oid in asked]
    assert ids.among(table).paths() == sorted(set(asked) & twin)
    assert ids.besides(table).paths() == sorted(set(asked) - twin)
