"""The shape of a metric's history in bounded memory."""

from collections.abc import Iterable
from typing import Final

__all__ = ["Curve", "Point", "thin"]

Point = tuple[float, float]  # x, the step; y, the value
BUCKETS: Final = 1000  # even, as neighbours merge


class Curve:
    """A history as at most 2 * BUCKETS + 2 points, however long it is.

    Each bucket stands for `stride` consecutive values and keeps its lowest and its highest, so that no
    peak is lost; when the buckets are full, neighbours merge and the stride doubles.  The first and the
    last value are kept apart.  Adding costs constant time.
    """

    __slots__ = (
        "_buckets",
        "_high",
        "_in_bucket",
        "_low",
        "_low_is_later",
        "_text",
        "first",
        "last",
        "skipped",
        "stride",
    )

    def __init__(self) -> None:
        self._buckets: list[Point] = []  # two points each, in order of arrival
        # The bucket being filled.
        self._in_bucket = 0
        self._low = self._high = (0.0, 0.0)
        self._low_is_later = False
        self._text: str | None = None
        self.stride = 1
        self.skipped = 0  # values that are not finite numbers
        self.first: Point | None = None
        self.last: Point | None = None

    def add(self, x: float, y: float) -> None:
        """Append a value; NaN and infinities are only counted."""
        self._text = None
        if y - y != 0.0:
            self.skipped += 1
            return
        point = self.last = (x, y)
        if self.first is None:
            self.first = point
        if self._in_bucket == 0:
            self._low = self._high = point
        elif y < self._low[1]:
            self._low = point
            self._low_is_later = True
        elif y > self._high[1]:
            self._high = point
            self._low_is_later = False
        self._in_bucket += 1
        if self._in_bucket == self.stride:
            self._buckets += self._filled()
            self._in_bucket = 0
            if len(self._buckets) == 2 * BUCKETS:
                self._halve()

    def points(self) -> list[Point]:
        """The points to draw, in order of arrival."""
        if self.first is None or self.last is None:
            return []
        chosen = [self.first]
        for point in (*self._buckets, *(self._filled() if self._in_bucket else ()), self.last):
            # A point is the same object wherever it appears, and its copies are neighbours.
            if point is not chosen[-1]:
                chosen.append(point)
        return chosen

    def extremes(self) -> tuple[Point, Point] | None:
        """The lowest and the highest value so far, the first of equal ones; None before two values."""
        points = self.points()
        if len(points) < 2:
            return None
        return min(points, key=_height), max(points, key=_height)

    def json(self) -> str:
        """The points as the JSON text `[[x, ...], [y, ...]]`; kept until the next value arrives."""
        if self._text is None:
            points = self.points()
            xs = ",".join([f"{x:.12g}" for x, _ in points])
            ys = ",".join([f"{y:.8g}" for _, y in points])
            self._text = f"[[{xs}],[{ys}]]"
        return self._text

    def _filled(self) -> tuple[Point, Point]:
        return (self._high, self._low) if self._low_is_later else (self._low, self._high)

    def _halve(self) -> None:
        merged: list[Point] = []
        for index in range(0, len(self._buckets), 4):
            four = self._buckets[index : index + 4]
            low, high = min(four, key=_height), max(four, key=_height)
            merged += (low, high) if _index(four, low) < _index(four, high) else (high, low)
        self._buckets = merged
        self.stride *= 2


def thin(points: Iterable[Point]) -> list[Point]:
    """At most 2 * BUCKETS + 2 of the points, in their order, with every extreme of y."""
    curve = Curve()
    for x, y in points:
        curve.add(x, y)
    return curve.points()


def _height(point: Point) -> float:
    return point[1]


def _index(points: list[Point], wanted: Point) -> int:
    return next(index for index, point in enumerate(points) if point is wanted)
