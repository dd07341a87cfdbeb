"""train DATA MODEL, or predict DATA MODEL PREDICTIONS: logistic regression by AdaGrad, row by row."""

import math
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

from river import linear_model, optim


def rows(path: str) -> Iterator[tuple[dict[str, int], int]]:
    """Features and label of each line; integers as the Criteo competition cut them."""
    with open(path, encoding="ascii") as file:
        for line in file:
            cells = line.rstrip("\n").split("\t")
            features = {}
            for at, cell in enumerate(cells):
                if not at or not cell:
                    continue
                value = int(cell) if at <= 13 else 0
                features[f"{at}={cell if value <= 2 else f's{int(math.log(value) ** 2)}'}"] = 1
            yield features, int(cells[0])


what, data, model = sys.argv[1:4]
if what == "train":
    learner = linear_model.LogisticRegression(optim.AdaGrad(0.1))
    for x, y in rows(data):
        learner.learn_one(x, y)
    Path(model).write_bytes(pickle.dumps(learner))
else:
    learner = pickle.loads(Path(model).read_bytes())  # noqa: S301 - written a moment ago
    with open(sys.argv[4], "w", encoding="ascii") as file:
        file.writelines(f"{learner.predict_proba_one(x)[True]:.7g}\n" for x, _ in rows(data))
