"""Copies of files for another place, or instead of links, against the slow twins."""

import os
from errno import EEXIST, EINVAL, ENOENT, ENOTDIR
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.native.twins_copies import copied_files, described, owned_files
from tiffin._native import copy_files, own_files, scan

bodies = st.builds(lambda letter, size: letter * size, st.sampled_from([b"a", b"\0"]), st.sampled_from([0, 1, 300_000]))
names = st.sampled_from(["a", "b", "é", "c d"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
kinds = st.sampled_from(["file", "hardlink", "symlink"])
modes = st.sampled_from([0o444, 0o555, 0o600, 0o640, 0o644, 0o744, 0o755])
# Path to (kind, content, mode).  A path that leads through a file of another is left out.
trees = st.dictionaries(paths, st.tuples(kinds, bodies, modes), max_size=8).map(
    lambda tree: {path: file for path, file in tree.items() if not any(path.startswith(f"{p}/") for p in tree)}
)
threads = st.integers(1, 3)


def write(root: Path, store: Path, tree: dict[str, tuple[str, bytes, int]]) -> Path:
    """Files, and links to files in the store."""
    root.mkdir()
    store.mkdir()
    for number, (path, (kind, body, mode)) in enumerate(tree.items()):
        at = root / path
        at.parent.mkdir(parents=True, exist_ok=True)
        real = at if kind == "file" else store / str(number)
        real.write_bytes(body)
        real.chmod(mode)
        if kind == "hardlink":
            at.hardlink_to(real)
        elif kind == "symlink":
            at.symlink_to(real)
    return root


@given(trees, st.data())
def test_copies_are_those_of_the_twin(tmp_path_factory: pytest.TempPathFactory, tree, data) -> None:
    tmp = tmp_path_factory.mktemp("copies")
    root = write(tmp / "root", tmp / "store", tree)
    wanted = sorted(data.draw(st.sets(st.sampled_from([*tree, "none"])) if tree else st.just(set())))
    found = copy_files(wanted, str(root), str(tmp / "fast"), threads=data.draw(threads))
    assert found == copied_files(wanted, root, tmp / "slow")
    assert described(tmp / "fast") == described(tmp / "slow")


@given(trees, st.sampled_from(["write", "execute", "no-execute"]), threads)
def test_owned_files_are_those_of_the_twin(
    tmp_path_factory: pytest.TempPathFactory, tree, right: str, workers: int
) -> None:
    tmp = tmp_path_factory.mktemp("own")
    fast, slow = (write(tmp / name, tmp / f"{name}-store", tree) for name in ("fast", "slow"))
    assert own_files(scan(str(fast)), str(fast), right, threads=workers) == []
    owned_files(list(tree), slow, right)
    assert described(fast) == described(slow)
    assert described(tmp / "fast-store") == described(tmp / "slow-store")


def test_where_one_copy_cannot_be_made_all_links_stay(tmp_path: Path) -> None:
    write(tmp_path / "root", tmp_path / "store", {"a": ("hardlink", b"a", 0o444), "b": ("file", b"b", 0o444)})
    before = described(tmp_path / "root")
    os.mkfifo(tmp_path / "root" / "pipe")
    assert own_files(["a", "b", "gone", "pipe"], str(tmp_path / "root"), "write") == [
        ("gone", ENOENT),
        ("pipe", EINVAL),
    ]
    (tmp_path / "root" / "pipe").unlink()
    assert described(tmp_path / "root") == before  # and no temporary files are left


def test_a_copy_replaces_nothing_and_follows_no_link_at_its_place(tmp_path: Path) -> None:
    root = write(tmp_path / "root", tmp_path / "store", {"a": ("file", b"new", 0o644), "d/f": ("file", b"new", 0o644)})
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "a").write_bytes(b"old")
    (tmp_path / "to" / "d").symlink_to(tmp_path / "store")
    assert copy_files(["a", "d/f"], str(root), str(tmp_path / "to")) == [("a", EEXIST), ("d/f", ENOTDIR)]
    assert (tmp_path / "to" / "a").read_bytes() == b"old"
    assert not list((tmp_path / "store").iterdir())


def test_an_unknown_right_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no right read \(known: write, execute, no-execute\)"):
        own_files(["a"], str(tmp_path), "read")
