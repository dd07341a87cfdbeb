"""Logistic regression over sparse features, each of which is there or not."""

__all__ = ["Show", "Weights", "learn", "predict", "read_shows"]

import math
from collections.abc import Iterable
from pathlib import Path

# A label, and the places of the features.
Show = tuple[int, list[int]]
# Place -> weight; what was never seen weighs nothing.
Weights = dict[int, float]


def read_shows(path: Path) -> list[Show]:
    """Read what `build_features` wrote."""
    lines = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
    return [(int(label), [int(place) for place in found]) for label, *found in lines]


def predict(weights: Weights, places: Iterable[int]) -> float:
    """The probability of a click."""
    score = sum(weights.get(place, 0.0) for place in places)
    # Far out the answer is 0 or 1, and exp overflows.
    return 1 / (1 + math.exp(-max(-35.0, min(35.0, score))))


def learn(weights: Weights, sums: Weights, shows: Iterable[Show], *, alpha: float, l2: float) -> None:
    """Go through the shows once, in their order, with AdaGrad's steps: the more often a feature came, the smaller.

    sums: the squared gradients so far, by place; changed like the weights.
    """
    for label, places in shows:
        error = predict(weights, places) - label
        for place in places:
            weight = weights.get(place, 0.0)
            gradient = error + l2 * weight
            sums[place] = sums.get(place, 1e-8) + gradient * gradient
            weights[place] = weight - alpha * gradient / math.sqrt(sums[place])
