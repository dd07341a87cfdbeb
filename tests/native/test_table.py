"""Tables of files: rows in, rows out, and the sums over them."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.native import twins
from tiffin._native import Table, clock_ns, diff, hash_rows, scan

oids = st.integers(0, 5).map(lambda n: hashlib.md5(bytes([n])).hexdigest())
# Few names, many clashes; and characters that sort around "/" or take more than one byte.
names = st.one_of(
    st.sampled_from(["a", "a-b", "a b", "a.b", "a0", "b", "\u00e9", "\uffff", "\U0001f371", '"', "\\", "\x01", "\x7f"]),
    st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=9).filter(
        lambda name: name not in (".", "..")
    ),
)
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
# A file is no directory: a listing that says so is refused (tests/integrity).
rows = st.dictionaries(paths, oids, max_size=12).map(
    lambda files: {path: oid for path, oid in files.items() if not any(other.startswith(f"{path}/") for other in files)}
)


def as_rows(table: Table) -> dict[str, str | None]:
    return dict(zip(table.paths(), table.oids(), strict=True))


def table_of(files: dict[str, str]) -> Table:
    return Table.from_rows(list(files.items()))


def test_the_id_of_a_long_manifest_is_that_of_its_bytes() -> None:
    table = table_of({f"folder/{number:05d}": hashlib.md5(b"%d" % number).hexdigest() for number in range(5_000)})
    assert table.manifest_id() == hashlib.md5(table.manifest()).hexdigest()


@given(rows)
def test_rows_come_back_sorted_by_code_point(files: dict[str, str]) -> None:
    table = table_of(files)
    assert list(zip(table.paths(), table.oids(), strict=True)) == sorted(files.items())
    assert len(table) == len(files)
    assert table.missing() == 0


@given(rows)
def test_manifest_is_what_json_writes(files: dict[str, str]) -> None:
    assert table_of(files).manifest() == twins.manifest(files)
    assert table_of(files).manifest_id() == hashlib.md5(twins.manifest(files), usedforsecurity=False).hexdigest()


@given(files=rows, indent=st.sampled_from([None, 1, "\t"]), ascii_only=st.booleans())
def test_any_json_of_that_shape_is_read(files: dict[str, str], indent: int | str | None, *, ascii_only: bool) -> None:
    extra = {"size": 3, "meta": {"a": [1, {"b": "}]"}, []], "c": {}}, "flag": True, "none": None}
    entries = [{"relpath": path, **extra, "md5": oid} for path, oid in files.items()]
    body = json.dumps(entries, indent=indent, ensure_ascii=ascii_only).encode()
    assert as_rows(Table.from_manifest(body)) == files


@given(st.text(alphabet='[]{}",:\\ud8c0e1md5relpath. /\n', max_size=60).map(str.encode) | st.binary(max_size=40))
def test_whatever_the_bytes_the_reader_agrees_with_json_or_refuses(body: bytes) -> None:
    try:
        table = Table.from_manifest(body)
    except ValueError:
        return
    assert as_rows(table) == twins.rows_of(body)


@given(rows, st.data())
def test_a_damaged_manifest_is_read_as_json_would_or_refused(files: dict[str, str], data: st.DataObject) -> None:
    body = bytearray(twins.manifest(files))
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        table = Table.from_manifest(bytes(body))
    except ValueError:
        return
    assert as_rows(table) == {path: oid.lower() for path, oid in twins.rows_of(bytes(body)).items()}


OID = "d41d8cd98f00b204e9800998ecf8427e"


@pytest.mark.parametrize(
    ("relpath", "fault"),
    [
        ("/etc/passwd", "absolute path"),
        ("../up", '"." or ".." in path'),
        ("a/../../up", '"." or ".." in path'),
        ("a/./b", '"." or ".." in path'),
        ("a//b", "empty part in path"),
        ("a/", "empty part in path"),
        ("", "empty path"),
        ("a\0b", "NUL in path"),
    ],
)
def test_paths_that_would_leave_the_directory_are_refused(relpath: str, fault: str) -> None:
    body = json.dumps([{"md5": OID, "relpath": relpath}]).encode()
    with pytest.raises(ValueError, match=f"manifest, byte 56: {fault}"):
        Table.from_manifest(body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", r"byte 0: expected '\['"),
        (b"{}", r"byte 0: expected '\['"),
        (b"[", r"byte 1: expected '{'"),
        (b"[{}]", 'byte 1: entry without "md5"'),
        (b'[{"relpath": "a"}]', 'byte 1: entry without "md5"'),
        (b'[{"md5": "%s"}]' % OID.encode(), 'byte 1: entry without "relpath"'),
        (b'[{"md5": "12"}]', 'byte 9: "md5" is not 32 hexadecimal digits'),
        (b'[{"md5": 12}]', "byte 9: expected '\"'"),
        (b'[{"x": "\\ud800"}]', "byte 8: half of a surrogate pair"),
        (b'[{"x": "\\q"}]', "byte 8: unknown escape"),
        (b'[{"x": "\n"}]', "byte 8: control character in a string"),
        (b'[{"x": "\xff"}]', "byte 8: not UTF-8"),
        (b'[{"x": [1, }]', "byte 11: expected a value"),
        (b"[] []", "byte 3: text after the end"),
        (b'[{"x": ' + b"[" * 100_000, "byte 100007: value without end"),
        (b'[{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]", 'byte 1: entry without "md5"'),
    ],
)
def test_broken_manifests_are_refused_at_their_byte(body: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Table.from_manifest(body)


def test_a_path_that_comes_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="path comes twice: a/b"):
        Table.from_rows([("a/b", OID), ("a/b", OID)])
    with pytest.raises(ValueError, match="path comes twice: a"):
        Table.from_manifest(b"[%s]" % b", ".join([b'{"md5": "%s", "relpath": "a"}' % OID.encode()] * 2))


def test_a_manifest_needs_an_id_in_each_row() -> None:
    with pytest.raises(ValueError, match="no id for a/b"):
        Table.from_rows([("a/b", OID)]).forget([0]).manifest()


def test_a_manifest_holds_utf8_only_and_says_which_path_is_not() -> None:
    table = Table.from_rows([("x\udce9", OID)])
    assert table.paths() == ["x\udce9"]
    with pytest.raises(ValueError, match="UTF-8 paths only, found x\udce9"):
        table.manifest()


@pytest.mark.parametrize("oid", ["", "12", OID + "0", "g" * 32, OID + ".dir"])
def test_an_id_is_32_hexadecimal_digits(oid: str) -> None:
    with pytest.raises(ValueError, match=f"not an object id of 32 hexadecimal digits: {oid}"):
        Table.from_rows([("a", oid)])


@pytest.mark.parametrize("path", ["/a", "a/../b", "a//b", "a/", "."])
def test_rows_keep_to_their_directory(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        Table.from_rows([(path, OID)])


@given(rows)
def test_every_path_is_found_in_its_row_and_no_other(files: dict[str, str]) -> None:
    table = table_of(files)
    assert [table.find(path) for path in table.paths()] == list(range(len(files)))
    assert table.find("a path that nobody has") == -1
    assert [table.path(row) for row in range(len(table))] == table.paths()
    assert [table.oid(row) for row in range(len(table))] == table.oids()


def test_a_row_beyond_the_end_is_an_index_error() -> None:
    table = Table.from_rows([("a", OID)])
    calls: list[Callable[[int], object]] = [table.path, table.oid, table.size, table.mode, table.mtime_ns]
    for cell in calls:
        with pytest.raises(IndexError, match="row 1 of a table of 1"):
            cell(1)
    with pytest.raises(IndexError, match="row 7 of a table of 1"):
        table.forget([0, 7])
    with pytest.raises(IndexError, match="row 7 of a table of 1"):
        table.select([7])
    with pytest.raises(TypeError):
        table.path(-1)


@given(rows, st.one_of(paths, st.just("")))
def test_under_strips_the_prefix(files: dict[str, str], prefix: str) -> None:
    assert as_rows(table_of(files).under(prefix)) == twins.under(files, prefix)


@given(rows, paths)
def test_under_what_it_was_replaced_with(files: dict[str, str], prefix: str) -> None:
    new = {"a": OID, "a-b/c": OID, "z": OID}
    table = table_of(files).replace_under(prefix, table_of(new))
    assert as_rows(table) == twins.replaced(files, prefix, new)
    assert table.paths() == sorted(table.paths())
    assert as_rows(table.under(prefix)) == new


@given(rows, rows)
def test_replacing_under_nothing_replaces_everything(files: dict[str, str], new: dict[str, str]) -> None:
    assert as_rows(table_of(files).replace_under("", table_of(new))) == new


def test_a_row_with_an_empty_path_stands_for_the_prefix_itself() -> None:
    table = Table.from_rows([("a", OID), ("a-b", OID), ("a/b", OID)])
    assert table.replace_under("a", Table.from_rows([("", OID)])).paths() == ["a", "a-b"]


@given(rows, rows)
def test_merged_the_newer_row_wins(old: dict[str, str], new: dict[str, str]) -> None:
    merged = table_of(old).merged(table_of(new))
    assert list(zip(merged.paths(), merged.oids(), strict=True)) == sorted((old | new).items())


@given(rows, st.lists(paths, max_size=4), st.data())
def test_without_takes_the_named_rows_out(files: dict[str, str], others: list[str], data: st.DataObject) -> None:
    gone = data.draw(st.permutations(others + data.draw(st.lists(st.sampled_from(sorted(files) or ["a"])))))
    kept = {path: oid for path, oid in files.items() if path not in gone}
    assert as_rows(table_of(files).without(gone)) == kept


@given(rows)
def test_named_finds_the_last_part(files: dict[str, str]) -> None:
    assert table_of(files).named("a") == sorted(path for path in files if path.split("/")[-1] == "a")


@given(rows, st.data())
def test_forgotten_rows_have_no_id_and_the_rest_keep_theirs(files: dict[str, str], data: st.DataObject) -> None:
    table = table_of(files)
    forgotten = data.draw(st.lists(st.integers(0, len(files) - 1), max_size=5)) if files else []
    after = table.forget(forgotten)
    assert table.missing() == 0
    assert after.missing() == len(set(forgotten))
    assert after.oids() == [None if row in forgotten else oid for row, oid in enumerate(table.oids())]
    assert after.select(forgotten).paths() == sorted({table.path(row) for row in forgotten})


@given(rows, rows)
def test_diff_is_the_difference_of_two_dictionaries(old: dict[str, str], new: dict[str, str]) -> None:
    found = diff(table_of(old), table_of(new))
    assert (found.added, found.modified, found.deleted, found.same) == twins.changes(old, new)


def test_without_an_id_a_row_counts_as_modified() -> None:
    table = Table.from_rows([("a", OID), ("b", OID)])
    assert diff(table, table.forget([0])).modified == ["a"]
    assert diff(table.forget([1]), table).modified == ["b"]
    assert diff(table.forget([0]), table.forget([0])).modified == ["a"]


def saved(tmp_path: Path, table: Table, now_ns: int) -> Table:
    table.save(str(tmp_path / "index"), now_ns)
    return Table.load(str(tmp_path / "index"))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    (root / "sub").mkdir(parents=True)
    for name in ("a", "b", "sub/c", "sub/d"):
        (root / name).write_text(name)
    return root


def known(root: Path) -> Table:
    table = scan(str(root))
    assert hash_rows(table, str(root)) == []
    return table


def later_ns(root: Path) -> int:
    return clock_ns(str(root.parent)) + 10_000_000_000


def test_ids_are_adopted_where_nothing_was_touched(files: Path, tmp_path: Path) -> None:
    index = saved(tmp_path, known(files), later_ns(files))
    fresh = scan(str(files))
    assert fresh.missing() == 4
    assert fresh.adopt(index) == 0
    assert fresh.oids() == index.oids()


def test_a_touched_a_new_and_a_replaced_file_keep_no_id(files: Path, tmp_path: Path) -> None:
    index = saved(tmp_path, known(files), later_ns(files))
    (files / "a").write_text("A")
    (files / "new").write_text("new")
    (files / "sub/other").write_text("sub/c")
    (files / "sub/other").rename(files / "sub/c")
    (files / "b").unlink()
    fresh = scan(str(files))
    assert fresh.adopt(index) == 3
    assert {path for path, oid in as_rows(fresh).items() if oid is None} == {"a", "new", "sub/c"}


def test_a_change_of_mode_bits_alone_changes_ctime_and_so_the_file_is_read_again(files: Path, tmp_path: Path) -> None:
    index = saved(tmp_path, known(files), later_ns(files))
    (files / "a").chmod(0o600)
    assert scan(str(files)).adopt(index) == 1


def test_a_file_touched_when_the_index_was_written_is_never_adopted(files: Path, tmp_path: Path) -> None:
    table = known(files)
    now_ns = table.ctime_ns(table.find("b"))
    index = saved(tmp_path, table, now_ns)
    fresh = scan(str(files))
    missing = fresh.adopt(index)
    late = [path for row, path in enumerate(table.paths()) if table.ctime_ns(row) >= now_ns]
    assert "b" in late
    assert missing == len(late)
    assert [path for path, oid in as_rows(fresh).items() if oid is None] == late


def test_once_racy_a_row_stays_so_until_it_is_hashed_again(files: Path, tmp_path: Path) -> None:
    index = saved(tmp_path, known(files), 0)
    again = saved(tmp_path, index.replace_under("elsewhere", index), later_ns(files))
    fresh = scan(str(files))
    assert fresh.adopt(again) == 4
    hash_rows(fresh, str(files))
    assert scan(str(files)).adopt(saved(tmp_path, fresh, later_ns(files))) == 0


def test_rows_that_have_an_id_keep_it(files: Path, tmp_path: Path) -> None:
    index = saved(tmp_path, known(files), later_ns(files))
    other = known(files).forget([0])
    assert other.adopt(Table.from_rows([("a", OID)])) == 1
    assert other.adopt(index) == 0


def test_total_size_counts_what_is_known(files: Path) -> None:
    assert scan(str(files)).total_size() == len("absub/csub/d")
    assert Table.from_rows([("a", OID)]).total_size() == 0
    assert Table.from_rows([("a", OID)]).sizes() == [-1]


@given(rows, st.integers(0, 2**62))
def test_what_was_saved_is_loaded(tmp_path_factory: pytest.TempPathFactory, files: dict[str, str], now_ns: int) -> None:
    path = tmp_path_factory.mktemp("index") / "index"
    table = table_of(files)
    table = table.forget(range(0, len(table), 3))
    table.save(str(path), now_ns)
    loaded = Table.load(str(path))
    assert as_rows(loaded) == as_rows(table)
    assert loaded.sizes() == table.sizes()
    assert [entry.name for entry in path.parent.iterdir()] == ["index"]


def test_stats_survive_the_index_file(files: Path, tmp_path: Path) -> None:
    table = known(files)
    loaded = saved(tmp_path, table, 0)
    for row in range(len(table)):
        for cell in ("size", "mode", "mtime_ns", "ctime_ns", "inode"):
            assert getattr(loaded, cell)(row) == getattr(table, cell)(row)


def test_an_index_that_is_not_there_is_file_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        Table.load(str(tmp_path / "index"))
    assert caught.value.filename == str(tmp_path / "index")
    with pytest.raises(FileNotFoundError):
        Table.from_rows([]).save(str(tmp_path / "no" / "index"), 0)


def test_an_index_of_somebody_else_or_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "index"
    path.write_bytes(b"SQLite format 3\0" + bytes(100))
    with pytest.raises(ValueError, match="not an index file"):
        Table.load(str(path))
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="too short for an index file"):
        Table.load(str(path))
    Table.from_rows([("a", OID)]).save(str(path), 0)
    body = bytearray(path.read_bytes())
    body[8] = 2
    path.write_bytes(body)
    with pytest.raises(ValueError, match="index file of version 2"):
        Table.load(str(path))


def test_no_byte_of_an_index_can_change_unseen(tmp_path: Path) -> None:
    path = tmp_path / "index"
    Table.from_rows([("a/b", OID), ("c", OID)]).save(str(path), 0)
    body = path.read_bytes()
    for at in range(len(body)):
        damaged = bytearray(body)
        damaged[at] ^= 0x10
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="index file"):
            Table.load(str(path))


def test_no_cut_of_an_index_goes_unseen(tmp_path: Path) -> None:
    path = tmp_path / "index"
    Table.from_rows([("a/b", OID), ("c", OID)]).save(str(path), 0)
    body = path.read_bytes()
    for size in range(len(body)):
        path.write_bytes(body[:size])
        with pytest.raises(ValueError, match="index file"):
            Table.load(str(path))


def test_only_a_str_is_a_path(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        Table.load(tmp_path / "index")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Table.from_rows([("a", OID)]).find(b"a")  # type: ignore[arg-type]


def test_saving_and_naming_at_once_is_saving_and_naming(tmp_path: Path) -> None:
    table = Table.from_rows([("a", "0" * 32), ("b/c", "f" * 32)])
    inode, name = table.save_named(str(tmp_path / "named"), 1)
    assert name == table.manifest_id()
    assert inode == (tmp_path / "named").stat().st_ino
    assert table.save(str(tmp_path / "saved"), 1) == (tmp_path / "saved").stat().st_ino
    assert (tmp_path / "named").read_bytes() == (tmp_path / "saved").read_bytes()


def test_what_cannot_be_named_or_saved_is_an_error(tmp_path: Path) -> None:
    nameless = Table.from_rows([("\udcff", "0" * 32)])
    with pytest.raises(ValueError, match="UTF-8"):
        nameless.save_named(str(tmp_path / "file"), 1)
    with pytest.raises(FileNotFoundError):
        Table.from_rows([]).save_named(str(tmp_path / "no" / "file"), 1)
