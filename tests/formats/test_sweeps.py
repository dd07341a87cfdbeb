"""Several values for a parameter, beside Hydra's own reading of them."""

import pytest
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st

from tiffin.errors import OverrideError
from tiffin.formats.overrides import parse_override
from tiffin.formats.sweeps import combinations, is_sweep


def _hydra(changes: list[str]) -> list[list[str]]:
    return BasicSweeper.split_arguments(OverridesParser.create().parse_overrides(changes), None)[0]


def _values(found: list[list[str]]) -> list[list[object]]:
    return [[(change.name, change.value) for change in map(parse_override, each)] for each in found]


@pytest.mark.parametrize(
    "changes",
    [
        ["lr=1,2"],
        ["lr=1,2.5,text,null,true"],
        ["lr=1,2", "depth=3,4,5"],
        ["lr=range(1,4)"],
        ["lr=range(3)"],
        ["lr=range(0,1,0.25)"],
        ["lr=range(5,1,-2)"],
        ["lr=range(start=1,stop=3)"],
        ["lr=choice(a)"],
        ["lr=choice(a,b)", "+new=1"],
        ["lr=[1,2],[3]"],
        ["lr='a,b',c"],
        ["lr=1"],
        ["lr='a,b'"],
    ],
    ids=" ".join,
)
def test_the_combinations_are_hydras(changes: list[str]) -> None:
    assert _values(combinations(changes)) == _values(_hydra(changes))
    assert any(map(is_sweep, changes)) == (len(_hydra(changes)) > 1 or "choice" in changes[0])


@given(st.lists(st.lists(st.integers(-9, 9), min_size=1, max_size=4), min_size=1, max_size=3))
def test_all_combinations_come_in_hydras_order(values: list[list[int]]) -> None:
    changes = [f"p{at}={','.join(map(str, each))}" for at, each in enumerate(values)]
    assert _values(combinations(changes)) == _values(_hydra(changes))


def test_deletions_and_files_are_left_as_they_are() -> None:
    assert combinations(["~gone", "other.yaml:x=1,2"]) == [["~gone", "other.yaml:x=1"], ["~gone", "other.yaml:x=2"]]


@pytest.mark.parametrize("change", ["lr=range(1,2,0)", "lr=range()", "lr=range(a)", "lr=range(1,2,3,4)", "lr=choice()"])
def test_sweeps_that_say_nothing(change: str) -> None:
    with pytest.raises(OverrideError, match="cannot set"):
        combinations([change])


def test_too_many() -> None:
    with pytest.raises(OverrideError, match="1000000 combinations"):
        combinations(["a=range(1000)", "b=range(1000)"])
    with pytest.raises(OverrideError, match="more than 100000 values"):
        combinations(["a=range(0,1,1e-9)"])
