"""Learning from tables: the same model from every form of them, and a clear answer to what is wrong with one."""

import csv
import gzip
import random
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiffin.errors import ConfigError, FormatError, MissingDependency, TiffinError, TrainingError, UsageError
from tiffin.features import cat, each, num, text
from tiffin.models import make_model
from tiffin.stream import flow, parted_by_share
from tiffin.train import Options, Trained, explain, load, train

Write = Callable[[str, str], str]
EXACT = Options(deterministic=True)
LR = make_model("lr", {"bits": 14})


def table(count: int, seed: int = 1) -> pl.DataFrame:
    """Clicks that follow the site and the age."""
    draw = random.Random(seed)
    rows = []
    for at in range(count):
        site, age = draw.choice("abcdef"), draw.randint(0, 60)
        chance = {"a": 0.9, "b": 0.7}.get(site, 0.2) * (0.5 if age > 30 else 1)
        rows.append(
            {
                "time": at,
                "site": site if draw.random() > 0.1 else None,
                "age": age if draw.random() > 0.1 else None,
                "speed": round(draw.gauss(0, 1), 3),
                "title": draw.choice(["big red", "small red", 'big, "blue"\nbox', ""]),
                "click": int(draw.random() < chance),
            }
        )
    return pl.DataFrame(rows)


FEATURES = (
    cat("site"),
    num("age").bucket([18, 30, 45]),
    num("speed"),
    text("title").tokens(),
    cat("site") @ num("age").log_bucket(),
)
MODEL = LR._replace(features=FEATURES, label="click")


def written(frame: pl.DataFrame, folder: Path, ending: str) -> str:
    path = str(folder / f"rows.{ending}")
    match ending:
        case "parquet":
            frame.write_parquet(path, row_group_size=1000)
        case "arrow":
            frame.write_ipc(path, record_batch_size=700)
        case "csv":
            frame.write_csv(path)
        case "tsv":
            frame.write_csv(path, separator="\t")
        case "jsonl":
            frame.write_ndjson(path)
        case "csv.gz":
            Path(path).write_bytes(gzip.compress(frame.write_csv().encode()))
        case "csv.zst":
            import zstandard

            Path(path).write_bytes(zstandard.ZstdCompressor().compress(frame.write_csv().encode()))
        case "jsonl.gz":
            Path(path).write_bytes(gzip.compress(frame.write_ndjson().encode()))
    return path


def bits(trained, place: Path) -> dict[str, bytes]:
    trained.save(str(place))
    return {file.name: file.read_bytes() for file in place.iterdir()}


def test_every_form_of_a_table_gives_the_same_model(tmp_path: Path) -> None:
    frame = table(5_000)
    sources = [written(frame, tmp_path, ending) for ending in ("parquet", "arrow", "csv", "tsv", "jsonl", "csv.gz", "csv.zst", "jsonl.gz")]  # fmt: skip
    first = bits(train(MODEL, frame, EXACT), tmp_path / "frame")
    for source in sources:
        assert bits(train(MODEL, [source], EXACT), tmp_path / f"{source}-model") == first, source
    for at, other in enumerate((frame.lazy(), frame.to_arrow(), [frame.head(2000), frame.slice(2000)])):
        assert bits(train(MODEL, other, EXACT), tmp_path / f"other-{at}") == first
    for threads in (1, 3):
        assert bits(train(MODEL, sources[:1], EXACT._replace(threads=threads)), tmp_path / f"{threads}") == first


def test_a_table_gives_the_model_that_its_lines_give(tmp_path: Path) -> None:
    frame = table(3_000).with_columns(pl.col("age").fill_null(7))
    lines = [f"{row['click']} 0:{row['age']} 1:12:{row['speed']}" for row in frame.iter_rows(named=True)]
    (tmp_path / "rows.ffm").write_text("\n".join(lines))
    model = LR._replace(label="click", features=(cat("age").field(0), num("speed").field(1).named("12")))
    names = ("weights.npy", "rows.npy", "weights_state.npy")
    one = bits(train(model, [written(frame, tmp_path, "csv")], EXACT), tmp_path / "a")
    other = bits(train(LR, [str(tmp_path / "rows.ffm")], EXACT), tmp_path / "b")
    assert [one[name] for name in names] == [other[name] for name in names]


