"""Models with a network among their terms: Wide & Deep, DeepFM, DCNv2.

Each field of an example is a slot with the sum of the vectors of its features; what formats have no fields is one slot.
The slots, side by side, go into the networks:

    mlp      fully connected layers (Cheng et al., Wide & Deep, 2016)
    cross    x[l + 1] = x[0] * (W x[l] + b) + x[l] (Wang et al., DCN V2, 2021)

and the terms linear and fm are those of the other engines.  All terms are added up.

With softmax, and of several tasks, there are weights, and ends of the networks, for each class or task; the products of
pairs are added up by place of the vectors, and each has its weights for the places, which begin as 1 (He, Chua, Neural
FM, 2017, without layers).  What all tasks share are the vectors and the layers before the last one (Caruana, Multitask
Learning, 1997).
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from tiffin.errors import ConfigError, FormatError
from tiffin.models import Manifest, Model, outputs_of, terms_of
from tiffin.tables import Optimizer, Sparse, shapes_of
from tiffin.train._batchwise import Batchwise
from tiffin.train._torch_parts import check_shapes
from tiffin.train._torch_runner import TorchBatch, TorchRunner

__all__ = ["Deep", "load", "new"]

_FIELDS = {"criteo": 39}
_WITHOUT_FIELDS = ("libsvm", "vw", "matrix")
_MOST_WIDTH = 1 << 16
_OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adagrad": torch.optim.Adagrad,
    "sgd": torch.optim.SGD,
}


class Deep(Batchwise):
    """A model of tables and a network."""

    def __init__(self, model: Model, data_format: str, *, state: bool = True, trained_rows: int = 0) -> None:
        runner = TorchRunner(_Network(model))
        super().__init__(model, data_format, runner, state=state, trained_rows=trained_rows)


class _Network:
    """A model as an algorithm in PyTorch."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._terms = terms_of(model)
        self.loss, self.rows, self.seed, self.device = model.loss, model.batch, model.seed, model.device
        self.fields = 0 if model.fields == 1 else model.fields
        self.outputs = outputs_of(model)
        weights = Optimizer(model.optimizer, model.alpha, model.beta, model.l1, model.l2)
        vectors = Optimizer(
            model.latent_optimizer, model.latent_alpha, model.latent_beta, model.latent_l1, model.latent_l2
        )
        tables = {"latent": _table(model, model.k, vectors, model.first)}
        if "linear" in self._terms:
            tables["weights"] = _table(model, self.outputs, weights)
        whole = sum(table.width for table in tables.values())
        self.tables = {
            name: table._replace(memory=model.memory * table.width // whole) for name, table in tables.items()
        }

    def module(self) -> nn.Module:
        return _Towers(self._model)

    def optimizer(self, module: nn.Module) -> torch.optim.Optimizer:
        kind = _OPTIMIZERS[self._model.dense_optimizer]
        return kind(module.parameters(), lr=self._model.dense_alpha, fused=True)  # one call a step, not ten a parameter

    def step(self, batch: TorchBatch, tables: Any, towers: "_Towers") -> tuple[Tensor, Tensor]:
        vectors = tables["latent"]
        scores: Tensor = towers(batch.pool(vectors, self._model.fields).flatten(1))
        if "linear" in self._terms:
            scores = scores + batch.pool(tables["weights"])
        if towers.pairs is not None:
            sums, squares = batch.pool(vectors), batch.pool(vectors * vectors, squared=True)
            scores = scores + towers.pairs(0.5 * (sums * sums - squares))
        elif "fm" in self._terms:
            scores = scores + batch.pairs(vectors)[:, None]
        if self.loss == "softmax":
            classes = batch.labels.nan_to_num().clamp(0, self.outputs - 1).long()  # any, where nothing is learned
            return scores, functional.cross_entropy(scores, classes, reduction="none")
        if self.outputs == 1:
            return scores[:, 0], _losses(self.loss, scores[:, 0], batch.labels)
        if batch.native.tasks != self.outputs:  # they were not asked for
            return scores, scores.detach()[:, 0]
        labels = batch.labels.view(-1, self.outputs)
        known = ~labels.isnan()
        return scores, (_losses(self.loss, scores, labels.nan_to_num()) * known).sum(1)


class _Towers(nn.Module):
    """The networks over the slots of an example, (n, fields * k) -> (n, outputs), and the constants.

    pairs: of several outputs from products of pairs, (n, k) -> (n, outputs).
    """

    def __init__(self, model: Model) -> None:
        super().__init__()
        terms, outputs = terms_of(model), outputs_of(model)
        width = model.fields * model.k
        self.bias = nn.Parameter(torch.zeros(() if outputs == 1 else outputs))
        self.mlp = _mlp([width, *_widths_of(model)], outputs, model.dropout) if "mlp" in terms else None
        self.cross = nn.ModuleList(
            nn.Linear(width, width) for _ in range(model.cross_layers if "cross" in terms else 0)
        )
        self.cross_out = nn.Linear(width, outputs, bias=False) if "cross" in terms else None
        self.pairs = nn.Linear(model.k, outputs, bias=False) if "fm" in terms and outputs > 1 else None
        if self.pairs is not None:
            nn.init.ones_(self.pairs.weight)

    def forward(self, slots: Tensor) -> Tensor:
        scores = self.bias
        if self.mlp is not None:
            scores = scores + self.mlp(slots)
        if self.cross_out is not None:
            crossed = slots
            for layer in self.cross:
                crossed = torch.addcmul(crossed, slots, layer(crossed))
            scores = scores + self.cross_out(crossed)
        return scores


def _table(model: Model, width: int, optimizer: Optimizer, first: float = 0.0) -> Sparse:
    return Sparse(
        width, optimizer, first, model.bits, model.table, model.admit, model.ttl, spill=model.spill, decay=model.decay
    )


def _mlp(widths: Sequence[int], outputs: int, dropout: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
        layers += [nn.Dropout(dropout)] if dropout > 0 else []
    return nn.Sequential(*layers, nn.Linear(widths[-1], outputs, bias=False))


def _losses(loss: str, scores: Tensor, labels: Tensor) -> Tensor:
    if loss == "logistic":
        return functional.binary_cross_entropy_with_logits(scores, labels, reduction="none")
    if loss == "poisson":
        return functional.poisson_nll_loss(scores, labels, log_input=True, reduction="none")
    return 0.5 * (scores - labels) ** 2


def _widths_of(model: Model) -> list[int]:
    """The widths of the layers.  Raises ConfigError."""
    texts = [text.strip() for text in model.layers.split(",")]
    widths = [int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0 for text in texts]
    if not all(0 < width <= _MOST_WIDTH for width in widths):
        raise ConfigError(
            f"'layers' should be whole numbers from 1 to {_MOST_WIDTH}, found {model.layers!r}", hint="such as 128,64"
        )
    return widths


def new(model: Model, data_format: str) -> Deep:
    """One that has learned nothing yet.  Raises ConfigError."""
    if model.fields == 0:
        fields = 1 if data_format in _WITHOUT_FIELDS else _FIELDS.get(data_format, 0)
        if fields == 0:
            raise ConfigError(
                f"a score of {model.score} needs to know how many fields there are, and {data_format} files do not say",
                hint="say it with --set fields=N",
            )
        model = model._replace(fields=fields)
    if model.k == 0:
        raise ConfigError(f"a score of {model.score} has vectors, and 'k' says how long they are", hint="set k=16")
    if "ffm" in terms_of(model):
        raise ConfigError(f"a score of {model.score} cannot be learned: ffm goes with linear alone")
    if model.unit_length:
        raise ConfigError(f"a score of {model.score} cannot be learned with unit_length")
    return Deep(model, data_format)


def load(directory: str, manifest: Manifest, *, mapped: bool = False) -> Deep:
    """One that was saved.  mapped: the rows of its tables stay in their files.

    Where its GPU is not there, it runs on the CPU.  Raises FormatError, and ValueError, KeyError, TypeError for parts
    that make no sense.
    """
    model = manifest.model
    if model.k == 0 or model.fields == 0:
        raise ValueError(f"a score of {model.score} with k={model.k} and fields={model.fields}")
    if not torch.cuda.is_available():
        model = model._replace(device="cpu")
    _check_dense(directory, manifest.parts["dense"]["values"], model)
    found = Deep(model, manifest.data_format, state=manifest.state, trained_rows=manifest.trained_rows)
    found.read(directory, manifest.parts, mapped=mapped)
    return found


def _check_dense(directory: str, entries: Any, model: Model) -> None:
    """Whether the parameters of its networks are there, before memory is taken for them.

    Raises FormatError, ValueError, TypeError.
    """
    try:
        found = shapes_of(directory, "dense", entries)
    except OSError as error:
        raise FormatError(f"this model is damaged: {error.strerror}: {error.filename}", path=directory) from error
    if model.layers.count(",") >= len(found):
        raise ValueError(f"it has {len(found)} dense parameters, and more layers than that")
    with torch.device("meta"):  # shapes without memory
        check_shapes(found, _Towers(model))
