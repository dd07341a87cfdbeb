"""A plain command line is read without argparse, and means what argparse says it means."""

import importlib
import sys
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiffin.cli._options import Flag, _plain, parse
from tiffin.cli._parser import parse_all
from tiffin.cli._table import COMMANDS
from tiffin.errors import UsageError

WORDS = ["a", "b.txt", "dir/file", "3", "0", "-", "", "=", "x=y", "-1", "--", "é"]


def options_of(name: str) -> Any:
    return importlib.import_module(COMMANDS[name].module).Options


def words_of(name: str) -> list[str]:
    """Every way to write an option of the command, and what may stand around it."""
    found = ["-q", "-v", "-vv", "--cd", "--wait-for-lock", "--quie", "-h=3"]
    for field, annotation in options_of(name).__annotations__.items():
        declared = get_args(annotation)[1]
        if isinstance(declared, Flag):
            found += declared.names_of(field)
            found += [f"{option}=w" for option in declared.names_of(field)]
            found += [f"{option}4" for option in declared.names_of(field)]
            found += declared.choices or ()
        elif declared.choices:
            found += declared.choices
    return [word for word in found if word not in ("-h", "--help")]


def outcome(read, name: str, arguments: list[str]):
    try:
        return read(options_of(name), name, arguments)
    except UsageError:
        return "an error"


@pytest.mark.parametrize("name", COMMANDS)
@given(data=st.data())
def test_what_is_read_plainly_is_what_argparse_reads(name: str, data: st.DataObject) -> None:
    words = st.sampled_from([*words_of(name), *WORDS])
    arguments = data.draw(st.lists(words, max_size=5))
    plain = _plain(options_of(name), arguments)
    if plain is not None:
        assert plain == outcome(parse_all, name, arguments)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("train", ["--data", "--valid", "lr", "a", "b", "-", "-1", "--", "-S", "x=1", "-q", "-o", "--data=w"]),
        ("plots modify", ["--unset", "a.csv", "x", "y", "-x", "-1", "--", "-q", "--unset=w"]),
    ],
)
@settings(max_examples=500)
@given(data=st.data())
def test_options_that_take_many_words_are_read_alike(name: str, words: list[str], data: st.DataObject) -> None:
    arguments = data.draw(st.lists(st.sampled_from(words)))
    plain = _plain(options_of(name), arguments)
    if plain is not None:
        assert plain == outcome(parse_all, name, arguments)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("status", []),
        ("status", ["-q", "data", "-c", "--remote", "r"]),
        ("push", ["-j", "4", "--remote=r"]),
        ("add", ["--no-commit", "a", "b"]),
        ("remote add", ["-d", "name", "url", "-f"]),
        ("diff", ["HEAD~1", "HEAD"]),
        ("train", ["lr", "--data", "a", "b", "--valid", "c", "-S", "bits=3", "--out", "m", "--data", "d"]),
    ],
)
def test_a_plain_command_line_needs_no_argparse(name, arguments, monkeypatch) -> None:
    options = options_of(name)
    monkeypatch.setitem(sys.modules, "argparse", None)
    monkeypatch.delitem(sys.modules, "tiffin.cli._parser")
    parse(options, name, arguments)
