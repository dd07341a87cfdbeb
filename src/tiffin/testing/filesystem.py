"""What every `FileSystem` must do, as checks: run each of SUITE with a `Site` of the implementation and a directory.

@pytest.mark.parametrize("check", SUITE, ids=lambda check: check.__name__.lstrip("_"))
def test_bucket(check, bucket, tmp_path):
    check(Site(bucket, bucket_put), tmp_path)
"""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import md5
from pathlib import Path
from typing import NamedTuple

from tiffin.errors import CorruptObject, TransferError, TransferInterrupted
from tiffin.fs.remote import FileSystem, Wanted, download, infos, read, remove, upload
from tiffin.testing.memory import Flaky

__all__ = ["SUITE", "Site"]

# What people call their files.
_NAMES = ("plain", "with space", "größe/Ω 数据", "100%", "50%25", "a#b", "q?x=1&y=2", "a+b", "sub/deep/er", "~[x];@,'")
_LARGE = bytes(range(256)) * 2000


class Site(NamedTuple):
    """A file system, empty, and how a file comes to be there without it; can it list, can it be written to."""

    fs: FileSystem
    seed: Callable[[str, bytes], object]
    lists: bool = True
    writes: bool = True
    ranges: bool = True


def _names_are_taken_as_they_are(site: Site, directory: Path) -> None:
    for name in _NAMES:
        site.seed(name, name.encode())
    targets = [str(directory / str(number)) for number in range(len(_NAMES))]
    got = download(site.fs, [Wanted(name, target) for name, target in zip(_NAMES, targets, strict=True)])
    assert [file and file.md5 for file in got] == [_md5(name.encode()) for name in _NAMES]
    assert [Path(target).read_bytes() for target in targets] == [name.encode() for name in _NAMES]


def _info_tells_size_and_what_is_absent(site: Site, directory: Path) -> None:
    site.seed("a", b"12345")
    found, absent = infos(site.fs, ["a", "nothing"])
    assert found is not None
    assert (found.path, found.size, found.is_dir) == ("a", 5, False)
    assert absent is None
    with _raises(FileNotFoundError):
        site.fs.info("nothing")
    assert not list(directory.iterdir())


def _an_etag_is_another_when_the_bytes_are(site: Site, _directory: Path) -> None:
    site.seed("a", b"one")
    before = site.fs.info("a")
    assert site.fs.info("a")[:-1] == before[:-1]
    site.seed("a", b"other")
    after = site.fs.info("a")
    assert (after.etag, after.size) != (before.etag, before.size)


def _a_file_that_is_not_there_is_none(site: Site, directory: Path) -> None:
    site.seed("a", b"a")
    got = download(site.fs, [Wanted("b", str(directory / "b")), Wanted("a", str(directory / "a"))])
    assert [file is None for file in got] == [True, False]
    assert [path.name for path in directory.iterdir()] == ["a"]


def _empty_and_large_files(site: Site, directory: Path) -> None:
    site.seed("empty", b"")
    site.seed("large", _LARGE)
    download(site.fs, [Wanted(name, str(directory / name)) for name in ("empty", "large")])
    assert (directory / "empty").read_bytes() == b""
    assert (directory / "large").read_bytes() == _LARGE
    assert read(site.fs, "large") == _LARGE


def _many_files_at_once(site: Site, directory: Path) -> None:
    bodies = {f"{number % 7}/{number}": f"body {number}".encode() * 50 for number in range(300)}
    for name, body in bodies.items():
        site.seed(name, body)
    told: list[tuple[int, int]] = []
    wanted = [Wanted(name, str(directory / name), _md5(body)) for name, body in bodies.items()]
    got = download(site.fs, wanted, jobs=8, progress=lambda files, size: told.append((files, size)))
    assert [file and file.md5 for file in got] == [item.md5 for item in wanted]
    assert {path.relative_to(directory).as_posix(): path.read_bytes() for path in _files(directory)} == bodies
    assert told[-1] == (300, sum(map(len, bodies.values())))


def _a_part_of_a_file(site: Site, _directory: Path) -> None:
    site.seed("a", _LARGE)
    etag = site.fs.info("a").etag
    with site.fs.open("a", 1000, etag=etag) as body:
        assert body.start == (1000 if site.ranges else 0)
        assert b"".join(body.chunks) == _LARGE[body.start :]


def _a_part_of_a_file_that_changed_is_the_whole_file(site: Site, _directory: Path) -> None:
    site.seed("a", _LARGE)
    etag = site.fs.info("a").etag
    site.seed("a", _LARGE[::-1] + b"more")
    with site.fs.open("a", 1000, etag=etag) as body:
        assert body.start == 0
        assert b"".join(body.chunks) == _LARGE[::-1] + b"more"


def _a_broken_download_goes_on(site: Site, directory: Path) -> None:
    site.seed("a", _LARGE)
    flaky = Flaky(site.fs, breaks=2)
    (got,) = download(flaky, [Wanted("a", str(directory / "a"), _md5(_LARGE))])
    assert got is not None
    assert got.size == len(_LARGE)
    assert (directory / "a").read_bytes() == _LARGE
    assert flaky.starts == ([0, 1000, 2000] if site.ranges else [0, 1000, 1000])


