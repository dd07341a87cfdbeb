"""Algorithms in PyTorch: pulled rows are leaves of its graph, so that its gradients are ours to push."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from tiffin._native.learning import Batch
from tiffin.errors import ConfigError, TrainingError
from tiffin.tables import Floats, Sparse, Table
from tiffin.train._batchwise import Runner, Scored
from tiffin.train._resident import ResidentTable, are_resident
from tiffin.train._torch_parts import check_kept, load_optimizer, load_values, save_optimizer, save_values

__all__ = ["TorchBatch", "TorchRunner"]


class TorchBatch:
    """Examples as tensors, n of them with features of u different keys.

    labels (n,), or (n * tasks,): 0 and 1 with the logistic loss, classes from 0 on with softmax; NaN where none is
    known.  weights (n,).  seen: how many examples were learned from before.
    """

    def __init__(self, native: Batch, loss: str | None, seen: int, device: torch.device) -> None:
        self.native = native
        self.device = device
        self.seen = seen
        labels = np.maximum(native.labels, 0) if loss == "logistic" else native.labels
        weights = native.weights
        self.labels = torch.from_numpy(labels).to(device)
        self.weights = (
            torch.ones(len(native), device=device) if weights is None else torch.from_numpy(weights).to(device)
        )

    def __len__(self) -> int:
        return len(self.native)

    @cached_property
    def index(self) -> Tensor:
        """Which of the u keys a feature has, (m,) int64."""
        return torch.from_numpy(self.native.index.astype(np.int64)).to(self.device)

    @cached_property
    def values(self) -> Tensor:
        """Of features, (m,)."""
        values = self.native.values
        return (
            torch.ones(len(self.native.index)).to(self.device)
            if values is None
            else torch.from_numpy(values).to(self.device)
        )

    @cached_property
    def row(self) -> Tensor:
        """Which example a feature is of, (m,) int64."""
        rows = np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.native.offsets))
        return torch.from_numpy(rows).to(self.device)

    @cached_property
    def field(self) -> Tensor:
        """Which field a feature is of, (m,) int64."""
        return torch.from_numpy((self.native.keys >> np.uint64(48)).astype(np.int64)).to(self.device)

    def pool(self, rows: Tensor, fields: int = 0, *, squared: bool = False) -> Tensor:
        """Sums of rows (u, width) times values over the features of each example: (n, width).

        fields: over the features of each field, (n, fields, width); of one field: over all.  squared: times the squares
        of the values.
        """
        if self.device.type == "cpu":
            pools: Tensor = _Pool.apply(rows, self.native, fields, squared)  # type: ignore[no-untyped-call]
            return pools
        values = self.values * self.values if squared else self.values
        slots = max(fields, 1)
        place = self.row * slots + (self.field if slots > 1 else 0)
        pooled = rows.new_zeros(len(self) * slots, rows.shape[1])
        pooled = pooled.index_add(0, place, rows[self.index] * values[:, None])
        return pooled.view(len(self), fields, -1) if fields else pooled

    def pairs(self, rows: Tensor) -> Tensor:
        """The dot products of the rows of each pair of features, times their values, added up: (n,)."""
        if self.device.type == "cpu":
            products: Tensor = _Pairs.apply(rows, self.native)  # type: ignore[no-untyped-call]
            return products
        scaled = rows[self.index] * self.values[:, None]
        sums = rows.new_zeros(len(self), rows.shape[1]).index_add(0, self.row, scaled)
        squares = rows.new_zeros(len(self)).index_add(0, self.row, (scaled * scaled).sum(1))
        return 0.5 * ((sums * sums).sum(1) - squares)


class _Pool(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, native: Batch, fields: int, squared: bool) -> Tensor:  # noqa: FBT001 - autograd's
        ctx.native, ctx.squared = native, squared
        return torch.from_numpy(native.pool(rows.detach().numpy(), fields, squared))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        found = ctx.native.unpool(gradients[0].contiguous().numpy(), ctx.squared)
        return torch.from_numpy(found), None, None, None


class _Pairs(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, native: Batch) -> Tensor:
        scores, sums = native.pairs(rows.detach().numpy())
        ctx.native, ctx.sums = native, sums
        ctx.save_for_backward(rows)
        return torch.from_numpy(scores)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (rows,) = ctx.saved_tensors
        slopes = gradients[0].contiguous().numpy()
        return torch.from_numpy(ctx.native.unpair(rows.detach().numpy(), ctx.sums, slopes)), None


class _Leaf(NamedTuple):
    """A row for each of a batch's keys, (u, width), and what takes their gradient."""

    rows: Tensor
    push: Callable[[Tensor], None]


class _Leaves:
    """The rows of a batch's keys, table by table, as leaves of a graph."""

    def __init__(self, tables: Mapping[str, Table], batch: TorchBatch, *, learn: bool) -> None:
        self._tables = tables
        self._batch = batch
        self._learn = learn
        self._leaves: dict[str, _Leaf] = {}

    def __getitem__(self, name: str) -> Tensor:
        """(u, width): a row for each of the batch's keys."""
        if name not in self._tables:
            raise ConfigError(f"no parameters '{name}' were declared (declared: {', '.join(self._tables) or 'none'})")
        if name not in self._leaves:
            leaf = self._leaves[name] = self._pulled(self._tables[name])
            leaf.rows.requires_grad_(self._learn)
        return self._leaves[name].rows

    def push(self) -> None:
        """One step of each table that has a gradient."""
        for rows, push in self._leaves.values():
            if rows.grad is not None:
                push(rows.grad)

    def _pulled(self, table: Table) -> _Leaf:
        keys = self._batch.native.unique
        if isinstance(table, ResidentTable):
            index = table.rows_of(keys)
            return _Leaf(table.gather(index, unseen=self._learn), partial(table.step, index))
        rows = torch.from_numpy(table.pull(keys, unseen=self._learn)).to(self._batch.device)
        return _Leaf(rows, lambda gradient: table.push(keys, gradient.cpu().numpy(), len(self._batch)))


