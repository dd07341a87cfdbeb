"""Every declared optimiser, score and kind of table, together: each is trained, and comes back from its files."""

import itertools
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from math import isfinite
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from tests.learning.test_algorithms import fields_file, pairs_decide
from tiffin.models import BUILT_IN, SETTINGS, has_setting, make_model, terms_of
from tiffin.train import Options, load, train

Write = Callable[[str, str], str]
TABLES: list[dict[str, Any]] = [
    {"table": "fixed", "bits": 10},
    {"table": "exact"},
    {"table": "exact", "admit": 2, "ttl": 150},
    {"table": "exact", "memory": 1 << 20},
]
NETWORKS = ("widedeep", "deepfm", "dcn")
OPTIMIZERS = ("optimizer", "latent_optimizer", "dense_optimizer")


def combinations(name: str) -> Iterator[dict[str, Any]]:
    model = BUILT_IN[name]
    known = [one for one in OPTIMIZERS if has_setting(model, one) and (one != "latent_optimizer" or model.k)]
    for table, *chosen in itertools.product(TABLES, *(SETTINGS[one].choices for one in known)):
        settings = {**table, **dict(zip(known, chosen, strict=True)), "alpha": 0.05}
        settings |= {"k": 2, "latent_alpha": 0.05} if model.k else {}
        settings |= {"layers": "4", "batch": 64} if "mlp" in terms_of(model) else {}
        yield settings | ({"fields": 4} if has_setting(model, "fields") else {})


@pytest.mark.parametrize("name", ["lr", "fm", "ffm", *NETWORKS])
def test_every_combination_learns_and_comes_back(write: Write, tmp_path: Path, name: str) -> None:
    if name in NETWORKS:
        if not find_spec("torch"):
            pytest.skip("PyTorch is not installed")
        import torch

        torch.set_num_threads(1)
    rows = write("rows.ffm", fields_file(300, seed=1, label=pairs_decide))
    seen = 0
    for settings in combinations(name):
        trained = train(make_model(name, settings), [rows], Options(deterministic=True, threads=1))
        assert isfinite(trained.passes[0].learned.loss), settings
        place = tmp_path / "model"
        trained.save(str(place))
        assert load(str(place)).predict([rows]) == trained.predict([rows]), settings
        assert load(str(place), mapped=True).predict([rows]) == trained.predict([rows]), settings
        rmtree(place)
        seen += 1
    assert seen == {"lr": 16, "fm": 64, "ffm": 64}.get(name, 192)
