"""Parsed examples that are kept: the same bits as from text, and never those of other data or of a damaged file."""

import errno
import fcntl
import os
import random
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.learning.examples import libsvm, teacher_rows
from tests.learning.faults import files_up_to
from tiffin.errors import FormatError, TransferError
from tiffin.models import make_model
from tiffin.train import Options, Trained, train

Write = Callable[[str, str], str]
EXACT = Options(deterministic=True)
MODEL = make_model("lr", {"bits": 12})


def bytes_of(trained: Trained, place: Path) -> dict[str, bytes]:
    trained.save(str(place))
    return {file.name: file.read_bytes() for file in place.iterdir()}


def weighted_vw() -> str:
    rows = teacher_rows(3_000, seed=1)
    return "".join(
        f"{2 * label - 1:g} {1 + number % 3} |a {' '.join(f'x{i}:{1 + i % 2}' for i, _ in features)} |b y{number % 7}\n"
        for number, (label, features) in enumerate(rows)
    )


def criteo() -> str:
    draw = random.Random(2)

    def row() -> str:
        numbers = [str(draw.randrange(99)) if draw.random() < 0.8 else "" for _ in range(13)]
        return "\t".join([str(draw.randrange(2)), *numbers, *(f"{draw.randrange(50):x}" for _ in range(26))])

    return "".join(f"{row()}\n" for _ in range(2_000))


def blocks(seed: int = 3) -> str:
    """More than two blocks of a file."""
    return libsvm(teacher_rows(4_000, seed=seed)) * 13


