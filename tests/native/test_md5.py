"""MD5: one message, and the contents of many files abreast."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.native.twins_batch import content_id
from tiffin._native import engine, hash_rows, md5, scan

# Around the block (64), its padding (56), and the size above which a file is read in pieces (65536 a piece).
EDGES = [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 128, 180, 4096, 65535, 65536, 65537, 131072, 200_000]


@given(st.binary(max_size=400))
def test_a_message_has_the_digest_that_hashlib_gives(body: bytes) -> None:
    assert md5(body) == content_id(body)


@pytest.mark.parametrize("size", EDGES)
def test_a_message_of_any_size_has_the_digest_that_hashlib_gives(size: int) -> None:
    body = hashlib.shake_128(b"%d" % size).digest(size)
    assert md5(body) == content_id(body)


@settings(max_examples=30)
@given(st.lists(st.sampled_from(EDGES) | st.integers(0, 300), max_size=80), st.integers(1, 3))
def test_files_of_unequal_sizes_get_the_digests_that_hashlib_gives(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], threads: int
) -> None:
    root = tmp_path_factory.mktemp("md5")
    bodies = [hashlib.shake_128(b"%d" % number).digest(size) for number, size in enumerate(sizes)]
    for number, body in enumerate(bodies):
        (root / f"{number:03d}").write_bytes(body)
    table = scan(str(root))
    assert hash_rows(table, str(root), threads=threads) == []
    assert table.oids() == [content_id(body) for body in bodies]


def test_progress_ends_with_all_files_and_bytes(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / str(number)).write_bytes(b"x" * 100_000)
    seen: list[tuple[int, int]] = []
    hash_rows(scan(str(tmp_path)), str(tmp_path), progress=lambda files, size: seen.append((files, size)))
    assert seen[-1] == (10, 1_000_000)
    assert seen == sorted(seen)


def test_the_engine_says_what_it_is() -> None:
    assert engine() in {("avx512", 32), ("avx2", 16), ("neon", 8), ("scalar", 2)}
