"""Feature expressions: the native encoder gives what the twin gives, whatever form the columns come in."""

import copy
import datetime as dt
import json
import math
import pickle
import re
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.learning import feature_twin as twin
from tiffin._native.learning import key
from tiffin.errors import ConfigError, TrainingError
from tiffin.features import Expression, cat, each, encode, fields_of, from_tree, num, parse, text, to_tree

COLUMNS: dict[str, Any] = {
    "site": pl.String,
    "count": pl.Int64,
    "small": pl.UInt8,
    "price": pl.Float64,
    "ratio": pl.Float32,
    "bought": pl.Boolean,
    "title": pl.String,
    "tags": pl.List(pl.String),
    "sizes": pl.List(pl.Int32),
}
_ids = [
    "",
    "a",
    "7",
    "07",
    "-3",
    "281474976710655",
    "281474976710656",
    "naïve",
    "a text of more than sixteen bytes",
    "x" * 33,
]
_numbers = [0.0, -0.0, 1.0, 2.0, 2.5, -7.0, 1e-40, 1e30, 1e300, math.nan, math.inf, 0.1, 123456.789]
VALUES = {
    "site": st.sampled_from(_ids),
    "count": st.one_of(st.integers(-5, 20), st.sampled_from([2**53 + 1, -(2**63), 2**63 - 1])),
    "small": st.integers(0, 255),
    "price": st.sampled_from(_numbers),
    "ratio": st.sampled_from([0.0, 1.5, -2.0, 3e38, math.nan]),
    "bought": st.booleans(),
    "title": st.sampled_from(["", "A  b-B c", "the THE the", "Ünï code", "1 2 3 2", "a|b||a", "|"]),
    "tags": st.lists(st.one_of(st.none(), st.sampled_from(_ids)), max_size=4),
    "sizes": st.lists(st.one_of(st.none(), st.integers(-3, 5)), max_size=4),
}
_number = st.sampled_from(["count", "small", "price", "ratio", "bought"]).map(num)
_steps = st.lists(
    st.sampled_from(
        [
            lambda x: x.log(),
            lambda x: x.clip(-1, 1000),
            lambda x: x.clip(most=5),
            lambda x: x.scale(2.0, center=1.0),
            lambda x: x.scale(1e-9),
        ]
    ),
    max_size=3,
)


@st.composite
def _numeric(draw):
    found = draw(_number)
    for step in draw(_steps):
        found = step(found)
    return found


_simple = st.one_of(
    st.sampled_from(["site", "count", "small", "price", "ratio", "bought", "title"]).map(cat),
    st.sampled_from(["tags", "sizes"]).map(each),
    st.just(text("title").tokens()),
    st.just(text("title").tokens(lower=False)),
    st.just(text("title").split("|")),
    _numeric(),
    _numeric().map(lambda x: x.bucket([-1, 0, 2.5, 1e9])),
    _numeric().map(lambda x: x.log_bucket()),
)
FEATURES = st.recursive(_simple, lambda inner: st.tuples(inner, inner).map(lambda two: two[0] @ two[1]), max_leaves=3)


def rows_of(found) -> list:
    """(key, value) of each row that is one."""
    values = found.values or [1.0] * len(found.keys)
    whole = list(zip(found.keys, values, strict=True))
    return [whole[a:b] for a, b in zip(found.offsets, found.offsets[1:], strict=False)]


