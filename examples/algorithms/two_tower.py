"""Two towers in PyTorch: users and items become vectors apart, so that the items for a user can be looked up.

The fields up to `split` say who a user is, the others what an item is (Yi et al., RecSys 2019).
"""

from typing import Any

from torch import nn
from torch.nn import functional

from tiffin.tables import Optimizer, Sparse
from tiffin.train import Algorithm


class TwoTower(Algorithm):
    def __init__(self, fields: int = 4, split: int = 2, k: int = 8, width: int = 16) -> None:
        self.fields, self.split, self.k, self.width = fields, split, k, width
        self.tables = {"v": Sparse(k, Optimizer("adagrad", alpha=0.1), first=0.3)}

    def module(self) -> nn.Module:
        def tower(fields: int) -> nn.Module:
            return nn.Sequential(nn.Linear(fields * self.k, 32), nn.ReLU(), nn.Linear(32, self.width))

        return nn.ModuleDict({"user": tower(self.split), "item": tower(self.fields - self.split)})

    def step(self, batch: Any, tables: Any, dense: Any) -> Any:
        pooled = batch.pool(tables["v"], self.fields)  # (n, fields, k)
        user = dense["user"](pooled[:, : self.split].flatten(1))
        item = dense["item"](pooled[:, self.split :].flatten(1))
        scores = (user * item).sum(1)
        return scores, functional.binary_cross_entropy_with_logits(scores, batch.labels, reduction="none")
