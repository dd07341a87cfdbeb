"""Algorithms in NumPy: what their steps see, and what becomes of their gradients."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiffin._native.learning import Batch, optimizer_step, scatter_add, states_of
from tiffin.errors import ConfigError
from tiffin.tables import Dense, Floats, Table, read_arrays, write_arrays
from tiffin.train._batchwise import Runner, Scored

__all__ = ["DenseValues", "NumpyBatch", "NumpyRunner", "PulledRows"]


class NumpyBatch:
    """Examples as arrays, n of them with m features of u different keys.

    labels (n,): 0 and 1 with the logistic loss, classes from 0 on with softmax; NaN where none is known.  weights (n,).
    Row r has the features offsets[r] to offsets[r + 1] of keys, values and index (m,).  unique (u,): the keys, each
    once, ascending; index: which of them a feature has.  seen: examples that were learned from before.
    """

    def __init__(self, native: Batch, loss: str | None, seed: int, seen: int) -> None:
        self._native = native
        self._seed = seed
        self.seen = seen
        self.labels: Floats = np.maximum(native.labels, 0) if loss == "logistic" else native.labels
        weights = native.weights
        self.weights: Floats = np.ones(len(native), np.float32) if weights is None else weights

    def __len__(self) -> int:
        return len(self._native)

    @cached_property
    def random(self) -> np.random.Generator:
        """Random numbers, the same whenever this batch comes at the same place of training."""
        return np.random.default_rng((self._seed, self.seen))

    @property
    def offsets(self) -> NDArray[np.uint32]:
        return self._native.offsets

    @property
    def keys(self) -> NDArray[np.uint64]:
        return self._native.keys

    @property
    def values(self) -> Floats:
        values = self._native.values
        return np.ones(len(self.keys), np.float32) if values is None else values

    @property
    def unique(self) -> NDArray[np.uint64]:
        return self._native.unique

    @property
    def index(self) -> NDArray[np.uint32]:
        return self._native.index

    def pool(self, rows: Floats, fields: int = 0, *, squared: bool = False) -> Floats:
        """Sums of rows (u, width) times values over the features of each example: (n, width).

        fields: over the features of each field, (n, fields, width); of one field: over all.  squared: times the squares
        of the values.
        """
        return self._native.pool(_floats(rows), fields, squared)

    def unpool(self, pools: Floats, *, squared: bool = False) -> Floats:
        """The way back, of gradients by pools (n, width) or (n, fields, width) to those by rows (u, width)."""
        return self._native.unpool(_floats(pools), squared)


class PulledRows:
    """The rows of a batch's keys, table by table, and their gradients."""

    def __init__(self, tables: Mapping[str, Table], batch: Batch, *, unseen: bool) -> None:
        self._tables = tables
        self._batch = batch
        self._unseen = unseen
        self._rows: dict[str, Floats] = {}
        self._gradients: dict[str, Floats] = {}

    def __getitem__(self, name: str) -> Floats:
        """(u, width): a row for each of batch.unique."""
        if name not in self._rows:
            self._rows[name] = _known(self._tables, name).pull(self._batch.unique, unseen=self._unseen)
        return self._rows[name]

    def grad(self, name: str, gradient: Floats, index: NDArray[np.uint32] | None = None) -> None:
        """Add to the gradient of a table: (u, width); or, with an index such as batch.index, a row for each of it."""
        shape = (len(self._batch.unique), _known(self._tables, name).width)
        rows = len(index) if index is not None else shape[0]
        given = _floats(gradient)
        if given.shape != (rows, shape[1]):
            raise ConfigError(f"the gradient of '{name}' should be {(rows, shape[1])}, found {given.shape}")
        if index is not None:
            total = self._gradients.setdefault(name, np.zeros(shape, np.float32))
            scatter_add(total, np.ascontiguousarray(index, np.uint32), given)
        elif name in self._gradients:
            self._gradients[name] = self._gradients[name] + given
        else:
            self._gradients[name] = given

    def push(self) -> None:
        """One step of each table that got a gradient."""
        for name, gradient in self._gradients.items():
            self._tables[name].push(self._batch.unique, gradient, len(self._batch))


