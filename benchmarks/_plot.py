"""Lines on two logarithmic axes, as SVG."""

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

__all__ = ["Series", "log_log"]

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 180, 20, 50


class Series(NamedTuple):
    """One line.  points: (x, y), all positive; dashes: as SVG's stroke-dasharray, "" for a full line."""

    label: str
    points: Sequence[tuple[float, float]]
    colour: str
    dashes: str = ""


class _Axis(NamedTuple):
    """A range of whole decades, and where it lies in the picture."""

    first: int
    last: int
    start: float
    end: float

    def at(self, value: float) -> float:
        share = (math.log10(value) - self.first) / (self.last - self.first)
        return self.start + share * (self.end - self.start)


def log_log(series: Sequence[Series], *, across: str, up: str) -> str:
    """The picture.  across, up: what the axes count."""
    points = [point for line in series for point in line.points]
    x = _axis([x for x, _ in points], LEFT, WIDTH - RIGHT)
    y = _axis([y for _, y in points], HEIGHT - BOTTOM, TOP)
    body = [*_grid(x, y, across, up)]
    for number, line in enumerate(series):
        body += _line(line, x, y, TOP + 18 * number + 10)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
    return "\n".join(
        [f'{head} font-size="12">', f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', *body, "</svg>\n"]
    )


def _axis(values: Sequence[float], start: float, end: float) -> _Axis:
    first = math.floor(math.log10(min(values)))
    last = max(first + 1, math.ceil(math.log10(max(values))))
    return _Axis(first, last, start, end)


def _grid(x: _Axis, y: _Axis, across: str, up: str) -> Iterator[str]:
    for decade in range(x.first, x.last + 1):
        at = x.at(10**decade)
        yield f'<path d="M{at:.1f} {y.start:.1f}V{y.end:.1f}" stroke="#e4e4e4"/>'
        yield f'<text x="{at:.1f}" y="{y.start + 18:.1f}" text-anchor="middle">{10**decade:,}</text>'
    for decade in range(y.first, y.last + 1):
        at = y.at(10.0**decade)
        yield f'<path d="M{x.start:.1f} {at:.1f}H{x.end:.1f}" stroke="#e4e4e4"/>'
        yield f'<text x="{x.start - 8:.1f}" y="{at + 4:.1f}" text-anchor="end">{10.0**decade:g}</text>'
    yield f'<text x="{(x.start + x.end) / 2:.1f}" y="{HEIGHT - 12}" text-anchor="middle">{escape(across)}</text>'
    middle = (y.start + y.end) / 2
    yield f'<text transform="translate(18 {middle:.1f}) rotate(-90)" text-anchor="middle">{escape(up)}</text>'


def _line(line: Series, x: _Axis, y: _Axis, legend: float) -> Iterator[str]:
    style = f'stroke="{line.colour}" stroke-width="2" fill="none"'
    if line.dashes:
        style += f' stroke-dasharray="{line.dashes}"'
    places = [(x.at(across), y.at(up)) for across, up in line.points]
    yield f'<path d="M{" L".join(f"{across:.1f} {up:.1f}" for across, up in places)}" {style}/>'
    for across, up in places:
        yield f'<circle cx="{across:.1f}" cy="{up:.1f}" r="3" fill="{line.colour}"/>'
    yield f'<path d="M{x.end + 15:.1f} {legend:.1f}h26" {style}/>'
    yield f'<text x="{x.end + 48:.1f}" y="{legend + 4:.1f}">{escape(line.label)}</text>'