def rechunked(frame: pl.DataFrame, form: str):
    """The same table as somebody else would lend it."""
    match form:
        case "polars":
            return frame
        case "sliced":
            return pl.concat([frame.head(1), frame, frame.head(2)], rechunk=True).slice(1, frame.height)
        case "chunked":
            return pl.concat([frame.head(2), frame.slice(2)], rechunk=False)
        case "categories":
            return frame.with_columns(pl.col("site").cast(pl.Categorical))
        case "pyarrow":
            return frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        case "views":
            return frame.to_arrow(compat_level=pl.CompatLevel.newest())
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    fields = {"site": pa.dictionary(pa.int8(), pa.utf8()), "title": pa.utf8(), "tags": pa.list_(pa.utf8())}
    return table.cast(pa.schema([field.with_type(fields.get(field.name, field.type)) for field in table.schema]))


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_the_encoder_gives_what_the_twin_gives(data: st.DataObject) -> None:
    features = data.draw(st.lists(FEATURES, min_size=1, max_size=4, unique_by=lambda one: one.name))
    row = st.fixed_dictionaries({name: st.one_of(st.none(), values) for name, values in VALUES.items()})
    rows = data.draw(st.lists(row, max_size=7))
    form = data.draw(st.sampled_from(["polars", "sliced", "chunked", "categories", "pyarrow", "views", "narrow"]))
    frame = pl.DataFrame(rows, schema=COLUMNS, orient="row")
    found = encode(features, rechunked(frame, form))
    rows = frame.to_dicts()  # float32 as it is
    wanted = twin.encoded(features, rows)
    assert [row for row, _ in found.bad_rows] == [row for row, one in enumerate(wanted) if one is None]
    assert [[key for key, _ in one] for one in rows_of(found)] == [
        [key for key, _ in one] for one in wanted if one is not None
    ]
    for one, other in zip(rows_of(found), [one for one in wanted if one is not None], strict=True):
        assert [value for _, value in one] == pytest.approx([value for _, value in other], rel=1e-6)


@given(
    feature=FEATURES, name=st.one_of(st.none(), st.text(min_size=1)), field=st.one_of(st.none(), st.integers(0, 65535))
)
@settings(max_examples=200, deadline=None)
def test_an_expression_comes_back_from_its_tree_and_from_its_text(
    feature: Expression, name: str | None, field: int | None
) -> None:
    feature = feature if name is None else feature.named(name)
    feature = feature if field is None else feature.field(field)
    assert from_tree(json.loads(json.dumps(to_tree(feature)))) == feature
    assert parse(str(feature)) == feature


def test_an_expression_is_a_value() -> None:
    one = (num("price").log().bucket([1, 2]) @ cat("site")).named("both").field(7)
    for same in (copy.deepcopy(one), pickle.loads(pickle.dumps(one)), parse(str(one))):
        assert same == one
        assert hash(same) == hash(one)
    assert one != one.field(8)
    assert one != str(one)
    assert repr(num("x")) == "Expression(operator='num', arguments=('x',), inputs=(), label=None, number=None)"
    with pytest.raises(AttributeError, match="does not change"):
        one.label = "other"


def test_the_tree_is_as_the_page_says() -> None:
    feature = (cat("site") @ num("age").bucket([18, 65])).named("both").field(3)
    assert to_tree(feature) == {
        "op": "cross",
        "of": [
            {"op": "cat", "column": "site"},
            {"op": "bucket", "of": [{"op": "num", "column": "age"}], "bounds": [18.0, 65.0]},
        ],
        "name": "both",
        "field": 3,
    }
    assert str(feature) == "(cat('site') @ num('age').bucket([18, 65])).named('both').field(3)"


def test_a_feature_is_the_same_as_in_lines_of_vw_and_ffm() -> None:
    frame = pl.DataFrame({"site": ["a", "17"], "x": [0.5, 2.0]})
    features = [cat("site"), num("x").field(7).named("42")]
    found = rows_of(encode(features, frame))
    hashed = key(0, "site") & 0xFFFF
    assert found == [[(key(hashed, "a"), 1.0), (key(7, "42"), 0.5)], [(key(hashed, "17"), 1.0), (key(7, "42"), 2.0)]]


def test_labels_and_weights_come_along() -> None:
    frame = pl.DataFrame({"y": [True, False, None], "w": [1.0, 2.5, 1.0], "x": [1, 2, 3]})
    found = encode([cat("x")], frame, label="y", weight="w")
    assert list(found.labels[:2]) == [1.0, 0.0]
    assert math.isnan(found.labels[2])
    assert list(found.weights) == [1.0, 2.5, 1.0]
    for weight in (-1.0, math.nan, math.inf, None):
        bad = encode([cat("x")], pl.DataFrame({"w": [1.0, weight], "x": [1, 2]}, strict=False), weight="w")
        assert bad.bad_rows == [(1, "the weight in 'w' is no number from 0 on")]


