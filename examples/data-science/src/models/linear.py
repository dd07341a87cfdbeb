"""A linear model: a weight for each feature, and one for none."""

__all__ = ["fit", "predict"]

from collections.abc import Sequence


def fit(rows: Sequence[Sequence[float]], targets: Sequence[float], ridge: float) -> list[float]:
    """The weights that make the squared errors and ridge times the squared weights least; the first is the base."""
    width = len(rows[0]) + 1
    square = [[0.0] * width for _ in range(width)]
    right = [0.0] * width
    for row, target in zip(rows, targets, strict=True):
        extended = (1.0, *row)
        for i, left in enumerate(extended):
            right[i] += left * target
            line = square[i]
            for j in range(i, width):
                line[j] += left * extended[j]
    for i in range(width):
        square[i][i] += ridge if i else 0.0
        for j in range(i):
            square[i][j] = square[j][i]
    return _solved(square, right)


def predict(weights: Sequence[float], row: Sequence[float]) -> float:
    """The model's answer for one row of features."""
    return weights[0] + sum(weight * value for weight, value in zip(weights[1:], row, strict=True))


def _solved(square: list[list[float]], right: list[float]) -> list[float]:
    """Gauss's elimination, with the largest pivot first."""
    lines = [[*line, value] for line, value in zip(square, right, strict=True)]
    size = len(lines)
    for at in range(size):
        best = max(range(at, size), key=lambda row: abs(lines[row][at]))
        lines[at], lines[best] = lines[best], lines[at]
        for below in range(at + 1, size):
            share = lines[below][at] / lines[at][at]
            for column in range(at, size + 1):
                lines[below][column] -= share * lines[at][column]
    found = [0.0] * size
    for at in reversed(range(size)):
        known = sum(lines[at][column] * found[column] for column in range(at + 1, size))
        found[at] = (lines[at][size] - known) / lines[at][at]
    return found