def test_criteo_as_columns_is_criteo_as_lines(tmp_path: Path) -> None:
    draw = random.Random(5)
    names = ["click", *(f"I{n}" for n in range(13)), *(f"C{n}" for n in range(26))]
    lines = []
    for _ in range(500):
        numbers = [draw.choice(["", str(draw.randint(-3, 5000))]) for _ in range(13)]
        texts = [draw.choice(["", f"{draw.randrange(50) + 0xA0000000:x}"]) for _ in range(26)]
        lines.append("\t".join([str(draw.randint(0, 1)), *numbers, *texts]))
    (tmp_path / "a.criteo").write_text("\n".join(lines))
    (tmp_path / "a.tsv").write_text("\n".join(["\t".join(names), *lines]))
    features = [num(f"I{n}").log_bucket().field(n) for n in range(13)] + [cat(f"C{n}").field(13 + n) for n in range(26)]
    model = LR._replace(label="click", features=tuple(features))
    one = bits(train(model, [str(tmp_path / "a.tsv")], EXACT), tmp_path / "a")
    other = bits(train(LR, [str(tmp_path / "a.criteo")], EXACT), tmp_path / "b")
    assert one["weights.npy"] == other["weights.npy"]
    assert one["rows.npy"] == other["rows.npy"]


@pytest.mark.parametrize("name", ["lr", "fm", "ffm"])
def test_a_model_of_columns_comes_back_and_predicts_from_any_form(tmp_path: Path, name: str) -> None:
    frame = table(4_000)
    model = make_model(name, {"bits": 14})._replace(features=FEATURES, label="click")
    trained = train(model, [written(frame, tmp_path, "csv")], EXACT._replace(passes=2))
    assert trained.passes[0].learned.auc is not None
    assert trained.passes[0].learned.auc > 0.7
    trained.save(str(tmp_path / "model"))
    again = load(str(tmp_path / "model"))
    assert again.model == trained.model
    later = table(500, seed=2)
    wanted = trained.predict(later)
    assert again.predict([written(later.drop("click"), tmp_path, "parquet")]) == wanted
    found = again.evaluate([written(later, tmp_path, "jsonl")])
    assert found.rows == 500
    assert found.loss < 0.69
    unseen = pl.DataFrame({"site": ["never"], "age": [None], "speed": [None], "title": ["unknown"]})
    assert len(again.predict(unseen)) == 1


def test_a_model_of_a_wide_table_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pl.DataFrame({**{f"a column of a wide table, {at}": [at, 1] for at in range(12_000)}, "y": [0, 1]})
    trained = train(LR._replace(label="y"), frame)
    trained.save(str(tmp_path / "model"))
    assert (tmp_path / "model/manifest.json").stat().st_size > 1 << 20
    assert load(str(tmp_path / "model")).model.features == trained.model.features
    monkeypatch.setattr("tiffin.models._directory.LARGEST", 1 << 20)
    with pytest.raises(ConfigError, match="at most 1,048,576 are read"):
        trained.save(str(tmp_path / "larger"))
    with pytest.raises(ConfigError, match="at most 1,048,576 are read"):
        train(LR._replace(label="y"), frame, progress=lambda *_: pytest.fail("it was learned"))


def test_without_features_all_columns_are_some(tmp_path: Path) -> None:
    frame = table(2_000).with_columns(
        pl.col("site").cast(pl.Categorical), tags=pl.lit(["a", "b"]), when=pl.date(2024, 1, 1)
    )
    trained = train(
        LR._replace(label="click", weight="speed2", time="time"), frame.with_columns(speed2=pl.lit(2.0)), EXACT
    )
    assert [str(one) for one in trained.model.features] == [
        "cat('site')",
        "cat('age')",
        "num('speed')",
        "cat('title')",
        "each('tags')",
    ]
    assert trained.passes[0].learned.auc is not None
    assert trained.passes[0].learned.auc > 0.6


def test_a_time_that_is_not_there_is_named() -> None:
    with pytest.raises(TrainingError, match="there is no column 'tim'") as caught:
        train(MODEL._replace(time="tim"), table(10))
    assert caught.value.hint == "did you mean 'time'?"


