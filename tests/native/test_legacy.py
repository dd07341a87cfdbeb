"""Stores of DVC 2: ids and copies against the slow twin, which is DVC's own rule in Python."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.peer.legacy import CASES, PIECE, legacy_id
from tiffin._native import Table, legacy_hash_rows, legacy_place_rows, legacy_store_rows, legacy_transfer, stat_files

CORRUPT, ENOENT = -2, 2

words = st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"\0", b"\xff", b"\x1b", b"x" * 300])
around_a_piece = st.integers(PIECE - 3, PIECE + 3).map(lambda size: b"x" * size)
bodies = st.builds(
    lambda start, tail: start + b"".join(tail), st.just(b"") | around_a_piece, st.lists(words, max_size=12)
)


def ids(tmp_path: Path, files: dict[str, bytes]) -> Table:
    for name, body in files.items():
        (tmp_path / name).write_bytes(body)
    table = stat_files(str(tmp_path), list(files))
    assert legacy_hash_rows(table, str(tmp_path)) == []
    return table


def test_known_cases(tmp_path: Path) -> None:
    table = ids(tmp_path, {str(number): body for number, body in enumerate(CASES.values())})
    found = dict(zip(table.paths(), table.oids(), strict=True))
    assert found == {str(number): legacy_id(body) for number, body in enumerate(CASES.values())}


@settings(max_examples=60)
@given(body=bodies)
def test_ids_are_those_of_dvc2(tmp_path_factory, body: bytes) -> None:
    assert ids(tmp_path_factory.mktemp("files"), {"file": body}).oids() == [legacy_id(body)]


def test_a_round_through_two_stores(tmp_path: Path) -> None:
    files = {f"file{number}": body for number, body in enumerate(CASES.values())}
    del files["file1"]  # has the id of file0
    (tmp_path / "work").mkdir()
    table = ids(tmp_path / "work", files)
    store, other, out = (str(tmp_path / name) for name in ("store", "other", "out"))
    assert legacy_store_rows(table, range(len(table)), str(tmp_path / "work"), store) == []
    oids = [oid for oid in table.oids() if oid]
    assert legacy_transfer([*oids, "0" * 32], store, other) == [("0" * 32, ENOENT)]
    for kind in ("copy", "hardlink", "symlink", "reflink"):
        assert legacy_place_rows(table, None, out, other, [kind, "copy"], executable=[0]) == []
        assert {name: (tmp_path / "out" / name).read_bytes() for name in files} == files


def test_a_file_that_changed_is_not_stored(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    table = ids(tmp_path / "work", {"file": b"old"})
    (tmp_path / "work/file").write_bytes(b"new")
    assert legacy_store_rows(table, [0], str(tmp_path / "work"), str(tmp_path / "store")) == [("file", -1)]
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []


def test_a_damaged_object_is_neither_copied_nor_linked(tmp_path: Path) -> None:
    oid = legacy_id(b"a\r\nb")
    bad = tmp_path / "store" / oid[:2] / oid[2:]
    bad.parent.mkdir(parents=True)
    bad.write_bytes(b"a\r\nc")
    table = Table.from_rows([("file", oid)])
    for kind in ("copy", "hardlink", "symlink"):
        assert legacy_place_rows(table, None, str(tmp_path / "out"), str(tmp_path / "store"), [kind]) == [
            ("file", CORRUPT)
        ]
        assert list((tmp_path / "out").iterdir()) == []
    assert legacy_transfer([oid], str(tmp_path / "store"), str(tmp_path / "other")) == [(oid, CORRUPT)]
