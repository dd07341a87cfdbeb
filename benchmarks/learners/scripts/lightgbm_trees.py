"""train DATA MODEL, or predict DATA MODEL PREDICTIONS: 100 trees of LightGBM's defaults."""

import sys

import lightgbm
import numpy as np
import polars as pl

what, data, path = sys.argv[1:4]
table = pl.read_parquet(data)
rows, labels = table.drop("label").to_numpy(), table["label"].to_numpy()
if what == "train":
    settings = {"objective": "binary", "verbosity": -1, "deterministic": True, "force_row_wise": True, "seed": 0}
    lightgbm.train(settings, lightgbm.Dataset(rows, labels), 100).save_model(path)
else:
    np.savetxt(sys.argv[4], lightgbm.Booster(model_file=path).predict(rows), "%.7g")