def test_without_polars_it_is_said_what_to_install(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("a.csv", CSV)
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(MissingDependency, match="columns of data need the library polars") as caught:
        train(MODEL, [path])
    assert caught.value.hint == "pip install 'tiffin[train]'"


def test_the_format_of_a_name_that_says_nothing_is_told(write: Write) -> None:
    path = write("rows.txt", CSV + "c,x,1\n")
    model = LR._replace(label="click", features=(cat("site"), num("age")))
    trained = train(model, [path], EXACT._replace(data_format="csv", max_bad=1))
    assert trained.skipped([path]) == [f"{path}, row 3: 'age' should be a number, found 'x'"]
    assert len(trained.predict([path], data_format="csv", max_bad=1)) == 2
    with pytest.raises(UsageError, match="does not say which format it has"):
        trained.predict([path])


def test_rows_out_of_order_are_noted(tmp_path: Path) -> None:
    frame = pl.concat([table(300), table(5)])
    model = MODEL._replace(time="time")
    told: list[str] = []
    train(model, table(300), EXACT, tell=told.append)
    assert not told
    train(model, [written(frame, tmp_path, "parquet")], EXACT._replace(passes=2), tell=told.append)
    place = f"{tmp_path}/rows.parquet, row 301"
    assert told == [f"rows are not in the order of 'time': {place} is earlier than the one before it"]


def test_order_is_looked_at_anew_in_each_training() -> None:
    model = MODEL._replace(time="time")
    told: list[str] = []
    trained = train(model, [table(50), table(50)], EXACT, tell=told.append)
    assert len(told) == 1
    train(model, table(50), EXACT, start=trained, tell=told.append)
    assert len(told) == 1
    gaps = table(4).with_columns(pl.Series("time", [5, None, 3, 6]))
    train(model, gaps, EXACT, start=trained, tell=told.append)
    assert told[1:] == ["rows are not in the order of 'time': frame 1, row 3 is earlier than the one before it"]
    with pytest.raises(TrainingError, match="a column cannot be read"):
        train(model, [table(50).with_columns(time=pl.lit("noon")), table(50)], EXACT)


CSV = "site,age,click\na,3,1\nb,4,0\n"


@pytest.mark.parametrize(
    ("name", "body", "what"),
    [
        ("a.csv", CSV + "c,x,1\n", "'age' should be a number, found 'x'"),
        ("a.csv", CSV + "c,5,yes\n", "'click' should be a number, found 'yes'"),
        ("a.csv", CSV + "c,5,1,7\n", "4 fields, and the header has 3"),
        ("a.csv", CSV + "c,5,\n", "the example has no label"),
        ("a.csv", CSV + "c,5\n", "the example has no label"),
        ("a.csv", CSV + "c,5,3\n", "label 3 is neither 0 and 1 nor -1 and 1"),
        ("a.csv", CSV + "c,inf,1\n", "a value of 'age' is not finite"),
        ("a.jsonl", '{"site": "a", "age": 3, "click": 1}\n{"site": "b", "age": 4, "click": 0}\n{"site": "c", "age": "x", "click": 1}\n', "'age' should be a number, found text"),
        ("a.jsonl", '{"site": "a", "age": 3, "click": 1}\n{"site": "b", "age": 4, "click": 0}\n{"site": "c", "age\n', "the line is no JSON object"),
    ],
)  # fmt: skip
def test_a_row_that_is_wrong_is_named_and_can_be_skipped(write: Write, name: str, body: str, what: str) -> None:
    good = body.splitlines(keepends=True)[-2]
    path = write(name, body + good)
    model = LR._replace(label="click", features=(cat("site"), num("age")))
    row = 3
    with pytest.raises(FormatError) as caught:
        train(model, [path], EXACT)
    assert caught.value.message == f"{path}, row {row}: {what}"
    assert caught.value.hint == "mend it, or skip so many with --max-bad"
    trained = train(model, [path], EXACT._replace(max_bad=1))
    assert trained.bad_rows == 1
    assert trained.skipped([path]) == [f"{path}, row {row}: {what}"]
    assert trained.trained_rows == row


def test_what_cannot_be_learned_from_a_table_is_said(write: Write, tmp_path: Path) -> None:
    csv = write("a.csv", CSV)
    with pytest.raises(ConfigError, match="no column was named as label") as caught:
        train(LR, [csv])
    assert caught.value.hint == "is it --label click?"
    with pytest.raises(TrainingError, match="there is no column 'clicky'") as missing:
        train(LR._replace(label="clicky"), [csv])
    assert missing.value.hint == "did you mean 'click'?"
    with pytest.raises(TrainingError, match="there is no column 'sit'"):
        train(LR._replace(label="click", features=(cat("sit"),)), [csv])
    with pytest.raises(TrainingError, match="column 'site': labels are numbers, and this is text"):
        train(LR._replace(label="site"), pl.read_csv(csv))
    with pytest.raises(FormatError, match="row 1: 'site' should be a number, found 'a'"):
        train(LR._replace(label="site"), [csv])
    with pytest.raises(TrainingError, match="all 2 examples have the same label"):
        train(LR._replace(label="click"), [write("same.csv", "x,click\na,1\nb,1\n")])
    for empty in ("", "x,click\n"):
        with pytest.raises(TrainingError, match="there is no example"):
            train(LR._replace(label="click"), [write("empty.csv", empty)])
    with pytest.raises(TrainingError, match="there is no example"):
        train(LR._replace(label="click", features=(cat("x"),)), [write("empty.jsonl", "\n")])
    with pytest.raises(MissingDependency, match="does not exist"):
        train(MODEL, ["no.parquet"])
    with pytest.raises(UsageError, match="s3:// is not read yet"):
        train(MODEL, ["s3://bucket/rows.parquet"])
    with pytest.raises(FormatError, match="this cannot be read as parquet"):
        train(MODEL, [write("bad.parquet", "PAR1 and no more")])
    with pytest.raises(UsageError, match="libsvm has no columns, and the model is of columns"):
        train(MODEL, [write("a.svm", "1 1:1\n0 2:1\n")])
    train(LR, [write("b.svm", "1 1:1\n0 2:1\n")]).save(str(tmp_path / "lines"))
    with pytest.raises(UsageError, match="learned from lines, and has no features of columns"):
        load(str(tmp_path / "lines")).predict([csv])
    train(LR._replace(label="click"), [csv]).save(str(tmp_path / "columns"))
    with pytest.raises(UsageError, match="reads tables with columns, and this is libsvm"):
        load(str(tmp_path / "columns")).predict([str(tmp_path / "b.svm")])


def test_a_column_that_changes_its_type_between_files_is_read_or_refused(tmp_path: Path) -> None:
    pl.DataFrame({"x": [1, 2], "y": [0, 1]}).write_parquet(tmp_path / "whole.parquet")
    pl.DataFrame({"x": ["1", "b"], "y": [0, 1]}).write_parquet(tmp_path / "text.parquet")
    paths = [str(tmp_path / name) for name in ("whole.parquet", "text.parquet")]
    assert train(LR._replace(label="y", features=(cat("x"),)), paths, EXACT).trained_rows == 4
    with pytest.raises(TrainingError, match=r"column 'x': num\(\) takes numbers, and this is text"):
        train(LR._replace(label="y", features=(num("x"),)), paths, EXACT)


def test_types_are_those_of_the_first_rows(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiffin.stream._rows_of_text.CHUNK", 1 << 12)
    monkeypatch.setattr("tiffin.stream._unpacked.PIECE", 1 << 10)
    csv = write("a.csv", "x,z,y\n" + "1,true,0\n2,false,1\n" * 1000 + "2.5,maybe,1\n")
    for features, count in (((num("x"),), 2001), ((cat("x"),), 2001), ((cat("z"),), 2001), ((num("z"),), 2000)):
        trained = train(LR._replace(label="y", features=features), [csv], EXACT._replace(max_bad=1))
        assert trained.trained_rows == count
    assert trained.skipped([csv]) == [f"{csv}, row 2001: 'z' should be true or false, found 'maybe'"]
    automatic = train(LR._replace(label="y"), [csv], EXACT._replace(max_bad=1))
    assert [str(one) for one in automatic.model.features] == ["cat('x')", "cat('z')"]


def test_a_category_is_the_same_whatever_else_is_in_a_file(write: Write, tmp_path: Path) -> None:
    model = LR._replace(label="y", features=(cat("x"), cat("flag"), each("tags")))
    rows = [(2.5, True, [1.5], 1), (1e-7, False, [0.1], 0), (123456.75, True, [2.5, 1e-7], 0)]
    frame = pl.DataFrame(rows, schema=["x", "flag", "tags", "y"], orient="row")
    other = '{"x": "a", "flag": "maybe", "tags": ["b"], "y": 0}\n'
    trained = train(model, frame, EXACT._replace(passes=3))
    wanted = list(trained.predict(frame))
    assert list(trained.predict([written(frame, tmp_path, "parquet")])) == wanted
    alone = write("alone.jsonl", frame.write_ndjson())
    beside = write("beside.jsonl", frame.write_ndjson() + other)
    assert list(trained.predict([alone])) == list(trained.predict([beside]))[:3] == wanted
    plain = train(model._replace(features=(cat("x"), cat("flag"))), frame, EXACT)
    body = "x,flag,y\n2.5,true,1\n0.0000001,false,0\n123456.75,true,0\n"
    for path in (write("alone.csv", body), write("beside.csv", body + "a,maybe,0\n")):
        assert list(plain.predict([path]))[:3] == list(plain.predict(frame))


def test_a_key_that_comes_late_is_read(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiffin.stream._rows_of_text.CHUNK", 1 << 14)
    monkeypatch.setattr("tiffin.stream._unpacked.PIECE", 1 << 10)
    model = LR._replace(label="y", features=(cat("x"), cat("z"), num("age"), each("tags")))
    early = '{"x": "a", "y": 1}\n{"x": "b", "y": 0}\n' * 1200
    late = write("late.jsonl", early + '{"x": "a", "y": 1, "z": 3, "age": 4, "tags": ["u"]}\n')
    trained = train(model, [late], EXACT)
    assert trained.trained_rows == 2401
    assert trained.passes[0].features == 2401 + 3
    with pytest.raises(TrainingError, match="there is no column 'age'"):
        train(model, [write("never.jsonl", early)], EXACT)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("ending", ["parquet", "arrow", "csv", "jsonl", "csv.gz"])
def test_a_garbled_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, ending: str, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("garbled")
    path = Path(written(table(200), folder, ending))
    body = bytearray(path.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(body) - 1), max_size=4)):
        body[at] = data.draw(st.integers(0, 255))
    path.write_bytes(body[: data.draw(st.one_of(st.just(len(body)), st.integers(0, len(body))))])
    try:
        trained = train(MODEL, [str(path)], EXACT._replace(max_bad=1000))
    except TiffinError:
        pass  # and nothing else
    else:
        assert trained.trained_rows <= 1000


@given(
    rows=st.lists(
        st.lists(st.sampled_from(["a", '"', "\n", "\r\n", ",", "'", "é", " ", "1", ""]), max_size=5).map("".join),
        min_size=1,
        max_size=40,
    )
)
@settings(max_examples=60, deadline=None)
def test_csv_with_odd_quoting_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[str]
) -> None:
    import csv

    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([["text", "y"], *([row, at % 2] for at, row in enumerate(rows))])
    with patch("tiffin.stream._rows_of_text.CHUNK", 64), patch("tiffin.stream._unpacked.PIECE", 16):
        found = [one for _, piece in flow(str(path)).pieces() for one in piece.frame["text"].cast(pl.String).to_list()]
    assert [one or "" for one in found] == rows


