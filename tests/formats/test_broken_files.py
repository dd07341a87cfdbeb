r"""Files that break their format: each error says where, what, and what to do.

The cases are in broken/*.txt:   === name \n text of the file \n >>> message with its place \n [>>> hint]
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tiffin.errors import FormatError, YamlError
from tiffin.formats import dvcfile, lock, params, pipeline, yaml

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
