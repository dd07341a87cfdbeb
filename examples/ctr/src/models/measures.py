"""How good forecasts of clicks are."""

__all__ = ["auc", "calibration", "logloss"]

import math
from collections.abc import Sequence
from itertools import pairwise


def logloss(labels: Sequence[int], forecasts: Sequence[float]) -> float:
    """Mean logarithmic loss, in nats; lower is better."""
    sure = 1e-12
    losses = (
        -math.log(max(sure, forecast if label else 1 - forecast))
        for label, forecast in zip(labels, forecasts, strict=True)
    )
    return sum(losses) / len(labels)


def auc(labels: Sequence[int], forecasts: Sequence[float]) -> float:
    """The chance that a click is forecast higher than a show without one; equal forecasts count half."""
    order = sorted(range(len(labels)), key=forecasts.__getitem__)
    ranks, at = 0.0, 0
    while at < len(order):
        end = at
        while end < len(order) and forecasts[order[end]] == forecasts[order[at]]:
            end += 1
        ranks += (at + 1 + end) / 2 * sum(labels[show] for show in order[at:end])
        at = end
    clicks = sum(labels)
    others = len(labels) - clicks
    return (ranks - clicks * (clicks + 1) / 2) / (clicks * others) if clicks and others else 0.5


def calibration(labels: Sequence[int], forecasts: Sequence[float], groups: int = 10) -> list[tuple[float, float]]:
    """(mean forecast, click rate) of equally large groups, from the lowest forecasts to the highest."""
    order = sorted(range(len(labels)), key=forecasts.__getitem__)
    cuts = [len(order) * group // groups for group in range(groups + 1)]
    parts = [order[start:end] for start, end in pairwise(cuts) if start < end]
    return [
        (sum(forecasts[show] for show in part) / len(part), sum(labels[show] for show in part) / len(part))
        for part in parts
    ]
