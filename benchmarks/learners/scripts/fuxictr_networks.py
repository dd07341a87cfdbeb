"""KIND LAYERS train DATA MODEL, or predict DATA MODEL PREDICTIONS: networks of FuxiCTR's layers, one pass."""

import sys
import tempfile
from typing import Any

import numpy as np
import torch
from criteo_ids import BUCKETS, FIELDS, K, parts, read  # type: ignore[import-not-found]  # beside it
from fuxictr.features import FeatureMap
from fuxictr.pytorch.layers import CrossNetV2, FactorizationMachine, FeatureEmbedding, LogisticRegression, MLP_Block
from fuxictr.pytorch.models import BaseModel

kind, layers, what, data, path = sys.argv[1:6]
WIDTHS = list(map(int, layers.split(",")))


class Network(BaseModel):  # type: ignore[misc]
    """DeepFM or DCNv2, as FuxiCTR's model zoo puts them together."""

    def __init__(self, features: FeatureMap) -> None:
        folder = tempfile.gettempdir()
        super().__init__(features, metrics=["AUC"], verbose=0, model_root=folder)
        width = features.sum_emb_out_dim()
        self.embedding_layer = FeatureEmbedding(features, K)
        if kind == "deepfm":
            self.fm = FactorizationMachine(features)
        else:
            self.linear = LogisticRegression(features)
            self.cross, self.cross_out = CrossNetV2(width, 2), torch.nn.Linear(width, 1)
        self.mlp = MLP_Block(input_dim=width, output_dim=1, hidden_units=WIDTHS)
        self.compile("adam", "binary_crossentropy", 1e-3)
        self.reset_parameters()

    def forward(self, inputs: dict[str, torch.Tensor]) -> dict[str, Any]:
        """As all its models do."""
        found = self.get_inputs(inputs)
        vectors = self.embedding_layer(found)
        flat = vectors.flatten(start_dim=1)
        scores = self.mlp(flat)
        if kind == "deepfm":
            scores = scores + self.fm(found, vectors)
        else:
            scores = scores + self.linear(found) + self.cross_out(self.cross(flat))
        return {"y_pred": self.output_activation(scores)}


features = FeatureMap("criteo", tempfile.gettempdir())
features.labels, features.default_emb_dim = ["label"], K
for at in range(FIELDS):
    features.features[f"f{at}"] = {"source": "", "type": "categorical", "vocab_size": BUCKETS}
features.num_fields = features.get_num_fields()
features.set_column_index()
model = Network(features)
ids, labels = read(data)
columns, wanted = torch.from_numpy(ids), torch.from_numpy(labels)
batches = [
    {**{f"f{at}": columns[part, at] for at in range(FIELDS)}, "label": wanted[part]} for part in parts(len(labels))
]
if what == "train":
    model._max_gradient_norm = 10.0  # noqa: SLF001 - as its `fit` has it
    model.train()
    for batch in batches:
        model.train_step(batch)
    torch.save(model.state_dict(), path)
else:
    model.load_state_dict(torch.load(path))
    model.eval()
    with torch.no_grad():
        np.savetxt(sys.argv[6], np.concatenate([model(batch)["y_pred"][:, 0].numpy() for batch in batches]), "%.7g")
