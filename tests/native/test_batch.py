"""Store, place, transfer, present, verify: what they leave on disk against the slow twins."""

import os
from collections.abc import Sequence
from errno import EINVAL, EISDIR, ENOENT, ENOTDIR
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.native.twins_batch import content_id, copied, object_path, placed, store_after, tree_of, verified
from tiffin._native import Table, object_sizes, place_rows, present, scan, store_rows, transfer, verify

CORRUPT = -2

# Few contents, so that they repeat; some above the size at which a file is read in pieces.
bodies = st.builds(
    lambda letter, size: letter * size,
    st.sampled_from([b"a", b"b", b"\0"]),
    st.sampled_from([0, 1, 64, 180, 65536, 65537, 150_000]),
)
names = st.sampled_from(["a", "b", "é", "c d", "x" * 150])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
# Path to content.  A path that leads through a file of another is left out.
trees = st.dictionaries(paths, bodies, max_size=12).map(
    lambda tree: {path: body for path, body in tree.items() if not any(path.startswith(f"{p}/") for p in tree)}
)
objects = st.lists(bodies, max_size=6)


def write(root: Path, tree: dict[str, bytes], mode: int = 0o644) -> Path:
    root.mkdir(exist_ok=True)
    for path, body in tree.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(body)
        (root / path).chmod(mode)
    return root


def as_store(contents: Sequence[bytes], damaged: Sequence[bytes] = ()) -> dict[str, bytes]:
    """Objects by path; the damaged ones hold another content than their names say."""
    return {object_path(content_id(body)): body for body in contents} | {
        object_path(content_id(body)): b"damaged" + body for body in damaged
    }


