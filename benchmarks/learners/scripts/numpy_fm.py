"""A factorisation machine in NumPy, as docs/how-to/write-an-algorithm.md has it."""

from typing import Any

from tiffin.tables import Dense, Optimizer, Sparse
from tiffin.train import Algorithm, sigmoid


class FM(Algorithm):
    """Weights and latent vectors whose products are added."""

    def __init__(self, k: int = 8) -> None:
        self.tables = {
            "w": Sparse(1, Optimizer("adagrad", alpha=0.1), bits=20),
            "v": Sparse(k, Optimizer("adagrad", alpha=0.05), first=0.1, bits=20),
        }
        self.dense = {"bias": Dense(())}

    def step(self, batch: Any, tables: Any, dense: Any) -> Any:
        """Scores of a batch, and the gradients."""
        v = tables["v"]
        sums = batch.pool(v)
        pairs = 0.5 * (sums**2 - batch.pool(v**2, squared=True)).sum(1)
        scores = dense["bias"] + batch.pool(tables["w"])[:, 0] + pairs
        slopes = ((sigmoid(scores) - batch.labels) * batch.weights)[:, None]
        tables.grad("w", batch.unpool(slopes))
        tables.grad("v", batch.unpool(slopes * sums) - v * batch.unpool(slopes, squared=True))
        dense.grad("bias", slopes.sum())
        return scores
