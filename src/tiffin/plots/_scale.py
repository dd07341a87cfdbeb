"""Numbers on an axis: where they lie, which ones are written, and how."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["Scale", "scale_of", "short"]


class Scale(NamedTuple):
    """From values between low and high to places between start and end."""

    low: float
    high: float
    start: float
    end: float
    ticks: Sequence[tuple[float, str]]

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def scale_of(
    values: Iterable[float],
    start: float,
    end: float,
    *,
    names: Sequence[str] = (),
    zero: bool = False,
    ticks: int = 5,
    margin: float = 0.04,
) -> Scale:
    """The scale that takes in all values; zero: and 0.  names: what the places 0, 1, ... are called."""
    if names:
        shown = range(0, len(names), max(1, math.ceil(len(names) / (2 * ticks))))
        return Scale(-0.5, len(names) - 0.5, start, end, [(float(index), names[index]) for index in shown])
    low, high = math.inf, -math.inf
    for value in (*values, *([0.0] if zero else [])):
        low, high = min(low, value), max(high, value)
    if low > high:
        low, high = 0.0, 1.0
    size = max(abs(low), abs(high))
    if high - low <= size * 1e-12 or size < 1e-290:  # digits that a scale cannot show
        pad = size * 0.1 if size >= 1e-290 else 1.0
        low, high = low - pad, high + pad
    else:
        pad = (high - low) * margin
        low, high = (0.0 if zero and low == 0 else low - pad), (0.0 if zero and high == 0 else high + pad)
    return Scale(low, high, start, end, [(value, short(value)) for value in _round_values(low, high, ticks)])


def short(value: float) -> str:
    """A number with the digits that tell something."""
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e6:
        mantissa, _, power = f"{value:.2e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(power)}"
    return f"{value:.4g}" if abs(value) < 1 else f"{value:.6g}"


def _round_values(low: float, high: float, count: int) -> list[float]:
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(step * power for step in (1, 2, 5, 10) if step * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [index * step for index in range(first, first + count + 2) if index * step <= high + step * 1e-9]