def _a_download_that_never_ends_well_leaves_nothing(site: Site, directory: Path) -> None:
    site.seed("a", _LARGE)
    with _raises(TransferInterrupted):
        download(Flaky(site.fs, breaks=99), [Wanted("a", str(directory / "a"))])
    assert not list(directory.iterdir())


def _a_body_that_ends_too_soon_is_not_taken(site: Site, directory: Path) -> None:
    site.seed("a", _LARGE)
    (directory / "a").write_bytes(b"old")
    with _raises(CorruptObject):
        download(Flaky(site.fs, cuts=True), [Wanted("a", str(directory / "a"), _md5(_LARGE))])
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == {"a": b"old"}


def _bytes_with_another_hash_are_not_taken(site: Site, directory: Path) -> None:
    site.seed("a", b"evil")
    with _raises(CorruptObject):
        download(site.fs, [Wanted("a", str(directory / "a"), _md5(b"good"))])
    assert not list(directory.iterdir())


def _one_failure_ends_the_rest(site: Site, directory: Path) -> None:
    for number in range(50):
        site.seed(str(number), b"x")
    wanted = [Wanted(str(number), str(directory / str(number)), _md5(b"y")) for number in range(50)]
    with _raises(CorruptObject):
        download(site.fs, wanted, jobs=4)
    assert not list(directory.iterdir())


def _a_busy_server_is_asked_again(site: Site, _directory: Path) -> None:
    site.seed("a", b"a")
    flaky = Flaky(site.fs, refuses=2)
    assert [found and found.size for found in infos(flaky, ["a"])] == [1]
    assert flaky.asked["info a"] == 3


def _progress_that_raises_ends_it(site: Site, directory: Path) -> None:
    site.seed("a", _LARGE)

    def interrupt(_files: int, _size: int) -> None:
        raise KeyboardInterrupt

    with _raises(KeyboardInterrupt):
        download(site.fs, [Wanted("a", str(directory / "a"))] * 20, jobs=2, progress=interrupt)
    assert not [path for path in directory.iterdir() if path.name != "a"]


def _what_is_put_can_be_read(site: Site, directory: Path) -> None:
    if not site.writes:
        return
    (directory / "local").write_bytes(_LARGE)
    (directory / "empty").write_bytes(b"")
    upload(site.fs, [(str(directory / "local"), name) for name in _NAMES] + [(str(directory / "empty"), "nil")])
    assert all(read(site.fs, name) == _LARGE for name in _NAMES)
    assert read(site.fs, "nil") == b""
    (directory / "local").write_bytes(b"new")
    upload(site.fs, [(str(directory / "local"), "plain")])
    assert read(site.fs, "plain") == b"new"


def _what_is_put_by_halves_is_not_there(site: Site, _directory: Path) -> None:
    if not site.writes:
        return
    with _raises(TransferError):
        site.fs.put("a", io.BytesIO(b"short"), 1000)
    assert infos(site.fs, ["a"]) == [None]


def _what_is_removed_is_gone(site: Site, _directory: Path) -> None:
    if not site.writes:
        return
    for name in (*_NAMES, "kept"):
        site.seed(name, b"x")
    remove(site.fs, [*_NAMES, "never there"])
    assert [found is not None for found in infos(site.fs, [*_NAMES, "kept"])] == [False] * len(_NAMES) + [True]


def _listings_are_complete_and_sorted(site: Site, _directory: Path) -> None:
    if not site.lists:
        with _raises(TransferError):
            list(site.fs.list())
        return
    for name in ("b/2", "b/1/x", "a", "c d/é#%"):
        site.seed(name, name.encode())
    found = {info.path: (info.is_dir, None if info.is_dir else info.size) for info in site.fs.list()}
    assert [*found] == ["a", "b", "b/1", "b/1/x", "b/2", "c d", "c d/é#%"]
    assert [path for path, (is_dir, _) in found.items() if is_dir] == ["b", "b/1", "c d"]
    assert found["b/1/x"] == (False, 5)
    assert [info.path for info in site.fs.list("b", recursive=False)] == ["b/1", "b/2"]
    with _raises(FileNotFoundError):
        list(site.fs.list("nothing"))


SUITE: tuple[Callable[[Site, Path], None], ...] = (
    _names_are_taken_as_they_are,
    _info_tells_size_and_what_is_absent,
    _an_etag_is_another_when_the_bytes_are,
    _a_file_that_is_not_there_is_none,
    _empty_and_large_files,
    _many_files_at_once,
    _a_part_of_a_file,
    _a_part_of_a_file_that_changed_is_the_whole_file,
    _a_broken_download_goes_on,
    _a_download_that_never_ends_well_leaves_nothing,
    _a_body_that_ends_too_soon_is_not_taken,
    _bytes_with_another_hash_are_not_taken,
    _one_failure_ends_the_rest,
    _a_busy_server_is_asked_again,
    _progress_that_raises_ends_it,
    _what_is_put_can_be_read,
    _what_is_put_by_halves_is_not_there,
    _what_is_removed_is_gone,
    _listings_are_complete_and_sorted,
)


def _md5(body: bytes) -> str:
    return md5(body, usedforsecurity=False).hexdigest()


def _files(directory: Path) -> list[Path]:
    return [Path(parent, name) for parent, _, names in os.walk(directory) for name in names]


@contextmanager
def _raises(expected: type[BaseException]) -> Iterator[None]:
    try:
        yield
    except expected:
        return
    raise AssertionError(f"nothing raised {expected.__name__}")