def test_what_is_not_finite_is_a_bad_row() -> None:
    found = encode([num("x")], pl.DataFrame({"x": [1.0, math.inf, math.nan, 1e39, None]}))
    assert found.bad_rows == [(1, "a value of 'x' is not finite"), (3, "a value of 'x' is not finite")]
    assert [len(row) for row in rows_of(found)] == [1, 0, 0]


def test_a_category_is_the_same_in_columns_of_any_type() -> None:
    for value, text_of_it in (
        (0.1, "0.1"),
        (2.5, "2.5"),
        (-1e-7, "-0.0000001"),
        (1e22, "1" + "0" * 22),
        (True, "true"),
    ):
        assert (
            encode([cat("x")], pl.DataFrame({"x": [value]})).keys
            == encode([cat("x")], pl.DataFrame({"x": [text_of_it]})).keys
        )
    single = pl.DataFrame({"x": pl.Series([0.1], dtype=pl.Float32)})
    assert encode([cat("x")], single).keys == encode([cat("x")], pl.DataFrame({"x": ["0.1"]})).keys


def test_points_in_time_are_microseconds_or_days() -> None:
    moment = dt.datetime(1970, 1, 1, 0, 0, 2)  # noqa: DTZ001 - a column without a zone
    for unit in ("ms", "us", "ns"):
        frame = pl.DataFrame({"t": pl.Series([moment]).dt.cast_time_unit(unit)})
        assert encode([cat("t").field(0)], frame).keys[0] == 2_000_000
    seconds = pa.table({"t": pa.array([2, -3], pa.timestamp("s"))})
    assert encode([num("t")], seconds).values.tolist() == [2e6, -3e6]
    assert encode([cat("t").field(0)], pl.DataFrame({"t": [dt.date(1970, 1, 8)]})).keys[0] == 7
    before = pl.DataFrame({"t": pl.Series([-1], dtype=pl.Datetime("ns"))})
    assert encode([num("t")], before).values.tolist() == [-1.0]


def test_fields_are_hashes_of_names_or_counted() -> None:
    features = [cat("a"), cat("b").field(1), cat("c")]
    assert fields_of(features) == [key(0, "a") & 0xFFFF, 1, key(0, "c") & 0xFFFF]
    assert fields_of(features, numbered=True) == [0, 1, 2]
    first = key(0, "a") & 0xFFFF
    assert fields_of([cat("b").field(first), cat("a")]) == [first, first + 1]
    many = [cat(f"c{at}") for at in range(20_000)]
    assert fields_of([cat("x").field(3), *many], numbered=True) == [3, 0, 1, 2, *range(4, 20_001)]
    with pytest.raises(ConfigError, match="at most 65,536 features, found 80,000"):
        fields_of(many * 4)


def test_a_cross_of_too_many_pairs_is_a_bad_row() -> None:
    frame = pl.DataFrame({"a": [list(range(256)), list(range(257)), [1]]})
    found = encode([each("a") @ each("a")], frame)
    assert found.bad_rows == [(1, "'each('a') @ each('a')' crosses to more than 65536 pairs")]
    assert len(found.keys) == 256 * 256 + 1


