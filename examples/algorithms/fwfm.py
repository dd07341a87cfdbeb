"""A field-weighted factorisation machine with focal loss, in NumPy.

Pairs of vectors count by how much their fields have to do with each other (Pan et al., WWW 2018), and examples that are
hard count more (Lin et al., ICCV 2017).
"""

from typing import Any

import numpy as np

from tiffin.tables import Dense, Optimizer, Sparse
from tiffin.train import Algorithm, sigmoid


class FieldWeightedFM(Algorithm):
    def __init__(self, fields: int = 39, k: int = 8, gamma: float = 1.0) -> None:
        self.fields, self.gamma = fields, gamma
        self.tables = {"w": Sparse(1, Optimizer("ftrl", alpha=0.1)), "v": Sparse(k, Optimizer("adagrad"), first=0.3)}
        self.dense = {"bias": Dense(()), "pairs": Dense((fields, fields), Optimizer("adagrad", alpha=0.1), first=1.0)}

    def step(self, batch: Any, tables: Any, dense: Any) -> Any:
        n, v = len(batch), batch.pool(tables["v"], self.fields)  # (n, fields, k)
        weights = dense["pairs"] + dense["pairs"].T
        np.fill_diagonal(weights, 0)
        met = weights @ v  # what each field meets in the others
        scores = dense["bias"] + batch.pool(tables["w"])[:, 0] + 0.5 * (v * met).reshape(n, -1).sum(1)

        right = np.where(batch.labels > 0, sigmoid(scores), sigmoid(-scores))  # the chance given to what happened
        away = (1 - right) ** self.gamma * (self.gamma * right * np.log(right) - (1 - right))
        slopes = (np.where(batch.labels > 0, away, -away) * batch.weights).astype("f4")

        tables.grad("w", batch.unpool(slopes[:, None]))
        tables.grad("v", batch.unpool(slopes[:, None, None] * met))
        dense.grad("bias", slopes.sum())
        dense.grad("pairs", np.tensordot(slopes[:, None, None] * v, v, axes=((0, 2), (0, 2))))
        return scores
