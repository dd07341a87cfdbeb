"""KIND LAYERS train DATA MODEL, or predict DATA MODEL PREDICTIONS: networks of DeepCTR-Torch, one pass."""

import sys

import numpy as np
import torch
from criteo_ids import BATCH, BUCKETS, FIELDS, K, read  # type: ignore[import-not-found]  # beside it
from deepctr_torch.inputs import SparseFeat
from deepctr_torch.models import DCN, DeepFM

kind, layers, what, data, path = sys.argv[1:6]
columns = [SparseFeat(f"f{at}", vocabulary_size=BUCKETS, embedding_dim=K) for at in range(FIELDS)]
widths = tuple(map(int, layers.split(",")))
plain = {"dnn_hidden_units": widths, "l2_reg_linear": 0.0, "l2_reg_embedding": 0.0, "device": "cpu"}
if kind == "deepfm":
    model = DeepFM(columns, columns, **plain)
else:
    model = DCN(columns, columns, cross_num=2, cross_parameterization="matrix", l2_reg_cross=0.0, **plain)
ids, labels = read(data)
named = {f"f{at}": ids[:, at] for at in range(FIELDS)}
if what == "train":
    model.compile("adam", "binary_crossentropy")
    model.fit(named, labels, batch_size=BATCH, epochs=1, verbose=0, shuffle=False)
    torch.save(model.state_dict(), path)
else:
    model.load_state_dict(torch.load(path))
    np.savetxt(sys.argv[6], model.predict(named, batch_size=BATCH)[:, 0], "%.7g")