def test_examples_are_kept_from_pass_to_pass_and_run_to_run(tmp_path: Path) -> None:
    path = written(table(9_000), tmp_path, "parquet")
    twice = EXACT._replace(passes=2)
    plain = bits(train(MODEL, [path], twice), tmp_path / "plain")
    for number, from_cache in ((1, [False, True]), (2, [True, True])):
        trained = train(MODEL, [path], twice._replace(cache=str(tmp_path / "cache")))
        assert [done.from_cache for done in trained.passes] == from_cache
        assert bits(trained, tmp_path / f"kept-{number}") == plain
    other = MODEL._replace(features=FEATURES[:2])
    assert not train(other, [path], EXACT._replace(cache=str(tmp_path / "cache"))).passes[0].from_cache
    stages = train(MODEL, flow(path).filter("age > 3"), twice._replace(cache=str(tmp_path / "cache")))
    assert [done.from_cache for done in stages.passes] == [False, True]


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_a_run_on_a_table_goes_on_to_the_same_bits(tmp_path: Path, ending: str) -> None:
    path = written(table(30_000), tmp_path, ending)
    how = EXACT._replace(passes=2, checkpoint=str(tmp_path / "kept"), checkpoint_every_s=0)
    whole = bits(train(MODEL, [path], EXACT._replace(passes=2)), tmp_path / "whole")

    def stop(trained: Trained, rows: int, size: int) -> None:
        if len(trained.passes) == 1 and rows > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(MODEL, [path], how, progress=stop)
    told: list[str] = []
    resumed = train(MODEL, [path], how._replace(resume=True), tell=told.append)
    assert told[0].startswith("training goes on in pass 2")
    assert bits(resumed, tmp_path / "resumed") == whole