class DenseValues:
    """Arrays that all examples share, and their gradients."""

    def __init__(self, declared: Mapping[str, Dense], seed: int) -> None:
        self.declared = declared
        self.values: dict[str, Floats] = {}
        self.states: dict[str, Floats] = {}
        self._gradients: dict[str, Floats] = {}
        for at, (name, dense) in enumerate(declared.items()):
            random = np.random.default_rng((seed, at))
            values = random.uniform(-dense.first, dense.first, dense.shape)
            self.values[name] = np.asarray(values, np.float32)
            self.states[name] = np.zeros((states_of(dense.optimizer), self.values[name].size), np.float32)

    def __getitem__(self, name: str) -> Floats:
        values: Floats = _known(self.values, name)
        return values

    def grad(self, name: str, gradient: Any) -> None:
        """Add to the gradient of an array, which has its shape."""
        given = np.asarray(gradient, np.float32)
        shape = _known(self.values, name).shape
        if given.shape != shape:
            raise ConfigError(f"the gradient of '{name}' should be {shape}, found {given.shape}")
        self._gradients[name] = self._gradients.get(name, np.float32(0)) + given

    def step(self) -> None:
        """One step of each array that got a gradient."""
        for name, gradient in self._gradients.items():
            optimizer = self.declared[name].optimizer
            flat = np.ascontiguousarray(gradient, np.float32).reshape(-1)
            optimizer_step(optimizer, self.values[name].reshape(-1), self.states[name], flat)
        self._gradients = {}

    def drop(self) -> None:
        """Forget the gradients."""
        self._gradients = {}


class NumpyRunner(Runner):
    """Runs the steps of an algorithm in NumPy."""

    def __init__(self, algorithm: Any) -> None:
        super().__init__(
            algorithm.tables,
            loss=algorithm.loss,
            rows=algorithm.rows,
            fields=algorithm.fields,
            seed=algorithm.seed,
            outputs=algorithm.outputs,
        )
        self._algorithm = algorithm
        self._dense = DenseValues(algorithm.dense, algorithm.seed)

    def run(self, batch: Batch, seen: int, *, learn: bool) -> Scored:
        pulled = PulledRows(self.tables, batch, unseen=learn)
        given = NumpyBatch(batch, self.loss, self._algorithm.seed, seen)
        found = self._scored(self._algorithm.step(given, pulled, self._dense), len(batch))
        if learn:
            pulled.push()
            self._dense.step()
        else:
            self._dense.drop()
        return found

    def save_dense(self, directory: str, *, state: bool) -> dict[str, Any]:
        if not all(np.isfinite(values).all() for values in self._dense.values.values()):
            raise OverflowError("a parameter is no finite number")
        parts = {"values": write_arrays(directory, "dense", self._dense.values)}
        if state:
            parts["states"] = write_arrays(directory, "dense_state", self._dense.states)
        return parts

    def load_dense(self, directory: str, parts: Any, *, state: bool) -> None:
        kept = [("values", "dense", self._dense.values)]
        kept += [("states", "dense_state", self._dense.states)] if state else []
        for part, prefix, arrays in kept:
            found = read_arrays(directory, prefix, parts[part])
            for name, array in arrays.items():
                if found[name].shape != array.shape or found[name].dtype != array.dtype:
                    raise ValueError(f"'{name}' should be {array.shape}, found {found[name].shape}")
                array[...] = found[name]

    def _scored(self, found: Any, rows: int) -> Scored:
        scores, losses = found if isinstance(found, tuple) else (found, None)
        if (losses is None) != (self.loss is not None):
            what = (
                "scores and losses, as its loss is None" if self.loss is None else f"scores, as its loss is {self.loss}"
            )
            raise ConfigError(f"the step of {type(self._algorithm).__name__} should give {what}")
        shape = (rows,) if self.outputs == 1 else (rows, self.outputs)
        for what, array, wanted in (("scores", scores, shape), ("losses", losses, (rows,))):
            if array is not None and np.shape(array) != wanted:
                raise ConfigError(f"a step should give {what} {wanted}, found {np.shape(array)}")
        return Scored(_floats(scores), None if losses is None else _floats(losses))


def _floats(array: Any) -> Floats:
    return np.ascontiguousarray(array, np.float32)


def _known(things: Mapping[str, Any], name: str) -> Any:
    if name not in things:
        raise ConfigError(f"no parameters '{name}' were declared (declared: {', '.join(things) or 'none'})")
    return things[name]
