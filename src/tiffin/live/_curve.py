"""The shape of a metric's history in bounded memory."""

import math
from typing import Final, NamedTuple

__all__ = ["Curve", "Point", "thin"]

BUCKETS: Final = 1000


class Point(NamedTuple):
    """One value of a history: x is the step."""

    x: float
    y: float


class Curve:
    """A history as at most 2 * BUCKETS + 2 points, however long it is.

    Each bucket stands for `stride` consecutive values and keeps its lowest and its highest, so that no
    peak is lost; when the buckets are full, neighbours merge and the stride doubles.  The first and the
    last value are kept apart.  Adding costs constant time.
    """

    __slots__ = ("_buckets", "_in_last", "_text", "count", "first", "highest", "last", "lowest", "skipped", "stride")

    def __init__(self) -> None:
        self._buckets: list[tuple[Point, Point]] = []  # the two points in order of arrival
        self._in_last = 0
        self._text: str | None = None
        self.stride = 1
        self.count = 0
        self.skipped = 0  # values that are not finite numbers
        self.first: Point | None = None
        self.last: Point | None = None
        self.lowest: Point | None = None
        self.highest: Point | None = None

    def add(self, x: float, y: float) -> None:
        """Append a value; NaN and infinities are only counted."""
        self._text = None
        if not math.isfinite(y):
            self.skipped += 1
            return
        point = Point(x, y)
        self.count += 1
        self.last = point
        if self.first is None or self.lowest is None or self.highest is None:
            self.first = self.lowest = self.highest = point
        if y < self.lowest.y:
            self.lowest = point
        if y > self.highest.y:
            self.highest = point
        self._place(point)

    def points(self) -> list[Point]:
        """The points to draw, in order of arrival."""
        chosen: list[Point] = []
        candidates = [self.first, *(point for bucket in self._buckets for point in bucket), self.last]
        for point in candidates:
            # A point is the same object wherever it appears, and copies of it are neighbours.
            if point is not None and (not chosen or point is not chosen[-1]):
                chosen.append(point)
        return chosen

    def json(self) -> str:
        """The points as the JSON text `[[x, ...], [y, ...]]`; kept until the next value arrives."""
        if self._text is None:
            points = self.points()
            xs = ",".join([f"{point.x:.12g}" for point in points])
            ys = ",".join([f"{point.y:.8g}" for point in points])
            self._text = f"[[{xs}],[{ys}]]"
        return self._text

    def _place(self, point: Point) -> None:
        if self._in_last == self.stride or not self._buckets:
            if len(self._buckets) == BUCKETS:
                self._halve()
            self._buckets.append((point, point))
            self._in_last = 1
            return
        self._buckets[-1] = _extremes((*self._buckets[-1], point))
        self._in_last += 1

    def _halve(self) -> None:
        merged = zip(self._buckets[::2], self._buckets[1::2], strict=True)
        self._buckets = [_extremes((*left, *right)) for left, right in merged]
        self.stride *= 2


def thin(points: list[Point]) -> list[Point]:
    """At most 2 * BUCKETS + 2 of the points, in their order, with every extreme of y."""
    curve = Curve()
    for point in points:
        curve.add(*point)
    return curve.points()


def _extremes(points: tuple[Point, ...]) -> tuple[Point, Point]:
    low = high = 0
    for index, point in enumerate(points):
        if point.y < points[low].y:
            low = index
        if point.y > points[high].y:
            high = index
    return (points[low], points[high]) if low < high else (points[high], points[low])
