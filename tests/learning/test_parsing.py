"""What the parsers make of a line, and which lines they refuse."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiffin._native.learning import key, table_row
from tiffin.errors import FormatError, TiffinError
from tiffin.models import make_model
from tiffin.train import Options, train

Write = Callable[[str, str], str]
BITS = 20


def learned_places(path: str) -> set[int]:
    """The rows of the table that got a weight, with steps that leave no weight at 0."""
    import numpy as np

    trained = train(make_model("lr", {"optimizer": "sgd", "alpha": 1.0, "bits": BITS}), [path])
    trained.save(path + ".model")
    return set(np.load(path + ".model/rows.npy").tolist())


def places(*features: tuple[int, str]) -> set[int]:
    return {table_row(key(field, text), BITS) for field, text in features}


def test_libsvm(write: Write) -> None:
    path = write("a.svm", "1 3:1 7:0.5 12 # c\n\n0\t5:-2e-3   9:+1.25\r\n-1 4:0 6:1")
    assert learned_places(path) == places(*((0, text) for text in ("3", "7", "12", "5", "9", "6")))


def test_ffm(write: Write) -> None:
    path = write("a.ffm", "1 0:3:1 1:3:1\n0 65535:3:0.25\n")
    assert learned_places(path) == places((0, "3"), (1, "3"), (65535, "3"))


def test_vw(write: Write) -> None:
    path = write("a.vw", "1 2.0 'tag|a x:2 17 y |b:0.5 x\n-1 tag| x\n0 |a x\n")
    fields = {name: key(0, name) for name in ("a", "b")}
    assert len(fields) == 2
    found = learned_places(path)
    assert places((0, "x")) < found
    assert len(found) == 5  # a: x, 17, y; b: x; no name: x


def test_what_touches_the_bar_is_a_tag(write: Write) -> None:
    tagged, plain = write("tagged.vw", "1 12345|f a\n-1 7|f b\n"), write("plain.vw", "1 |f a\n-1 |f b\n")
    one, other = (train(make_model("lr"), [path], Options(deterministic=True)) for path in (tagged, plain))
    assert one.predict([plain]) == other.predict([plain])


@pytest.mark.parametrize("number", ["7", "99999999999999", "200000000000000", "281474976710655"])
def test_whole_numbers_are_the_same_feature_in_all_formats(write: Write, number: str) -> None:
    paths = [write("a.svm", f"1 {number}:1\n0 1:1\n"), write("a.vw", f"1 | {number}\n-1 | 1\n")]
    assert learned_places(paths[0]) == learned_places(paths[1]) == places((0, number), (0, "1"))


def test_criteo(write: Write) -> None:
    integers, texts = ["1", "", "-3", "5000", *["0"] * 9], ["68fd1e64", *[""] * 24, "a"]
    path = write("a.criteo", "1\t" + "\t".join(integers + texts) + "\n0\t" + "\t".join([""] * 39) + "\n")
    assert len(learned_places(path)) == 12 + 2
    assert places((13, "68fd1e64"), (38, "a")) < learned_places(path)


def test_numbers_are_read_as_python_reads_them(write: Write) -> None:
    texts = ["0.1", "1e-3", "3.25E+2", "123456789", "0.30000001192092896", "1e-46", "007.50", "5.", ".5"]
    lines = "".join(f"{text} 1\n" for text in texts)
    model = make_model("lr", {"loss": "squared", "optimizer": "sgd", "alpha": 1e-9})
    trained = train(model, [write("a.svm", lines)])
    import numpy as np

    wanted = sum(0.5 * float(np.float32(text)) ** 2 for text in texts) / len(texts)
    assert trained.passes[0].learned.loss == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "line", "column", "what"),
    [
        ("a.svm", "x 1:1", 1, "expected a number as label"),
        ("a.svm", "1 a:1", 3, "expected a whole number as feature"),
        ("a.svm", "1 1:x", 5, "expected a finite number as value"),
        ("a.svm", "1 1:nan", 5, "expected a finite number as value"),
        ("a.svm", "1 1:1e999", 5, "expected a finite number as value"),
        ("a.svm", "1 1:-1e999", 5, "expected a finite number as value"),
        ("a.svm", "-1e999 1:1", 1, "expected a number as label"),
        ("a.vw", "1 |n:1e30 a:1e30", 17, "the value times that of its namespace is no finite number"),
        ("a.svm", "1 1:1;2:1", 6, "expected a blank after the value"),
        ("a.svm", "1 -4:1", 3, "expected a whole number as feature"),
        ("a.svm", "1 281474976710656:1", 3, "features go up to 281474976710655"),
        ("a.svm", "3 1:1", None, "label 3 is neither 0 and 1 nor -1 and 1"),
        ("a.ffm", "1 65536:1:1", 3, "fields go up to 65535"),
        ("a.ffm", "1 1", 4, "expected ':' after the field"),
        ("a.vw", "1 a b | c", 3, "expected a number, a tag that begins with \"'\", or '|'"),
        ("a.vw", "1", 2, "expected '|' before the features"),
        ("a.vw", "1 | a:", 7, "expected a finite number after ':'"),
        ("a.vw", "| a", None, "the example has no label"),
        ("a.vw", "1 -1 | a", 6, "the importance of an example is below 0"),
        ("a.criteo", "1\t2", 4, "expected a tab and 13 integers"),
        ("a.criteo", "1", 2, "expected a tab after the label"),
        ("a.criteo", "1\tx", 3, "expected a whole number"),
    ],
)
def test_a_line_that_is_no_example_is_named(write: Write, name: str, line: str, column: int | None, what: str) -> None:
    good = {"svm": "1 1:1\n", "ffm": "1 1:1:1\n", "vw": "1 | a\n", "criteo": "1" + "\t" * 39 + "\n"}[name[2:]]
    path = write(name, good * 3 + line + "\n" + good)
    with pytest.raises(FormatError) as caught:
        train(make_model("lr"), [path])
    assert (caught.value.line, caught.value.column) == (4, column)
    assert caught.value.message.endswith(what)
    assert caught.value.hint == "mend the line, or skip so many with --max-bad"


def test_so_many_bad_lines_may_be_skipped(write: Write) -> None:
    path = write("a.svm", "1 1:1\nbad\n0 2:1\n1 x\n")
    trained = train(make_model("lr"), [path], Options(max_bad=2))
    learned = trained.passes[0].learned
    assert (learned.rows, learned.bad_rows) == (2, 2)
    with pytest.raises(FormatError, match=r"a\.svm:2:1: expected a number as label"):
        train(make_model("lr"), [path], Options(max_bad=1, deterministic=True))


@pytest.mark.parametrize("size", [1, 7, 100, 70_000, 3_000_000])
def test_lines_of_any_length_and_files_without_a_last_line_end(write: Write, size: int) -> None:
    line = "1 " + " ".join(f"{i}:1" for i in range(size // 8)) + "\n"
    path = write("a.svm", line + "0 5:1\n" * 10 + "0 6:1")
    for threads in (1, 3):
        trained = train(make_model("lr"), [path, path], Options(threads=threads))
        assert trained.passes[0].learned.rows == 24


FORMATS = {
    "svm": "1 3:1 7:0.5 12\n-1 4:2e-3 6:1\n",
    "ffm": "1 0:3:1 1:7:0.5\n0 2:4:1\n",
    "vw": "1 2.0 'tag|a x:2 17 |b:0.5 y\n-1 | z\n",
    "criteo": "1" + "\t7" * 13 + "\t68fd1e64" * 26 + "\n0" + "\t" * 39 + "\n",
}


@pytest.mark.parametrize(
    "ending", [*FORMATS, *(f"{name}{packed}" for name in ("svm", "vw") for packed in (".gz", ".zst"))]
)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_garbled_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, ending: str, data: st.DataObject
) -> None:
    body = bytearray(FORMATS[ending.partition(".")[0]].encode() * 20)
    if ending.endswith(".gz"):
        body = bytearray(gzip.compress(bytes(body)))
    elif ending.endswith(".zst"):
        body = bytearray(pytest.importorskip("zstandard").ZstdCompressor().compress(bytes(body)))
    for at in data.draw(st.lists(st.integers(0, len(body) - 1), max_size=4)):
        body[at] = data.draw(st.one_of(st.integers(0, 255), st.sampled_from(b" \t\n:|-+e.\0")))
    path = tmp_path_factory.mktemp("garbled") / f"a.{ending}"
    path.write_bytes(body[: data.draw(st.one_of(st.just(len(body)), st.integers(0, len(body))))])
    try:
        trained = train(make_model("lr", {"bits": 10}), [str(path)], Options(threads=1, max_bad=1000))
    except TiffinError:
        pass  # and nothing else
    else:
        assert trained.trained_rows <= 1000


@pytest.mark.parametrize("ending", ["svm", "svm.gz"])
def test_a_line_without_an_end_is_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    with gzip.open(path, "wb", 1) if ending.endswith("gz") else path.open("wb") as file:
        file.write(b"1 1:1\n1 ")
        for _ in range(70):
            file.write(b"1:1 " * (1 << 18))
    with pytest.raises(FormatError, match="a line is longer than 64 MiB"):
        train(make_model("lr"), [str(path)])
