"""The hashing kernel alone, in this process, on one core."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks._measure import Spread, spread
from tiffin import _native

__all__ = ["md5_rates"]

FILES = 128
FILE_BYTES = 1 << 20


def md5_rates(folder: Path, rounds: int) -> list[tuple[str, Spread]]:
    """(what, GB/s of one core) for tiffin's MD5 and the standard library's, reading included.

    Both hash the same files, written into `folder`.  Asserts that they give the same digests.
    """
    for number in range(FILES):
        (folder / f"{number:03d}").write_bytes(hashlib.sha256(b"%d" % number).digest() * (FILE_BYTES // 32))
    found: dict[str, list[str]] = {}

    def ours() -> None:
        table = _native.scan(str(folder))
        _native.hash_rows(table, str(folder), threads=1)
        found["ours"] = [str(oid) for oid in table.oids()]

    def theirs() -> None:
        found["theirs"] = [
            hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() for path in sorted(folder.iterdir())
        ]

    rates: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(rounds):
        rates["ours"].append(_rate(ours))
        rates["theirs"].append(_rate(theirs))
    assert found["ours"] == found["theirs"], "two MD5 of the same files differ"
    engine, lanes = _native.engine()
    return [
        (f"tiffin, `{engine}`, {lanes} lanes", spread(rates["ours"])),
        ("`hashlib` (OpenSSL)", spread(rates["theirs"])),
    ]


def _rate(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return FILES * FILE_BYTES / (time.perf_counter() - started) / 1e9
