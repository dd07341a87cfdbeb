"""KIND LAYERS train DATA MODEL, or predict DATA MODEL PREDICTIONS: the same networks in plain PyTorch, one pass.

Embeddings have sparse gradients and AdaGrad, layers Adam.
"""

import sys
from itertools import pairwise

import numpy as np
import torch
from criteo_ids import BUCKETS, FIELDS, K, parts, read  # type: ignore[import-not-found]  # beside it
from torch import Tensor, nn

kind, layers, what, data, path = sys.argv[1:6]
WIDTH = FIELDS * K
widths = [WIDTH, *map(int, layers.split(","))]


class Network(nn.Module):
    """DeepFM or DCNv2."""

    def __init__(self) -> None:
        super().__init__()
        self.vectors = nn.Embedding(FIELDS * BUCKETS, K, sparse=True)
        self.weights = nn.EmbeddingBag(FIELDS * BUCKETS, 1, mode="sum", sparse=True)
        nn.init.uniform_(self.vectors.weight, -0.025, 0.025)
        nn.init.zeros_(self.weights.weight)
        hidden = [part for a, b in pairwise(widths) for part in (nn.Linear(a, b), nn.ReLU())]
        self.mlp = nn.Sequential(*hidden, nn.Linear(widths[-1], 1))
        self.cross = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(2 if kind == "dcn" else 0))
        self.cross_out = nn.Linear(WIDTH, 1, bias=False)

    def forward(self, places: Tensor) -> Tensor:
        """The logits of rows (n, 39) of the tables: (n,)."""
        v = self.vectors(places)
        flat = v.flatten(1)
        scores: Tensor = self.weights(places)[:, 0] + self.mlp(flat)[:, 0]
        if kind == "dcn":
            crossed = flat
            for layer in self.cross:
                crossed = torch.addcmul(crossed, flat, layer(crossed))
            scores = scores + self.cross_out(crossed)[:, 0]
        else:
            sums = v.sum(1)
            scores = scores + 0.5 * (sums * sums - (v * v).sum(1)).sum(1)
        return scores


torch.manual_seed(0)
model = Network()
ids, labels = read(data)
places = torch.from_numpy(ids + np.arange(FIELDS) * BUCKETS)
wanted = torch.from_numpy(labels)
if what == "train":
    tables = [*model.vectors.parameters(), *model.weights.parameters()]
    dense = [*model.mlp.parameters(), *model.cross.parameters(), *model.cross_out.parameters()]
    optimizers = [torch.optim.Adagrad(tables, lr=0.05), torch.optim.Adam(dense, lr=0.001, fused=True)]
    for part in parts(len(labels)):
        nn.functional.binary_cross_entropy_with_logits(model(places[part]), wanted[part]).backward()  # type: ignore[no-untyped-call]
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
    torch.save(model.state_dict(), path)
else:
    model.load_state_dict(torch.load(path))
    with torch.no_grad():
        scores = torch.cat([model(places[part]) for part in parts(len(labels))])
    np.savetxt(sys.argv[6], scores.sigmoid().numpy(), "%.7g")