def modes_below(root: Path) -> set[int]:
    return {path.stat().st_mode & 0o7777 for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("size", [4 * 2**20 - 1, 4 * 2**20, 4 * 2**20 + 1, 5 * 2**20 + 63, 2**23 + 2**18])
@pytest.mark.parametrize("beside", [0, 3])
def test_a_large_file_is_stored_as_it_is_whoever_reads_it(tmp_path: Path, size: int, beside: int) -> None:
    # With a thread to spare it is read ahead, in other pieces than without.
    tree = {"large": bytes(range(251)) * (size // 251) + b"!" * (size % 251)}
    tree |= {f"small-{number}": b"%d" % number for number in range(beside)}
    root = write(tmp_path / "root", tree)
    for threads in (1, 2, 4):
        table, store = scan(str(root)), tmp_path / f"store-{threads}"
        store.mkdir()
        assert store_rows(table, str(root), str(store), ["copy"], threads=threads).failed == []
        assert tree_of(store) == store_after({}, tree.values())
        assert table.oids() == [content_id(tree[path]) for path in table.paths()]


@settings(max_examples=40)
@given(trees, objects, objects, st.integers(1, 3))
def test_store_leaves_what_the_twin_leaves(
    tmp_path_factory: pytest.TempPathFactory,
    tree: dict[str, bytes],
    there: list[bytes],
    damaged: list[bytes],
    threads: int,
) -> None:
    folder = tmp_path_factory.mktemp("store")
    root = write(folder / "root", tree)
    before = as_store(there, damaged)
    store = write(folder / "store", before, 0o444)
    table = scan(str(root))

    result = store_rows(table, str(root), str(store), ["copy"], threads=threads)

    after = store_after(before, tree.values())
    assert tree_of(store) == after
    assert modes_below(store) <= {0o444}
    assert result.failed == []
    new = after.keys() - before.keys()
    assert (result.stored, result.bytes) == (len(new), sum(len(after[path]) for path in new))
    assert dict(zip(table.paths(), table.oids(), strict=True)) == {
        path: content_id(body) for path, body in tree.items()
    }
    assert tree_of(root) == tree


@settings(max_examples=40)
@given(trees, trees, objects, st.sampled_from(["copy", "hardlink", "symlink", "reflink"]), st.integers(1, 3))
def test_place_leaves_what_the_twin_leaves(
    tmp_path_factory: pytest.TempPathFactory,
    tree: dict[str, bytes],
    old: dict[str, bytes],
    there: list[bytes],
    link: str,
    threads: int,
) -> None:
    folder = tmp_path_factory.mktemp("place")
    contents = as_store([*there, *list(tree.values())[::2]])
    store = write(folder / "store", contents, 0o444)
    # Old files in place of the new, but none where a new directory must be.
    ways = {"/".join(path.split("/")[:depth]) for path in tree for depth in range(1, path.count("/") + 1)}
    old = {
        path: body
        for path, body in old.items()
        if path not in ways and not any(path.startswith(f"{new}/") for new in tree)
    }
    root = write(folder / "root", old)
    target = {path: content_id(body) for path, body in sorted(tree.items())}
    table = Table.from_rows(list(target.items()))

    failed = place_rows(table, None, str(root), str(store), [link, "copy"], threads=threads).failed

    new, missing = placed(contents, target)
    assert tree_of(root) == old | new
    assert dict(failed) == missing
    assert tree_of(store) == contents
    assert modes_below(store) <= {0o444}
    for row, path in enumerate(table.paths()):
        if path in new:
            info = (root / path).stat()
            assert (table.size(row), table.inode(row)) == (info.st_size, info.st_ino)
            assert (table.mtime_ns(row), table.ctime_ns(row)) == (info.st_mtime_ns, info.st_ctime_ns)


@settings(max_examples=40)
@given(objects, objects, objects, objects, st.integers(1, 3))
def test_transfer_leaves_what_the_twin_leaves(
    tmp_path_factory: pytest.TempPathFactory,
    here: list[bytes],
    damaged: list[bytes],
    there: list[bytes],
    missing: list[bytes],
    threads: int,
) -> None:
    folder = tmp_path_factory.mktemp("transfer")
    source, destination = as_store(here, damaged), as_store(there)
    oids = [content_id(body) for body in [*here, *damaged, *there, *missing]]
    write(folder / "source", source, 0o444)
    write(folder / "destination", destination, 0o444)

    result = transfer(oids, str(folder / "source"), str(folder / "destination"), threads=threads)

    after = copied(source, destination, oids)
    assert tree_of(folder / "destination") == after
    assert modes_below(folder / "destination") <= {0o444}
    new = after.keys() - destination.keys()
    assert (result.copied, result.bytes) == (len(new), sum(len(after[path]) for path in new))
    assert dict(result.failed) == {
        oid: CORRUPT if path in source else ENOENT
        for oid in oids
        if (path := object_path(oid)) not in after or (path in source and _looks_cut_off(after[path], source[path]))
    }


def _looks_cut_off(there: bytes, here: bytes) -> bool:
    """What a power failure cuts off ends with a block of the disk."""
    return len(there) % 512 == 0 and len(there) != len(here)


@settings(max_examples=40)
@given(objects, objects, objects)
def test_present_and_verify_answer_as_the_twins(
    tmp_path_factory: pytest.TempPathFactory, here: list[bytes], damaged: list[bytes], missing: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("verify")
    contents = as_store(here, damaged)
    oids = [content_id(body) for body in [*here, *damaged, *missing]]
    store = str(write(folder / "store", contents, 0o444))
    assert present(oids, store) == [object_path(oid) in contents for oid in oids]
    assert verify(oids, store) == verified(contents, oids)


@given(objects, objects)
def test_sizes_are_those_of_the_objects(
    tmp_path_factory: pytest.TempPathFactory, stored: Sequence[bytes], others: Sequence[bytes]
) -> None:
    store = write(tmp_path_factory.mktemp("sizes") / "store", as_store(stored))
    table = Table.from_rows([(str(number), content_id(body)) for number, body in enumerate([*stored, *others])])
    by_id = {content_id(body): len(body) for body in stored}
    assert object_sizes(table, str(store)) == [by_id.get(oid or "", -1) for oid in table.oids()]
    assert object_sizes(table, str(store / "none")) == [-1] * len(table)


def test_many_objects_of_one_prefix_are_found_by_listing_it(tmp_path: Path) -> None:
    oids = [f"07{number:030x}" for number in range(300)]
    store = write(tmp_path / "store", {object_path(oid): b"" for oid in oids[::2]})
    assert present(oids, str(store)) == [number % 2 == 0 for number in range(300)]
    assert present(oids, str(store), suffix=".dir") == [False] * 300


@pytest.mark.parametrize("size", [5, 150_000])
def test_a_hardlinked_file_becomes_the_object(tmp_path: Path, size: int) -> None:
    root = write(tmp_path / "root", {"file": b"x" * size})
    store = tmp_path / "store"
    assert store_rows(scan(str(root)), str(root), str(store), ["hardlink", "copy"]).failed == []
    assert (root / "file").samefile(store / object_path(content_id(b"x" * size)))
    assert (root / "file").stat().st_mode & 0o777 == 0o444


def test_placing_never_follows_a_link_out_of_the_root(tmp_path: Path) -> None:
    store = write(tmp_path / "store", as_store([b"body"]), 0o444)
    root = write(tmp_path / "root", {"file": b"mine"})
    (tmp_path / "outside").mkdir()
    (root / "link").symlink_to("../outside")
    write(root / "directory", {"full": b"mine"})
    (root / "empty").mkdir()
    oid = content_id(b"body")
    table = Table.from_rows([(path, oid) for path in ("directory", "empty", "file/below", "link/file")])
    assert place_rows(table, None, str(root), str(store), ["copy"]).failed == [
        ("directory", EISDIR),
        ("file/below", ENOTDIR),
        ("link/file", ENOTDIR),
    ]
    assert list((tmp_path / "outside").iterdir()) == []
    assert sorted(path.name for path in root.iterdir()) == ["directory", "empty", "file", "link"]
    assert (root / "empty").read_bytes() == b"body"  # nothing is lost with an empty directory


def test_a_writable_object_that_was_damaged_is_not_placed(tmp_path: Path) -> None:
    oid = content_id(b"body")
    store = write(tmp_path / "store", {object_path(oid): b"BODY"}, 0o644)
    root = write(tmp_path / "root", {"file": b"mine"})
    table = Table.from_rows([("file", oid)])
    assert place_rows(table, None, str(root), str(store), ["copy"]).failed == [("file", CORRUPT)]
    assert (root / "file").read_bytes() == b"mine"


def test_what_is_not_a_file_is_not_stored(tmp_path: Path) -> None:
    root = write(tmp_path / "root", {"file": b"x"})
    table = scan(str(root))
    (root / "file").unlink()
    os.mkfifo(root / "file")
    result = store_rows(table, str(root), str(tmp_path / "store"), ["copy"])
    assert result.failed == [("file", EINVAL)]
    assert table.missing() == 1


def test_two_calls_may_store_the_same_files_at_once(tmp_path: Path) -> None:
    root = write(tmp_path / "root", {str(number): b"%d" % (number % 500) for number in range(2000)})
    tables = [scan(str(root)) for _ in range(2)]
    stores = str(tmp_path / "store")
    children = []
    for table in tables:
        child = os.fork()
        if child == 0:
            os._exit(len(store_rows(table, str(root), stores, ["copy"]).failed))
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    assert tree_of(tmp_path / "store") == as_store([b"%d" % number for number in range(500)])


def test_present_as_a_whole_means_the_size_that_a_table_knows(tmp_path: Path) -> None:
    for name, body in {"cut": b"was longer", "empty": b"had bytes", "nothing": b"", "whole": b"whole"}.items():
        write(tmp_path / "files", {name: body}, 0o644)
    table, store = scan(str(tmp_path / "files")), tmp_path / "store"
    assert not store_rows(table, str(tmp_path / "files"), str(store), ["copy"]).failed
    objects = {path: object_path(oid or "") for path, oid in zip(table.paths(), table.oids(), strict=True)}
    for name, left in {"cut": b"was", "empty": b""}.items():
        (store / objects[name]).unlink()
        (store / objects[name]).write_bytes(left)
    unsized = Table.from_rows([(path, oid or "") for path, oid in zip(table.paths(), table.oids(), strict=True)])
    assert table.paths() == ["cut", "empty", "nothing", "whole"]
    assert present(table, str(store), whole=True) == [False, False, True, True]
    assert present(unsized, str(store), whole=True) == [True, False, True, True]
    assert all(present(table, str(store)))
