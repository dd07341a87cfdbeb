"""train DATA MODEL, or predict DATA MODEL PREDICTIONS."""

import sys
from pathlib import Path

from tiffin.models import make_model
from tiffin.train import load, train

what, data, model = sys.argv[1:4]
if what == "train":
    train(make_model("lr", {"optimizer": "adagrad", "alpha": 0.1}), [data]).save(model)
else:
    Path(sys.argv[4]).write_text("".join(f"{chance:.7g}\n" for chance in load(model).predict([data])), encoding="ascii")