@pytest.mark.parametrize(
    ("write", "what", "hint"),
    [
        (lambda: parse("cta('x')"), "features have no operator 'cta'", "did you mean 'cat'?"),
        (lambda: from_tree({"op": "cat", "operator": "x"}), "'cat' has no argument 'operator'", None),
        (lambda: parse("num('x').lgo()"), "features have no operator 'lgo'", "did you mean 'log'?"),
        (lambda: parse("cat('x').log()"), "'log' is applied to number, found cat('x'), which gives ids", "num('...') reads numbers, and cat('...') categories"),
        (lambda: parse("num('x').tokens()"), "'tokens' is applied to text, found num('x'), which gives number", "text('...').tokens()"),
        (lambda: parse("num('x').bucket([2, 1])"), "'bounds' of 'bucket' should be a list of numbers that go up, found [2, 1]", None),
        (lambda: parse("num('x').bucket()"), "'bucket' needs 'bounds': how many bounds x reaches", None),
        (lambda: parse("num('x').clip(lest=1)"), "'clip' has no argument 'lest'", "did you mean 'least'?"),
        (lambda: parse("num('x').scale(0)"), "'scale' cannot divide by 0", None),
        (lambda: parse("cat(x)"), "'cat(x)' is no feature: malformed node or string on line 1: <ast.Name object at", "write it as in Python, such as cat('site') or num('age').log_bucket()"),
        (lambda: parse("site"), "'site' is no feature", "did you mean cat('site')?"),
        (lambda: parse("cat('a') + cat('b')"), "\"cat('a') + cat('b')\" is no feature", "features are calls such as cat('site'), and @"),
        (lambda: parse("__import__('os')"), "features have no operator '__import__'", "there are cat, num, text, each, split, tokens, log, clip, scale, bucket, log_bucket, cross"),
        (lambda: parse("cat('a'"), "'cat('a'' is no feature: '(' was never closed", "write it as in Python, such as cat('site') or num('age').log_bucket()"),
        (lambda: from_tree({"op": "cat"}), "'cat' needs 'column': the value as a category", None),
        (lambda: from_tree(3), "a feature is text, or a map with 'op', found 3", None),
        (lambda: from_tree({"op": "cat", "of": 3}), "'of' should be a list of features, found 3", None),
        (lambda: from_tree({"op": "cat", "column": "x", "field": 70000}), "fields go from 0 to 65535, found 70000", None),
        (lambda: encode([text("x")], pl.DataFrame({"x": ["a"]})), "text('x') is no feature yet", "cut it with .tokens() or .split(), or take cat()"),
        (lambda: encode([], pl.DataFrame({"x": ["a"]})), "there are no features", None),
        (lambda: encode([cat("x"), num("x")], pl.DataFrame({"x": [1]})), "two features are named 'x'", "name one of them with .named('...')"),
    ],
)  # fmt: skip
def test_wrong_features_are_named(write, what: str, hint: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        write()
    assert (
        caught.value.message.startswith(what)
        if "0x" in caught.value.message
        else caught.value.message == what.replace('"', "'")
    )
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("feature", "what"),
    [
        (num("s"), "column 's': num() takes numbers, and this is text"),
        (text("n").tokens(), "column 'n': text() takes text, and this is whole numbers"),
        (each("s"), "column 's': each() takes lists, and this is text"),
        (cat("l"), "column 'l': cat() takes text or numbers, and this is lists of whole numbers"),
        (cat("b"), "column 'b': cat() takes text or numbers, and this is of a type that is not read (Arrow's 'vz')"),
        (each("ll"), "column 'll': each() takes lists of text or numbers, and this is lists of lists of whole numbers"),
        (cat("sit"), "there is no column 'sit'"),
    ],
)
def test_columns_that_do_not_fit_are_named(feature: Expression, what: str) -> None:
    frame = pl.DataFrame({"s": ["a"], "n": [1], "l": [[1]], "ll": [[[1]]], "b": [b"x"], "site": ["x"]})
    with pytest.raises(TrainingError, match=re.escape(what)) as caught:
        encode([feature], frame)
    assert caught.value.hint == ("did you mean 'site'?" if "sit'" in what else None)


def test_a_column_of_nulls_is_no_feature() -> None:
    frame = pl.DataFrame({"x": pl.Series([None, None], dtype=pl.Null)})
    features = [cat("x").named("a"), num("x").named("b"), text("x").tokens().named("c"), each("x").named("d")]
    assert rows_of(encode(features, frame)) == [[], []]


def test_many_rows_are_encoded_as_few_are() -> None:
    random = np.random.default_rng(3)
    frame = pl.DataFrame({"a": random.integers(0, 1000, 10_000), "x": random.normal(size=10_000)})
    features = [cat("a"), num("x"), cat("a") @ num("x").bucket([-1, 0, 1])]
    found = rows_of(encode(features, frame))
    assert found[5_000:5_005] == rows_of(encode(features, frame.slice(5_000, 5)))