class TorchRunner(Runner):
    """Runs the steps of an algorithm in PyTorch.

    Tables get gradients of the summed loss, as elsewhere; the module's optimiser those of the mean.  Fixed tables are
    on the device if they fit there.
    """

    def __init__(self, algorithm: Any) -> None:
        self._device = _device(algorithm.device)
        self._are_resident = are_resident(algorithm.tables.values(), self._device, _free_bytes(self._device))
        super().__init__(
            algorithm.tables,
            loss=algorithm.loss,
            rows=algorithm.rows,
            fields=algorithm.fields,
            seed=algorithm.seed,
            outputs=algorithm.outputs,
        )
        self._algorithm = algorithm
        with torch.random.fork_rng(devices=[]), _memory_errors(self.rows):
            torch.manual_seed(algorithm.seed)
            self.module: torch.nn.Module = algorithm.module().to(self._device)
        self._parameters = [parameter for parameter in self.module.parameters() if parameter.requires_grad]
        self._optimizer = algorithm.optimizer(self.module) if self._parameters else None
        self._is_checked = False

    def _table(self, declared: Sparse, seed: int) -> Table:
        if self._are_resident and declared.table == "fixed":
            return ResidentTable(declared, seed, self._device)
        return super()._table(declared, seed)

    def run(self, batch: Batch, seen: int, *, learn: bool) -> Scored:
        given = TorchBatch(batch, self.loss, seen, self._device)
        leaves = _Leaves(self.tables, given, learn=learn)
        self.module.train(learn)
        with torch.random.fork_rng(devices=[]), torch.set_grad_enabled(learn), _memory_errors(self.rows):
            torch.manual_seed(
                hash((self._algorithm.seed, seen))
            )  # of dropout: the same when training goes on elsewhere
            scores, losses = self._scored(self._algorithm.step(given, leaves, self.module), len(batch))
            if learn:
                self._learn(losses, given, leaves)
        return Scored(_floats(scores), _floats(losses))

    def _learn(self, losses: Tensor, batch: TorchBatch, leaves: _Leaves) -> None:
        total = losses.sum() if batch.native.weights is None else (losses * batch.weights).sum()
        if not total.requires_grad:
            raise ConfigError(f"the losses of {type(self._algorithm).__name__} do not depend on its parameters")
        total.backward()  # type: ignore[no-untyped-call]
        leaves.push()
        if self._optimizer is not None:
            for parameter in self._parameters:
                if parameter.grad is not None:
                    parameter.grad /= len(batch)
            self._optimizer.step()
            self._optimizer.zero_grad(set_to_none=True)
        if not self._is_checked:  # once there is a state: not after hours, when all is learned
            check_kept(self.module, self._optimizer)
            self._is_checked = True

    def save_dense(self, directory: str, *, state: bool) -> dict[str, Any]:
        if not all(bool(parameter.isfinite().all()) for parameter in self._parameters):
            raise OverflowError("a parameter is no finite number")
        parts = {"values": save_values(directory, self.module)}
        return {**parts, **save_optimizer(directory, self._optimizer)} if state else parts

    def load_dense(self, directory: str, parts: Any, *, state: bool) -> None:
        load_values(directory, parts["values"], self.module)
        if state and self._optimizer is not None:
            load_optimizer(directory, parts, self._optimizer)

    def _scored(self, found: Any, rows: int) -> tuple[Tensor, Tensor]:
        name = type(self._algorithm).__name__
        if not (isinstance(found, tuple) and len(found) == 2 and all(isinstance(one, Tensor) for one in found)):
            raise ConfigError(f"the step of {name} should give two tensors, scores and losses")
        shapes = ((rows,) if self.outputs == 1 else (rows, self.outputs), (rows,))
        for what, tensor, shape in zip(("scores", "losses"), found, shapes, strict=True):
            if tensor.shape != shape:
                raise ConfigError(
                    f"the step of {name} should give {what} {shape}, found {tuple(tensor.shape)}",
                    hint="losses of PyTorch are not added up with reduction='none'" if what == "losses" else None,
                )
        return found


@contextmanager
def _memory_errors(rows: int) -> Iterator[None]:
    """Raise TrainingError where there is no memory.  rows: of a batch."""
    try:
        yield
    except RuntimeError as error:
        # PyTorch has a type for that of a GPU only.
        if not isinstance(error, torch.cuda.OutOfMemoryError) and "can't allocate memory" not in str(error):
            raise
        raise TrainingError(
            f"there is no memory for the layers of this model, and batches of {rows:,} examples",
            hint="make layers narrower, or batches smaller",
        ) from None


def _device(name: str) -> torch.device:
    """Raises ConfigError where it is not there."""
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device is cuda, and PyTorch finds no such GPU here", hint="set device=cpu")
    return torch.device(name)


def _free_bytes(device: torch.device) -> int:
    """That tensors may still take on a GPU; 0 of what is none."""
    if device.type != "cuda":
        return 0
    with torch.cuda.device(device):
        kept = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()  # by PyTorch, for tensors to come
        return int(torch.cuda.mem_get_info()[0] + kept)


def _floats(tensor: Tensor) -> Floats:
    found: Floats = tensor.detach().float().cpu().numpy()
    return found
