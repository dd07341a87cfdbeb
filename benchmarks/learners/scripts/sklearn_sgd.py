"""train DATA MODEL, or predict DATA MODEL PREDICTIONS: SGDClassifier on hashed features, in batches."""

import itertools
import math
import sys
from collections.abc import Iterator

import joblib
import numpy as np
from sklearn.feature_extraction import FeatureHasher
from sklearn.linear_model import SGDClassifier

BATCH = 10_000
hasher = FeatureHasher(1 << 22, input_type="string", alternate_sign=False, dtype=np.float32)


def bucket(text: str) -> str:
    """Integers as the Criteo competition cut them."""
    value = int(text)
    return text if value <= 2 else f"s{int(math.log(value) ** 2)}"


def batches(path: str) -> Iterator[tuple[object, np.ndarray]]:
    """Features and labels of so many lines at a time."""
    with open(path, encoding="ascii") as file:
        while lines := list(itertools.islice(file, BATCH)):
            cells = [line.rstrip("\n").split("\t") for line in lines]
            features = [
                [f"{at}={bucket(cell) if at <= 13 else cell}" for at, cell in enumerate(row) if at and cell]
                for row in cells
            ]
            yield hasher.transform(features), np.array([int(row[0]) for row in cells])


what, data, model = sys.argv[1:4]
if what == "train":
    learner = SGDClassifier(loss="log_loss", penalty=None, learning_rate="constant", eta0=0.02)
    for X, y in batches(data):
        learner.partial_fit(X, y, classes=[0, 1])
    joblib.dump(learner.sparsify(), model)
else:
    learner = joblib.load(model)
    np.savetxt(sys.argv[4], np.concatenate([learner.predict_proba(X)[:, 1] for X, _ in batches(data)]), "%.7g")
