"""Pipelines as text: a reader can tell every edge from the rails."""

from textwrap import dedent
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiffin.cli._drawing import Drawing, text
from tiffin.cli._rails import rails

GOES_ON, ENDS = "●│├┤┼", "└┘┴"


def edges_in(drawn: str) -> set[tuple[str, str]]:
    """What a reader sees: what is above a node on its own rail, and what a line leads to."""
    holders: dict[int, str] = {}
    found = set()
    for line in drawn.split("\n"):
        row, _, name = line.rpartition(" ")
        cells = {at // 2: mark for at, mark in enumerate(row) if at % 2 == 0 and mark != " "}
        at = next(lane for lane, mark in cells.items() if mark == "●")
        if at in holders:
            found.add((holders[at], name))
        for step in (-1, 1):
            lane = at + step
            while row[2 * lane - step : 2 * lane - step + 1] == "─":
                if cells.get(lane) in tuple("├┤┼└┘┴"):
                    found.add((holders[lane], name))
                lane += step
        holders = {lane: name if lane == at else holders[lane] for lane, mark in cells.items() if mark in GOES_ON}
    return found


@st.composite
def connected(draw: st.DrawFn) -> Drawing:
    count = draw(st.integers(1, 14))
    nodes = [f"n{number}" for number in range(count)]
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    edges = {(min(pair), max(pair)) for pair in draw(st.lists(pairs, max_size=30)) if pair[0] != pair[1]}
    edges |= {(draw(st.integers(0, goal - 1)), goal) for goal in range(1, count)}
    shuffled = draw(st.permutations(nodes))
    return Drawing(shuffled, [(nodes[a], nodes[b]) for a, b in draw(st.permutations(sorted(edges)))])


@given(connected())
def test_the_rails_show_every_edge_and_no_other(drawing: Drawing) -> None:
    drawn = rails(drawing.nodes, drawing.edges)
    shown = [line.rpartition(" ")[2] for line in drawn.split("\n")]
    assert sorted(shown) == sorted(drawing.nodes)
    assert all(shown.index(source) < shown.index(goal) for source, goal in drawing.edges)
    assert edges_in(drawn) == set(drawing.edges)


def test_few_stages_are_boxes_and_many_are_rails() -> None:
    nodes = [f"train@{number}" for number in range(25)]
    edges = [("split", node) for node in nodes[:3]] + [(node, "best") for node in nodes[:3]]
    few = text(Drawing(["split", *nodes[:3], "best"], edges))
    assert "| split |" in few
    alone = text(Drawing(["split", *nodes, "best"], edges))
    assert alone.startswith(
        dedent(
            """\
            ●      split
            ├─●    train@0
            ├─│─●  train@1
            ● │ │  train@2
            ●─┴─┘  best

            ●  train@3
            """
        )
    )


def test_boxes_too_wide_for_a_page_are_rails() -> None:
    nodes = [f"a-stage-with-a-long-name-{number}" for number in range(5)]
    assert "●" in text(Drawing(["first", *nodes], [("first", node) for node in nodes]))


@pytest.mark.parametrize("shape", ["chain", "fan", "apart"])
def test_thousands_of_stages_take_no_time(shape: str) -> None:
    nodes = [f"s{number}" for number in range(5000)]
    edges = {
        "chain": [(nodes[n], nodes[n + 1]) for n in range(4999)],
        "fan": [(nodes[0], node) for node in nodes[1:]],
        "apart": [],
    }[shape]
    before = perf_counter()
    assert len([line for line in text(Drawing(nodes, edges)).split("\n") if line]) == 5000
    assert perf_counter() - before < 2