# ---- flows


def test_stages_come_between_reader_and_model(tmp_path: Path) -> None:
    frame = table(3_000)
    sites = pl.DataFrame({"site": ["a", "b", "c"], "size": ["big", "small", "big"]})
    path = written(frame, tmp_path, "parquet")
    model = LR._replace(label="click", features=(cat("size"), num("late")))

    def late(batch: pl.DataFrame) -> pl.DataFrame:
        return batch.with_columns(late=pl.col("age") > 30)

    data = flow(path).filter("speed > -1").filter(lambda batch: pl.col("site") != "b").join(sites, on="site").map(late)
    wanted = frame.filter(pl.col("speed") > -1, pl.col("site") != "b").join(
        sites, on="site", how="left", maintain_order="left"
    )
    one = bits(train(model, data, EXACT), tmp_path / "a")
    assert one == bits(train(model, late(wanted), EXACT), tmp_path / "b")
    plan = explain(model, data)
    assert [line.split()[0] for line in plan.splitlines()] == ["read", "filter", "join", "map", "encode", "learn"]
    assert "6 of 6 columns, where" in plan
    narrow = flow(path).filter(pl.col("speed") > 0).join(sites, on="site").map(late, reads=["age"])
    assert "4 of 6 columns" in explain(model, narrow)