TEXTS = {
    "plain.svm": ("lr", blocks),
    "valued.svm": ("fm", lambda: "".join(f"{n % 2} {n % 9}:0.5 {n % 5 + 10}:{n % 3}\n\n" for n in range(4_000))),
    "counts.svm": ("lr", lambda: "".join(f"{n % 4} {' '.join(f'{i}:1' for i in range(n % 300))}\n" for n in range(900))),
    "weighted.vw": ("lr", weighted_vw),
    "table.criteo": ("ffm", criteo),
    "bad.svm": ("lr", lambda: blocks().replace("\n", "\n1 x:1\nx\n# 1\n", 7)),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_a_pass_from_the_cache_gives_the_bits_of_a_pass_from_text(write: Write, tmp_path: Path, name: str) -> None:
    spec, text = TEXTS[name]
    path = write(name, text())
    chosen = {"loss": "poisson", "alpha": 0.001} if name.startswith("counts") else {}
    model = make_model(spec, {"bits": 12, **chosen})
    options = EXACT._replace(max_bad=100, cache=str(tmp_path / "cache"))
    from_text = train(model, [path], options._replace(cache=None))
    train(model, [path], options._replace(cache=None), start=from_text)
    skipped = from_text.skipped([path])
    for threads in (1, 3):
        trained = train(model, [path], options._replace(passes=2, threads=threads))
        assert [done.from_cache for done in trained.passes] == [threads == 3, True]
        assert trained.skipped([path]) == skipped
        assert [done.learned for done in trained.passes] == [done.learned for done in from_text.passes]
        assert bytes_of(trained, tmp_path / f"{threads}") == bytes_of(from_text, tmp_path / "text")
        assert [done.bytes for done in trained.passes] == [Path(path).stat().st_size] * 2


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_compressed_files_are_unpacked_once(write: Write, tmp_path: Path, ending: str) -> None:
    import gzip

    import zstandard

    plain = write("a.svm", blocks())
    packed = tmp_path / f"a.svm{ending}"
    text = Path(plain).read_bytes()
    packed.write_bytes(gzip.compress(text, 1) if ending == ".gz" else zstandard.ZstdCompressor().compress(text))
    one, other = (train(MODEL, [path], EXACT._replace(passes=2)) for path in (plain, str(packed)))
    assert [done.from_cache for done in other.passes] == [False, True]
    assert one.predict([plain]) == other.predict([plain])


def test_two_passes_leave_nothing_behind(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    path = write("a.svm", blocks())
    seen: list[Path] = []
    trained = train(
        MODEL, [path], Options(passes=3), progress=lambda *_: seen.extend((tmp_path / "temporary").iterdir())
    )
    assert [done.from_cache for done in trained.passes] == [False, True, True]
    assert seen == []  # not even while it is used, so a kill leaves nothing either


def test_what_is_kept_counts_for_these_files_only(write: Write, tmp_path: Path) -> None:
    options = Options(cache=str(tmp_path / "cache"))

    def from_cache(*paths: str) -> bool:
        return train(MODEL, paths, options).passes[0].from_cache

    one, two = write("1.svm", blocks(1)), write("2.svm", blocks(2))
    assert [from_cache(one), from_cache(one), from_cache(one, two), from_cache(two)] == [False, True, False, False]
    assert from_cache(one)
    stat = Path(one).stat()
    os.utime(one, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert not from_cache(one)
    with Path(one).open("a", encoding="utf-8") as file:
        file.write("1 1:1\n")
    os.utime(one, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert not from_cache(one)
    assert from_cache(one)
    assert len(list((tmp_path / "cache").iterdir())) == 3  # what is stale was replaced
    ffm = Options(cache=str(tmp_path / "cache"), data_format="ffm", max_bad=10**6)
    with pytest.raises(FormatError):
        train(MODEL, [one], ffm._replace(max_bad=0))


def test_files_that_change_while_they_are_read_are_not_kept(write: Write, tmp_path: Path) -> None:
    path = write("a.svm", blocks())
    options = Options(cache=str(tmp_path / "cache"))
    train(MODEL, [path], options, progress=lambda *_: os.utime(path, ns=(0, 0)))
    assert list((tmp_path / "cache").iterdir()) == []
    train(MODEL, [path], options)
    assert train(MODEL, [path], options).passes[0].from_cache


@pytest.mark.parametrize("deterministic", [True, False])
def test_a_damaged_cache_is_not_learned_from(write: Write, tmp_path: Path, *, deterministic: bool) -> None:
    path = write("a.svm", blocks())
    options = EXACT._replace(cache=str(tmp_path / "cache"), deterministic=deterministic)
    wanted = train(MODEL, [path], options)
    (place,) = (tmp_path / "cache").iterdir()
    good = place.read_bytes()
    draw = random.Random(4)
    ends = [0, 3, 15, 16, 70, len(good) - 1, len(good) - 20, len(good) - 47, len(good) - 60]
    for at in (*ends, *(draw.randrange(len(good)) for _ in range(15))):
        broken = bytearray(good)
        broken[at] ^= 1 << draw.randrange(8)
        place.write_bytes(broken)
        found = train(MODEL, [path], options._replace(passes=2))
        assert found.passes[0].learned.rows == wanted.passes[0].learned.rows
        if deterministic:
            assert found.passes[0].learned == wanted.passes[0].learned
        assert place.read_bytes() != bytes(broken), at
    for size in (0, 1, 63, 64, 112, len(good) // 2, len(good) - 8, len(good) - 1):
        place.write_bytes(good[:size])
        assert not train(MODEL, [path], options).passes[0].from_cache
    for strange in (good.replace(b"chunks 2", b"chunks 3"), good + b"\0" * 8, b"\0" * len(good), good[:64] * 100):
        place.write_bytes(strange)
        assert not train(MODEL, [path], options).passes[0].from_cache
    assert train(MODEL, [path], options).passes[0].from_cache


def test_the_pass_after_a_damage_is_kept_again(write: Write, tmp_path: Path) -> None:
    path = write("a.svm", blocks())
    options = EXACT._replace(cache=str(tmp_path / "cache"))
    train(MODEL, [path], options)
    (place,) = (tmp_path / "cache").iterdir()
    body = bytearray(place.read_bytes())
    body[len(body) // 2] ^= 1
    place.write_bytes(body)
    trained = train(MODEL, [path], options._replace(passes=3))
    assert trained.passes[2].from_cache
    assert not trained.passes[1].from_cache


def test_a_damage_that_cannot_be_removed_is_not_met_again(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("a.svm", blocks())
    options = EXACT._replace(cache=str(tmp_path / "cache"))
    wanted = train(MODEL, [path], options).passes[0].learned
    (place,) = (tmp_path / "cache").iterdir()
    body = bytearray(place.read_bytes())
    body[len(body) // 2] ^= 1
    place.write_bytes(body)

    def refuse(path: str, **_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "unlink", refuse)
    assert train(MODEL, [path], options).passes[0].learned == wanted


@pytest.mark.parametrize("size", [0, 50, 100_000, 1_000_000])
def test_a_full_disk_only_means_that_each_pass_parses(write: Write, tmp_path: Path, size: int) -> None:
    path = write("a.svm", blocks())
    wanted = train(MODEL, [path], EXACT._replace(passes=3))
    for cache in (None, str(tmp_path / "cache")):
        told: list[str] = []
        with files_up_to(size):
            trained = train(MODEL, [path], EXACT._replace(passes=3, cache=cache), tell=told.append)
        assert [done.from_cache for done in trained.passes] == [False] * 3
        assert [done.learned for done in trained.passes] == [done.learned for done in wanted.passes]
        assert told == ["parsed examples cannot be kept, so that each pass parses them again: File too large"]
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_directory_that_cannot_be_written_is_named(write: Write, tmp_path: Path) -> None:
    told: list[str] = []
    options = Options(cache=write("file", ""))
    train(MODEL, [write("a.svm", "1 1:1\n0 2:1\n")], options, tell=told.append)
    assert told == ["parsed examples cannot be kept, so that each pass parses them again: File exists"]


def test_what_a_killed_run_left_is_built_anew(write: Write, tmp_path: Path) -> None:
    path = write("a.svm", blocks())
    options = Options(cache=str(tmp_path / "cache"))
    train(MODEL, [path], options)
    (place,) = (tmp_path / "cache").iterdir()
    good = place.read_bytes()
    building = place.with_name(place.name + ".building")
    place.rename(building)
    building.write_bytes(good + b"more")
    assert not train(MODEL, [path], options).passes[0].from_cache
    assert list((tmp_path / "cache").iterdir()) == [place]
    assert train(MODEL, [path], options).passes[0].from_cache


def test_of_two_at_once_one_builds(write: Write, tmp_path: Path) -> None:
    path = write("a.svm", blocks())
    options = EXACT._replace(cache=str(tmp_path / "cache"))
    train(MODEL, [path], options)
    (place,) = (tmp_path / "cache").iterdir()
    building = place.with_name(place.name + ".building")
    place.rename(building)
    with building.open("r+b") as file:  # another process is at it
        fcntl.flock(file, fcntl.LOCK_EX)
        before = building.read_bytes()
        assert not train(MODEL, [path], options).passes[0].from_cache
        assert building.read_bytes() == before
    building.unlink()
    with ThreadPoolExecutor(4) as pool:
        many = list(pool.map(lambda _: train(MODEL, [path], options._replace(passes=2)), range(4)))
    assert len({tuple(trained.predict([path])[:100]) for trained in many}) == 1
    assert list((tmp_path / "cache").iterdir()) == [place]
    assert train(MODEL, [path], options).passes[0].from_cache


def test_a_pass_that_is_given_up_keeps_nothing(write: Write, tmp_path: Path) -> None:
    path = write("a.svm", blocks() + "bad\n")
    options = Options(cache=str(tmp_path / "cache"), passes=2)
    with pytest.raises(FormatError, match="expected a number as label"):
        train(MODEL, [path], options)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    good = write("b.svm", blocks())
    with pytest.raises((OSError, TransferError), match="No space left"):
        train(MODEL, [good], options, progress=refuse)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_fault_from_the_cache_names_file_and_line(write: Write, tmp_path: Path) -> None:
    first, second = write("1.svm", blocks()), write("2.svm", blocks() + "\n\nbad\n1 1:1\n")
    options = Options(cache=str(tmp_path / "cache"), max_bad=1)
    trained = train(MODEL, [first, second], options)
    wanted = trained.skipped([first, second])
    assert wanted == [f"{second}:{13 * 4_000 + 3}: expected a number as label"]
    again = train(MODEL, [first, second], options)
    assert again.passes[0].from_cache
    assert again.skipped([first, second]) == wanted
    with pytest.raises(FormatError, match="expected a number as label") as caught:
        train(MODEL, [first, second], options._replace(max_bad=0))
    assert (caught.value.path, caught.value.line) == (second, 13 * 4_000 + 3)
