"""Matrix factorisation that ranks: what a user took before what another one took (Rendle et al., BPR, UAI 2009).

An example has a user as field 0 and an item as field 1, as in "1 0:17:1 1:4:1"; label 1: the user took it.
"""

from typing import Any

import numpy as np

from tiffin.tables import Optimizer, Sparse
from tiffin.train import Algorithm, sigmoid


class BPR(Algorithm):
    loss = None  # of its own
    fields = 2

    def __init__(self, k: int = 16, alpha: float = 0.1) -> None:
        self.tables = {"v": Sparse(k, Optimizer("adagrad", alpha=alpha), first=0.5)}

    def step(self, batch: Any, tables: Any, dense: Any) -> Any:
        pooled = batch.pool(tables["v"], 2)  # (n, 2, k)
        users, items = pooled[:, 0], pooled[:, 1]
        scores = (users * items).sum(1)

        other = batch.random.permutation(len(batch))  # each item is the worse one for one other user
        margins = scores - (users * items[other]).sum(1)
        slopes = np.where(batch.labels > 0, -sigmoid(-margins) * batch.weights, 0)[:, None]
        gradient = np.stack([slopes * (items - items[other]), slopes * users], axis=1)
        gradient[other, 1] -= slopes * users
        tables.grad("v", batch.unpool(gradient))
        return scores, -np.log(sigmoid(margins))
