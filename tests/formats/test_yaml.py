"""Our YAML against ruamel's: the same values and types, the same bytes, the same refusals."""

import io
import math
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import ReusedAnchorWarning, YAMLError

from tiffin.errors import YamlError
from tiffin.formats import yaml
from tiffin.formats._yaml_read import Unsure, read
from tiffin.formats._yaml_write import write

CORPUS = Path(__file__).parent / "yaml_corpus"


def theirs(text: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReusedAnchorWarning)
        return YAML(typ="safe", pure=True).load(text)


def their_bytes(value: Any) -> str:
    stream = io.StringIO()
    dumper = YAML()
    dumper.default_flow_style = False
    dumper.dump(value, stream)
    return stream.getvalue()


def same(left: Any, right: Any) -> bool:
    """Equal in value, type and order; NaN is NaN."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return all(map(same, left, right)) and all(map(same, left.values(), right.values())) and len(left) == len(right)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right) or (isinstance(left, float) and math.isnan(left) and math.isnan(right))


def assert_parity(text: str) -> None:
    """Our load gives what ruamel gives, or both refuse."""
    try:
        expected = theirs(text)
    except (YAMLError, ValueError, TypeError, IndexError):
        with pytest.raises(YamlError):
            yaml.load(text, "a.yaml")
        return
    assert same(yaml.load(text, "a.yaml"), expected)


_SCALARS = """
true|True|TRUE|tRUE|false|False|FALSE|yes|no|on|off|y|n|~|null|Null|NULL|nULL
0|-0|+1|-1|017|08|0o17|0o8|0x1F|0xg|0b01|0b2|1_000|_1|-_|1__|1.0|1.|.5|.5e3|.5e+3|1e3|1E3|1e-3|1e+|1.5e3|-1.5e-3
1e400|+.5|.inf|-.inf|+.INF|.Inf|.iNF|.nan|.NaN|.NAN|-.nan|12:30:00|190:20:30|1:1
2020-01-01|2020-1-1|2020-01-01 10:00:00|2020-01-01T10:00:00Z|2020-01-01t1:00:00.5+01:00|2020-13-01
=|<<|-|--|---a|- a|?|?a|? a|:|:a|: a|a:b|a: b|a:|#a|a#b|a #b|.|..|...a|!a|&a|*a|%a|@a|`a|'a|"a
[a|]a|{a|}a|,a|a,b|a]b|a}b|>a||a|it's|"it's"|'it''s'|'a' b|"a" b|"a"#b|"a" #b
"\\n\\t\\x41\\u00e9\\U0001F600"|"\\q"|"\\x4"|"a\\ "|"\\ud800"|"\\_\\N\\L\\P\\/\\e\\0"
\xe9|\u65e5\u672c|\U0001f600|\ufeff|\x85|\u2028|\xa0|\x7f|\x07|\t a|a\tb
[]|{}|[1, 2]|[1, 2,]|[,]|[a b, c]|[a, [b]]|[${a}]|[a:b]|[a: b]|["a", 'b']|[a # b]|[-1, - 1]|[http://a]
{a: 1, b: [x]}|{a, b}|{a:1}|{a: , b: 1}|{"a": 1}|{"a":1}|{a: {b: c}}|{[a]: 1}|{a: 1, a: 2}|{a: b #c}|[a|{a
[a]b|[a] #b|[a]#b|!!str 1|!!int "1"|&a 1|*b|!!binary aGk=|!!set {a}
"""
SCALARS = _SCALARS.strip().replace("\n", "|").split("|")


@pytest.mark.parametrize("scalar", SCALARS)
def test_a_scalar_means_what_it_means_to_ruamel(scalar: str) -> None:
    for text in (
        f"a: {scalar}\n",
        f"- {scalar}\n",
        f"{scalar}: a\n",
        f"a:\n  b: {scalar}\nc: 1\n",
        f"- - {scalar}\n- b",
    ):
        assert_parity(text)


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_corpus_reads_as_ruamel_reads_it(path: Path) -> None:
    documents = path.read_text(encoding="utf-8").split("=====\n")
    assert len(documents) > 1
    for document in documents:
        assert_parity(document)
        assert_parity(document.rstrip("\n"))
        assert_parity(document.replace("\n", "\r\n"))


texts = st.one_of(
    st.sampled_from([scalar for scalar in SCALARS if scalar]),
    st.text(st.sampled_from("ab01 :#-'\"\\\n,[]{}&*!|>%@`?=<.\té\x85\u2028\U0001f600"), max_size=30),
    st.lists(st.text(st.sampled_from("ab/'\"\\-:#."), max_size=14), max_size=30).map(" ".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)
collections = st.one_of(st.lists(values, max_size=4), st.dictionaries(texts, values, max_size=4))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(collections)
@example({"cmd": "python train.py " + "--option value " * 20})
@example({"cmd": "echo 'it'\n" * 20})
@example({"cmd": "key: value " * 20})
@example({"a": ["word" * 30, "x " + "word" * 30, "  two  blanks  " * 10]})
@example([None, [None, [None]], {"a": None}, [], {}])
def test_dump_gives_the_bytes_of_ruamel(value: Any) -> None:
    assert yaml.dump(value) == their_bytes(value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(collections)
def test_what_was_dumped_reads_as_ruamel_reads_it(value: Any) -> None:
    assert_parity(their_bytes(value))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 4),
            st.sampled_from(["", "- ", "- - ", "a: ", "b:", "- c: ", "'d': ", '"e" : ', "? ", "# "]),
            st.sampled_from(
                [*SCALARS, "|", "|-", ">", ">-", ">+", "|2", "text # comment", '"open', "'open", 'close"', "\\"]
            ),
        ),
        max_size=8,
    )
)
def test_random_lines_read_as_ruamel_reads_them(lines: list[tuple[int, str, str]]) -> None:
    assert_parity("".join(f"{' ' * indent}{lead}{scalar}\n" for indent, lead, scalar in lines))


def test_shared_values_are_written_with_anchors_as_ruamel_does() -> None:
    shared = {"lr": 0.1}
    assert yaml.dump({"a": shared, "b": shared}) == their_bytes({"a": shared, "b": shared})


def test_the_files_of_every_day_need_no_ruamel() -> None:
    lock = {"schema": "2.0", "stages": {"a": {"cmd": "x " * 80, "outs": [{"path": "b", "md5": "0b" + "3" * 30}]}}}
    assert read(write(lock)) == lock
    pipeline = CORPUS / "pipelines.yaml"
    for document in pipeline.read_text(encoding="utf-8").split("=====\n"):
        if "needs ruamel" not in document:
            read(document)


@pytest.mark.parametrize(
    ("text", "line", "column", "words", "hint"),
    [
        ("a: 1\na: 2\n", 2, 1, "duplicate key", "keep one"),
        ("a: b: c\n", 1, 5, "mapping values are not allowed", "quotes"),
        ("a:\n\tb: 1\n", 2, 1, "cannot start any token", "blanks"),
        ("a: [1, ${x}]\n", 1, 9, "flow sequence", "quotes"),
        ("a: 1\n<<<<<<< HEAD\nb: 2\n=======\n", 2, 1, "merge conflict markers", "resolve"),
        ("a: 'open\n", 1, 4, "quoted scalar", "closing quote"),
    ],
)
def test_broken_yaml_names_file_line_and_column(text: str, line: int, column: int, words: str, hint: str) -> None:
    with pytest.raises(YamlError, match=re.escape(words)) as caught:
        yaml.load(text, "dir/dvc.yaml")
    assert str(caught.value).startswith(f"dir/dvc.yaml:{line}:{column}: ")
    assert hint in (caught.value.hint or "")


def test_bytes_that_are_not_utf8_are_refused_with_their_line() -> None:
    with pytest.raises(YamlError, match=r"^a\.dvc:2:4: not valid UTF-8") as caught:
        yaml.load(b"a: 1\nb: \xff\n", "a.dvc")
    assert caught.value.hint == "save the file as UTF-8"


def test_importing_the_reader_does_not_load_ruamel() -> None:
    code = "import sys, tiffin.formats.yaml; sys.exit('ruamel.yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_fast_reader_refuses_rather_than_guesses() -> None:
    for text in (
        "a: &x 1\nb: *x\n",
        "%YAML 1.1\n---\na: yes\n",
        "a: 2020-01-01 10:00:00\n",
        "--- a\n",
        "a: 1_000\n",
        "<<: {a: 1}\n",
    ):
        with pytest.raises(Unsure):
            read(text)
