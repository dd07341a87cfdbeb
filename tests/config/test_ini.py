"""INI files: the same meaning and the same bytes as configobj, which DVC uses."""

import io

import configobj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiffin.config._ini import Document, Section, parse, render
from tiffin.errors import ConfigError

# Text configobj can write at all: it refuses both kinds of quotes in a list, and breaks on triple quotes.
_text = st.text(alphabet="ab ,#'\"=[]é%\t\\/:", max_size=8).filter(lambda text: "'''" not in text and '"""' not in text)
_words = st.text(alphabet="ab ,#'=[]/", max_size=6)
_values = st.one_of(_text, st.lists(_words, max_size=3))


def _meaning(text: str) -> dict[str, dict[str, object]]:
    meaning: dict[str, dict[str, object]] = configobj.ConfigObj(io.StringIO(text), interpolation=False).dict()
    return meaning


def _document(sections: dict[str, dict[str, str | list[str]]]) -> Document:
    document = Document()
    for header, options in sections.items():
        section = document.sections[header] = Section()
        for option, value in options.items():
            section.set(option, value)
    return document


@given(
    st.dictionaries(st.sampled_from(["core", 'remote "r"', "cache"]), st.dictionaries(st.sampled_from("xyz"), _values))
)
def test_bytes_are_those_of_configobj(sections: dict[str, dict[str, str | list[str]]]) -> None:
    theirs = io.BytesIO()
    configobj.ConfigObj(sections, interpolation=False, default_encoding="utf-8").write(theirs)
    ours = render(_document(sections))
    assert ours.encode() == theirs.getvalue()
    values = {
        header: {option: line.value for option, line in section.lines.items()}
        for header, section in parse(ours, "config").sections.items()
    }
    try:
        meaning = _meaning(ours)
    except configobj.ConfigObjError:
        return  # configobj cannot read back all that it writes; we can
    assert values == meaning


_bare = st.text(alphabet="ab=/:[]'", min_size=1, max_size=6).filter(lambda word: word[0] != "'")
_quoted = st.one_of(
    st.text(alphabet="ab ,#'", max_size=6).map('"{}"'.format), st.text(alphabet='ab ,#"', max_size=6).map("'{}'".format)
)


@given(
    st.lists(st.one_of(_bare, _quoted), min_size=1, max_size=3).map(", ".join),
    st.sampled_from(["", ",", " ,"]),
    st.sampled_from(["", " # why", "  "]),
)
def test_values_mean_what_configobj_takes_them_for(words: str, comma: str, comment: str) -> None:
    text = f"[s]\nk = {words}{comma}{comment}\n"
    assert parse(text, "config").sections["s"].lines["k"].value == _meaning(text)["s"]["k"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("k = v", "v"),
        ("k=v # why", "v"),
        ("k = 'a, b'", "a, b"),
        ("k = a, b", ["a", "b"]),
        ("k = a,", ["a"]),
        ("k = ,", []),
        ("k =", ""),
        ('k = ""', ""),
        ("k = '''a\nb''' # c", "a\nb"),
        ("k = it's", "it's"),
        ('"k" = v', "v"),
    ],
)
def test_values(text: str, value: str | list[str]) -> None:
    assert parse("[s]\n" + text, "config").sections["s"].lines["k"].value == value


def test_comments_and_blank_lines_survive() -> None:
    text = "# top\n[core]\n    # why\n    remote = r # here\n\n# own\n['remote \"r\"']\n    url = ../x\n# end\n"
    assert render(parse(text, "config")) == text


def test_names_are_lower_case() -> None:
    document = parse("[Core]\nRemote = R\n", "config")
    assert list(document.sections) == ["core"]
    assert list(document.sections["core"].lines) == ["remote"]
    assert document.sections["core"].lines["remote"].value == "R"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "config:1: option 'x' stands before any [section]"),
        ("[a]\n[a]", "config:2: section [a] is there twice"),
        ("[a]\nx=1\nx=2", "config:3: option 'x' is there twice"),
        ("[a]\nnonsense", "config:2: expected 'option = value' or '[section]', found 'nonsense'"),
        ("[a", "config:1: broken section header '[a'"),
        ("[[a]]", "config:1: nested section '[[a]]': sections have one level here"),
        ("[a]\nx = 'b", 'config:2: no closing quote in "\'b"'),
        ("[a]\nx = '''b", "config:2: no closing '''"),
        ("[a]\nx = b,,c", "config:2: empty item in 'b,,c'"),
    ],
)
def test_broken_files_name_the_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "config")
    assert caught.value.message == message


def test_an_empty_file_is_one_empty_line() -> None:
    assert render(Document()) == "\n"
