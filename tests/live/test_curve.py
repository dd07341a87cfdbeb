"""A curve keeps its shape in bounded memory."""

import math
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tiffin.live._curve import BUCKETS, Curve

_heights = st.floats(allow_nan=False, allow_infinity=False, width=32)


def _curve(ys):
    curve = Curve()
    for x, y in enumerate(ys):
        curve.add(x, y)
    return curve


@given(st.lists(_heights, max_size=200))
def test_a_short_history_is_kept_whole(ys):
    assert _curve(ys).points() == list(enumerate(ys))


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2 * BUCKETS, 20 * BUCKETS),
    st.dictionaries(st.integers(0, 20 * BUCKETS), _heights, max_size=8),
    st.floats(-1e-3, 1e-3),
)
def test_a_long_history_keeps_its_ends_its_extremes_and_its_order(length, peaks, slope):
    ys = [peaks.get(x, slope * x) for x in range(length)]
    curve = _curve(ys)
    points = curve.points()
    assert len(points) <= 2 * BUCKETS + 2
    assert points[0] == (0, ys[0])
    assert points[-1] == (length - 1, ys[-1])
    assert all(y == ys[x] for x, y in points)
    assert [x for x, _ in points] == sorted({x for x, _ in points})
    assert {min(ys), max(ys)} <= {y for _, y in points}
    low, high = curve.extremes()
    assert (low[1], high[1]) == (min(ys), max(ys))


def test_every_part_of_a_long_history_is_drawn_as_finely_as_the_others():
    points = _curve([math.sin(x / 50) for x in range(123_456)]).points()
    gaps = [b[0] - a[0] for a, b in pairwise(points)]
    assert max(gaps) <= 4 * 123_456 / BUCKETS


def test_numbers_that_are_not_finite_are_counted():
    curve = _curve([1, math.nan, 2, math.inf, -math.inf])
    assert curve.points() == [(0, 1), (2, 2)]
    assert curve.skipped == 3


def test_the_text_follows_the_points():
    curve = _curve([0.5])
    assert curve.json() == "[[0],[0.5]]"
    curve.add(10, 1 / 3)
    assert curve.json() == "[[0,10],[0.5,0.33333333]]"
    assert _curve([]).json() == "[[],[]]"
