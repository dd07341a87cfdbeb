r"""Files that break their format: each error says where, what, and what to do.

The cases are in broken/*.txt:   === name \n text of the file \n >>> message with its place \n [>>> hint]
"""

import re
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import pytest

from tiffin.errors import FormatError, OverrideError, YamlError
from tiffin.formats import dvcfile, lock, overrides, params, pipeline, template, yaml

BROKEN = Path(__file__).with_name("broken")


class Case(NamedTuple):
    """A file and its error."""

    name: str
    text: str
    message: str
    hint: str | None


def cases(file: str) -> list[Any]:
    found = []
    for block in re.split(r"^=== ", (BROKEN / file).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, _, rest = block.partition("\n")
        text, *said = re.split(r"^>>> ", rest, flags=re.MULTILINE)
        message, *hint = (line.strip() for line in said)
        found.append(pytest.param(Case(name, text, message, hint[0] if hint else None), id=name))
    return found


def nowhere(path: str) -> Any:
    raise FileNotFoundError(path)


def read_pipeline(text: str) -> None:
    file = pipeline.parse(text, "dvc.yaml", read=nowhere)
    file.stages()
    assert [file.params, file.metrics, file.plots, file.artifacts, file.datasets]


def read_lock(text: str) -> None:
    lock.parse(text, "dvc.lock")
    lock.parse_datasets(text, "dvc.lock")


def fails_as_said(case: Case, read: Callable[[str], object]) -> None:
    with pytest.raises(FormatError) as caught:
        read(case.text)
    assert (caught.value.message, caught.value.hint) == (case.message, case.hint)
    lines = case.text.split("\n")
    assert 1 <= (caught.value.line or 0) <= len(lines)
    assert 1 <= (caught.value.column or 0) <= len(lines[(caught.value.line or 0) - 1]) + 1


@pytest.mark.parametrize("case", cases("dvc.yaml.txt"))
def test_a_broken_pipeline(case: Case) -> None:
    fails_as_said(case, read_pipeline)


@pytest.mark.parametrize("case", cases("dvc.lock.txt"))
def test_a_broken_lock(case: Case) -> None:
    fails_as_said(case, read_lock)


@pytest.mark.parametrize("case", cases("data.dvc.txt"))
def test_a_broken_dvc_file(case: Case) -> None:
    fails_as_said(case, lambda text: dvcfile.parse(text, "data.dvc"))


@pytest.mark.parametrize("case", cases("params.txt"))
def test_a_broken_parameter_file(case: Case) -> None:
    fails_as_said(case, lambda text: params.load(text, case.name.split()[0]))


@pytest.mark.parametrize("path", ["a.yaml", "a.json", "a.toml"])
def test_bytes_that_are_no_text_are_found(path: str) -> None:
    with pytest.raises(FormatError) as caught:
        params.load(b'{"a": 1,\n"\xc3\xa9": "\xff"}', path)
    assert (caught.value.message, caught.value.hint) == (f"{path}:2:7: not valid UTF-8", "save the file as UTF-8")


def test_a_control_character_is_found() -> None:
    with pytest.raises(YamlError) as caught:
        yaml.load('a: 1\nb: "a\x01b"\n', "dvc.yaml")
    assert caught.value.message == "dvc.yaml:2:6: the character U+0001 may not be in a YAML file"
    assert caught.value.hint == "write it as an escape in double quotes"


@pytest.mark.parametrize("value", ["2020-13-01", "9" * 5000])
def test_a_value_that_python_cannot_hold_is_found(value: str) -> None:
    with pytest.raises(YamlError, match=r"^params.yaml:3:6: a value cannot be read: ") as caught:
        yaml.load(f"a: 1\nb:\n- c: {value}\n", "params.yaml")
    assert (caught.value.line, caught.value.column) == (3, 6)


def test_what_is_nested_too_deeply_is_refused_at_once() -> None:
    for text in ("stages: " + "[" * 100_000, "stages:\n  s:\n    cmd: x\n    meta: " + "[" * 400 + "]" * 400):
        with pytest.raises(FormatError, match="nested too deeply"):
            read_pipeline(text)
    for value in ("[", "{a:", "int("):
        with pytest.raises(OverrideError, match="nested too deeply"):
            overrides.parse_override("a=" + value * 100_000)


def test_a_hundred_thousand_parameters_are_no_burden() -> None:
    values = "".join(f"key{number}: {number}\n" for number in range(100_000)) + "day: 2020-01-01\n"
    before = perf_counter()
    file = pipeline.parse(
        "stages: {s: {cmd: '${kye99}'}, t: {cmd: 'x ${key7}'}}", "dvc.yaml", read=lambda path: params.load(values, path)
    )
    assert file.stage("t").cmd == "x 7"
    with pytest.raises(FormatError) as caught:
        file.stage("s")
    assert caught.value.hint == "did you mean 'key99'?"
    assert perf_counter() - before < 10


def test_any_number_of_braces_is_read_in_one_pass() -> None:
    before = perf_counter()
    for text in ("${" * 100_000, "\\${" * 100_000 + "}", "${\n" * 100_000 + "}"):
        assert not template.has_expression(text) or text.endswith("}")
    assert perf_counter() - before < 2


LARGE = "stages:\n" + "".join(
    f"  s{number}:\n    cmd: |\n      echo {number}\n       deps: none\n\n    deps:\n    - a{number}\n    # note\n"
    for number in range(3000)
)


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_in_a_large_file_the_place_is_the_same(place: str) -> None:
    number = {"first": 0, "middle": 1500, "last": 2999}[place]
    broken = LARGE.replace(f"- a{number}\n", "- a\n    dep: [x]\n", 1)
    line = broken.split("\n").index("    dep: [x]") + 1
    with pytest.raises(FormatError, match=f"^dvc.yaml:{line}:5: unknown key 'dep' in 'stages.s{number}'$"):
        read_pipeline(broken)


def test_what_breaks_the_schema_breaks_dvcs_too() -> None:
    from dvc.schema import COMPILED_MULTI_STAGE_SCHEMA
    from voluptuous import MultipleInvalid

    # DVC finds these out when a stage is loaded, or not at all.
    later = {"params str", "foreach do matrix"}
    for case in (parameter.values[0] for parameter in cases("dvc.yaml.txt")):
        try:
            value = yaml.load(case.text, "dvc.yaml")
        except YamlError:
            continue
        if "${" in case.text or case.name in later or "dataset" in case.text:
            continue
        with pytest.raises(MultipleInvalid):
            COMPILED_MULTI_STAGE_SCHEMA(value)
