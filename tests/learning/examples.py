"""Examples that follow a hidden model."""

import random

import numpy as np


def libsvm(rows: list[tuple[float, list[tuple[int, float]]]]) -> str:
    return "".join(
        f"{label:g} " + " ".join(f"{feature}:{value!r}" for feature, value in features) + "\n"
        for label, features in rows
    )


def teacher_rows(count: int, *, seed: int, features: int = 40, pairs: bool = False) -> list:
    """Examples whose label follows a linear model, or one of pairs."""
    random_ = random.Random(seed)
    teacher = random.Random(7)
    weights = [teacher.gauss(0, 1.5) for _ in range(features)]
    vectors = [[teacher.gauss(0, 1) for _ in range(2)] for _ in range(features)]
    rows = []
    for _ in range(count):
        chosen = random_.sample(range(features), 6)
        score = sum(weights[i] for i in chosen)
        if pairs:
            score = sum(
                2 * sum(a * b for a, b in zip(vectors[i], vectors[j], strict=True))
                for n, i in enumerate(chosen)
                for j in chosen[n + 1 :]
            )
        label = float(random_.random() < 1 / (1 + np.exp(-score)))
        rows.append((label, [(i, 1.0) for i in chosen]))
    return rows