def test_a_stage_that_gives_no_frame_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="map wrong should give a frame, found int"):
        train(MODEL, flow(table(10)).map(wrong))
    with pytest.raises(ZeroDivisionError):
        train(MODEL, flow(table(10)).map(lambda batch: 1 // 0))
    with pytest.raises(TrainingError, match="the table to join has no column 'sites'"):
        flow(table(10)).join(pl.DataFrame({"site": ["a"]}), on="sites")
    with pytest.raises(TrainingError, match=r"filter .*unable to find column"):
        train(MODEL, flow(table(10)).map(lambda batch: batch).filter(pl.col("sped") > 0))
    with pytest.raises(TrainingError, match="there is no column 'sped'"):
        train(MODEL, flow(table(10)).filter(pl.col("sped") > 0))
    with pytest.raises(UsageError, match="this is no condition"):
        flow(table(10)).filter("speed >")


def wrong(batch: pl.DataFrame) -> int:
    return batch.height


def test_bad_rows_pass_the_stages_by(write: Write) -> None:
    path = write("a.csv", CSV + "a,5,1\nb,3,0\nc,x,1\n")
    data = flow(path).map(lambda batch: batch)
    model = LR._replace(label="click", features=(cat("site"), num("age")))
    trained = train(model, [path], EXACT._replace(max_bad=1))
    assert train(model, data, EXACT._replace(max_bad=1)).trained_rows == trained.trained_rows == 4


def test_columns_that_stages_read_are_not_made_text(write: Write) -> None:
    path = write("a.csv", "hour,site,click\n9,1,1\n10,2,0\n11,3,1\n100,1,0\n")
    sites = pl.DataFrame({"site": [1, 2, 3], "size": ["big", "small", "big"]})
    features = (cat("hour"), cat("site"), cat("size"))
    data = flow(path).filter("hour > 9").join(sites, on="site")
    told: list[str] = []
    trained = train(LR._replace(label="click", time="hour", features=features), data, EXACT, tell=told.append)
    assert trained.trained_rows == 3
    assert not told
    before, after = parted_by_share(flow(path), "hour", 0.5)
    model = LR._replace(label="click", features=(cat("hour"),))
    assert train(model, before, EXACT).trained_rows == train(model, after, EXACT).trained_rows == 2


def test_data_are_parted_by_all_rows_that_have_a_time(write: Write) -> None:
    path = write("a.csv", "t,click\n" + "".join(f"{at},{at % 2}\n" for at in range(9)) + "9,1,too many\n")
    _, after = parted_by_share(flow(path), "t", 0.34)
    assert [one for _, piece in after.pieces() if not piece.faults for one in piece.frame["t"]] == [6, 7, 8]
    mixed = flow([pl.DataFrame({"t": [1, 2]}), pl.DataFrame({"t": [2.5, 3.5]})])
    assert sum(piece.frame.height for _, piece in parted_by_share(mixed, "t", 0.5)[0].pieces()) == 2
    with pytest.raises(TrainingError, match="'t' is not of one type"):
        parted_by_share(flow([pl.DataFrame({"t": [1, 2]}), pl.DataFrame({"t": [[1], [2]]})]), "t", 0.5)


def test_the_first_row_may_be_bad_before_stages(write: Write) -> None:
    path = write("a.csv", "age,click\n1,0,too many\n5,1\n")
    assert flow(path).filter("age > 0").kinds() == {"age": "whole", "click": "whole"}


def test_a_long_field_beside_a_bad_row_is_read(write: Write) -> None:
    path = write("a.csv", CSV + f"{'x' * 200_000},5,1\nc,x,1\n")
    trained = train(LR._replace(label="click", features=(cat("site"), num("age"))), [path], EXACT._replace(max_bad=1))
    assert trained.trained_rows == 3
    assert csv.field_size_limit() == 131_072  # others in the process rely on it


def test_a_stage_may_give_a_plan_or_many_chunks(tmp_path: Path) -> None:
    frame = table(3_000)
    wanted = bits(train(MODEL, frame, EXACT), tmp_path / "a")
    assert bits(train(MODEL, flow(frame).map(lambda batch: batch.lazy()), EXACT), tmp_path / "b") == wanted
    chunks = flow(frame).map(lambda batch: pl.concat([batch.head(700), batch.slice(700)], rechunk=False))
    assert bits(train(MODEL, chunks, EXACT), tmp_path / "c") == wanted


def test_a_joined_column_is_the_tables() -> None:
    frame = pl.DataFrame({"site": ["a", "b"], "size": ["mine", "mine"]})
    sites = pl.DataFrame({"site": ["a", "b"], "size": ["big", "small"]})
    joined = flow(frame).filter(pl.col("size") == "mine").join(sites, on="site")
    for columns in (None, frozenset({"size"}), frozenset({"site", "size"})):
        assert [one for _, piece in joined.pieces(columns) for one in piece.frame["size"]] == ["big", "small"]


def test_predictions_are_compared_by_a_column(tmp_path: Path) -> None:
    rows = [(i % 2, f"f{i % 7}", i % 3 if i % 5 else None) for i in range(3_000)]
    frame = pl.DataFrame(rows, schema=["label", "feature", "group"], orient="row")
    frame.write_parquet(tmp_path / "rows.parquet")
    trained = train(make_model("lr", {"bits": 10})._replace(label="label", features=(cat("feature"),)), frame)
    for data in (frame, [str(tmp_path / "rows.parquet")]):
        found = trained.evaluate_by(data, "group")
        assert {one.value: one.found.rows for one in found.slices} == {"": 600, "0": 800, "1": 800, "2": 800}
        assert found.whole.rows == 3_000
    with pytest.raises(TrainingError, match="no column 'grope'"):
        trained.evaluate_by(frame, "grope")
    with pytest.raises(TrainingError, match="a column cannot be read"):
        trained.evaluate_by(frame.with_columns(group=pl.lit([1])), "group")
