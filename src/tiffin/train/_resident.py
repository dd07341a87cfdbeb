"""Tables in the memory of a device, such as a GPU, where a network's gradients come into being.

A batch's keys are hashed on the host and sent as numbers of rows; values, states and gradients never leave the device.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import sqrt
from typing import Any

import numpy as np
import torch
from numpy.lib import format as npy
from torch import Tensor

from tiffin._native.learning import states_of
from tiffin.errors import ConfigError
from tiffin.tables import Floats, Keys, LocalTable, Optimizer, Sparse, Table, read_array

__all__ = ["ResidentTable", "are_resident"]

_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # of the hash: docs/formats/model.md
_PIECE_FLOATS = 1 << 22  # that are worked on at once where a whole table is gone through
_DTYPES = {"float32": "<f4", "float16": "<f2", "int8": "|i1"}
_MOST = float(np.finfo(np.float32).max)
_MOST_ROOT = float.fromhex("0x1.FFFFFEp63")  # of a finite sum


def are_resident(tables: Iterable[Sparse], device: torch.device, free: int) -> bool:
    """Whether the fixed ones among the tables of a model are kept on its device.

    free: bytes of the device; half of them are left to the layers and their work.
    """
    if device.type == "cpu":
        return False
    return sum(ResidentTable.bytes_of(declared) for declared in tables if declared.table == "fixed") <= free // 2


class ResidentTable(Table):
    """A fixed table whose rows are tensors: those of a `LocalTable`, with the same first values, steps and files.

    It takes 4 * width * (1 + states of the optimiser) + 1 bytes for each of 2^bits rows, from the beginning on: values,
    states, and a flag that says whether a row was ever changed.  What goes through the whole table does so in pieces of
    16 MB; to be loaded, mapped or not, one of the files is in the memory of the host at a time.

    Raises ConfigError and ValueError for what no such table can be, torch.OutOfMemoryError.
    """

    def __init__(self, declared: Sparse, seed: int, device: torch.device) -> None:
        super().__init__(declared)
        if declared.table != "fixed":
            raise ConfigError(f"a table on a device is fixed, found {declared.table!r}")
        # What a row begins with depends on its name: here the number, which there is the key of an empty table.
        self._fresh = LocalTable(declared._replace(table="exact", admit=1, ttl=0, memory=0), seed)
        self._bits, self._size = declared.bits, 1 << declared.bits
        self._values = torch.zeros(self._size, declared.width, device=device)
        self._states = torch.zeros(self._size, states_of(declared.optimizer), declared.width, device=device)
        self._changed = torch.zeros(self._size, dtype=torch.bool, device=device)
        if declared.first > 0:
            for piece in self._pieces(self._size):
                self._values[piece] = self._first_of(np.arange(piece.start, piece.stop, dtype=np.uint64))

    @staticmethod
    def bytes_of(declared: Sparse) -> int:
        """What a table takes on its device."""
        floats = declared.width * (1 + states_of(declared.optimizer))
        return (4 * floats + 1) << declared.bits

    # ---- on the device

    def rows_of(self, keys: Keys) -> Tensor:
        """The numbers of the rows of keys (n,), int64 on the device."""
        rows = (np.ascontiguousarray(keys, np.uint64) * _FACTOR) >> np.uint64(64 - self._bits)
        return torch.from_numpy(rows.astype(np.int64)).to(self._values.device)

    def gather(self, rows: Tensor, *, unseen: bool = True) -> Tensor:
        """Copies of rows by number, (n, width); unseen: as of `pull`."""
        values = self._values[rows]
        return values if unseen else values.masked_fill_(~self._changed[rows, None], 0)

    @torch.no_grad()
    def step(self, rows: Tensor, gradients: Tensor) -> None:
        """One step of the optimiser for each of rows (n,), by gradients (n, width).

        A row that comes several times steps as often, in their order, as where keys share it.
        """
        for turn in _turns(rows):
            its = rows[turn]
            values, states = _stepped(self.declared.optimizer, self._values[its], self._states[its], gradients[turn])
            self._values[its], self._states[its] = values, states
            self._changed.index_fill_(0, its, True)

    # ---- as of all tables

    def pull(self, keys: Keys, *, unseen: bool = True) -> Floats:
        found: Floats = self.gather(self.rows_of(keys), unseen=unseen).cpu().numpy()
        return found

    def push(self, keys: Keys, gradients: Floats, examples: int = 1) -> None:  # noqa: ARG002 - no row has an age here
        if (keys[1:] <= keys[:-1]).any():
            raise ValueError("keys must be ascending, each once")
        shape = (len(keys), self.width)
        if gradients.shape != shape:
            raise ValueError(f"expected gradients {shape}, found {gradients.shape}")
        self.step(self.rows_of(keys), self._sent(gradients))

    @torch.no_grad()
    def end_pass(self) -> None:
        decay = self.declared.decay
        if decay == 1:
            return
        for piece in self._pieces(self._size):
            values, states = _faded(self.declared.optimizer, decay, self._values[piece], self._states[piece])
            self._values[piece] = torch.where(self._changed[piece, None], values, self._values[piece])
            self._states[piece] = states
            self._forget_zeros(piece)

    def save(self, directory: str, name: str, *, state: bool = True) -> int:
        for piece in self._pieces(self._size):  # such a model could not be read
            if not (self._values[piece].isfinite().all() & self._states[piece].isfinite().all()):
                raise OverflowError("a number of the table is not finite")
        rows = torch.cat([self._used(piece).nonzero()[:, 0] + piece.start for piece in self._pieces(self._size)])
        place, count = f"{directory}/{name}", len(rows)
        _write(f"{place}_rows.npy", "<u4", (count,), [rows.cpu().numpy().astype("<u4")])
        _write(f"{place}.npy", "<f4", (count, self.width), self._parts(self._values, rows))
        if state and self._states.shape[1]:
            _write(f"{place}_state.npy", "<f4", (count, *self._states.shape[1:]), self._parts(self._states, rows))
        return count

    def save_sightings(self, directory: str, name: str) -> dict[str, int] | None:  # noqa: ARG002 - it counts none
        return None

    def load_sightings(self, directory: str, name: str, found: Mapping[str, int]) -> None:
        pass

    def load(
        self,
        directory: str,
        name: str,
        count: int,
        *,
        state: bool = True,
        ages: bool = False,  # noqa: ARG002 - it has none
        dtype: str = "float32",
        mapped: bool = False,  # noqa: ARG002 - rows are wanted on the device
    ) -> None:
        place = f"{directory}/{name}"
        if dtype not in _DTYPES:
            raise ValueError(f"no type of numbers {dtype!r}")
        numbers = read_array(f"{place}_rows.npy", "<u4", (count,)).astype(np.int64)
        if (numbers[1:] <= numbers[:-1]).any() or (numbers >= self._size).any():
            raise ValueError(f"{place}_rows.npy: the rows are not in their order, or beyond a table of {self._size}")
        rows = torch.from_numpy(numbers).to(self._values.device)
        values = read_array(f"{place}.npy", _DTYPES[dtype], (count, self.width))
        scales = read_array(f"{place}_scale.npy", "<f4", (count,)) if dtype == "int8" else None
        for piece in self._pieces(count):
            some = values[piece].astype(np.float32)
            self._values[rows[piece]] = self._sent(_finite(some if scales is None else some * scales[piece, None]))
        self._changed[rows] = True
        del values
        if state and self._states.shape[1]:
            states = read_array(f"{place}_state.npy", "<f4", (count, *self._states.shape[1:]))
            for piece in self._pieces(count):
                self._states[rows[piece]] = self._sent(_finite(states[piece]))
        for piece in self._pieces(self._size):
            self._forget_zeros(piece)

    # ----

    def _pieces(self, rows: int) -> Iterator[slice]:
        """Parts of so many rows, one after the other."""
        most = max(_PIECE_FLOATS // (self.width * (1 + self._states.shape[1])), 1)
        return (slice(at, min(at + most, rows)) for at in range(0, rows, most))

    def _sent(self, floats: Floats) -> Tensor:
        return torch.from_numpy(np.array(floats, np.float32)).to(self._values.device)

    def _first_of(self, rows: Keys) -> Tensor:
        return self._sent(self._fresh.pull(rows))

    def _used(self, piece: slice) -> Tensor:
        """Which rows of a part are changed and not all zeros: a model has these, and the others are as they begin."""
        are_zero = (self._values[piece] == 0).all(1) & (self._states[piece] == 0).flatten(1).all(1)
        return self._changed[piece] & ~are_zero

    def _forget_zeros(self, piece: slice) -> None:
        """What there is nothing left of begins anew."""
        used = self._used(piece)
        zeros = (self._changed[piece] & ~used).nonzero()[:, 0] + piece.start
        self._changed[piece] = used
        if len(zeros):
            self._values[zeros] = self._first_of(zeros.cpu().numpy().astype(np.uint64))

    def _parts(self, numbers: Tensor, rows: Tensor) -> Iterator[Floats]:
        """Those of rows, some rows at a time."""
        return (numbers[rows[piece]].cpu().numpy() for piece in self._pieces(len(rows)))


def _finite(numbers: Floats) -> Floats:
    if not np.isfinite(numbers).all():
        raise ValueError("a number of the table is not finite")
    return numbers


def _write(path: str, kind: str, shape: tuple[int, ...], pieces: Iterable[np.ndarray[Any, Any]]) -> None:
    """An array to a new file, some rows at a time.  Does not wait for the disk."""
    with open(path, "xb") as file:
        npy.write_array_header_1_0(file, {"descr": kind, "fortran_order": False, "shape": shape})
        file.writelines(np.ascontiguousarray(piece).data for piece in pieces)


def _turns(rows: Tensor) -> Sequence[Tensor]:
    """Places in rows (n,): the first of every row, then the second of those that come twice, and so on."""
    if not len(rows):
        return ()
    ordered, places = rows.sort(stable=True)
    at = torch.arange(len(rows), device=rows.device)
    begins = torch.ones_like(at, dtype=torch.bool)
    begins[1:] = ordered[1:] != ordered[:-1]
    nth = at - (at * begins).cummax(0).values
    return torch.split(places[nth.sort(stable=True).indices], torch.bincount(nth).tolist())


# ---- native/optim, for tensors.  The value of a feature is 1.  weights (n, width), states (n, states, width)


def _stepped(optimizer: Optimizer, weights: Tensor, states: Tensor, gradients: Tensor) -> tuple[Tensor, Tensor]:
    """Weights and states after one step."""
    name, alpha, beta, l1, l2 = optimizer
    if name == "sgd":
        return weights - alpha * (gradients + l2 * weights), states
    if name == "adagrad":
        gradients = gradients + l2 * weights
        total = _least(states[:, 0] + gradients * gradients, _MOST)
        return weights - _ratio(alpha * gradients, beta + total.sqrt()), total[:, None]
    if name == "normalized":
        total, largest = states.unbind(1)
        scaled = torch.where(largest < 1, weights * largest, weights)
        largest = torch.where(largest < 1, 1, largest)
        whole = gradients + l2 * scaled
        total = torch.where(gradients == 0, total, _least(total + whole * whole, _MOST))
        step = _ratio(alpha * whole, total.sqrt() * largest)
        return torch.where(gradients == 0, scaled, scaled - step), torch.stack((total, largest), 1)
    before = states[:, -1]
    root = _least((before * before + gradients * gradients).sqrt(), _MOST_ROOT)
    if l1 > 0:
        z = states[:, 0] + gradients - (root - before) / alpha * weights
        return _ftrl_weights(optimizer, z, root), torch.stack((z, root), 1)
    return weights - _ratio(alpha * gradients, beta + alpha * l2 + root), root[:, None]


def _faded(optimizer: Optimizer, factor: float, weights: Tensor, states: Tensor) -> tuple[Tensor, Tensor]:
    """Weights and states, where what is learned so far is to count less."""
    name, alpha, beta, l1, l2 = optimizer
    if name != "ftrl":
        faded = states.clone()
        faded[:, :1] *= factor  # the scale of a feature stays what it is
        return weights * factor, faded
    if l1 > 0:
        z, root = states[:, 0] * factor, states[:, 1] * sqrt(factor)
        return _ftrl_weights(optimizer, z, root), torch.stack((z, root), 1)
    least, root = beta + alpha * l2, states * sqrt(factor)
    return _ratio(weights * (least + states[:, 0]) * factor, least + root[:, 0]), root


def _ftrl_weights(optimizer: Optimizer, z: Tensor, root: Tensor) -> Tensor:
    _, alpha, beta, l1, l2 = optimizer
    beyond = z.abs() - l1
    against = torch.where(z < 0, beyond, -beyond)
    return torch.where(beyond > 0, alpha * against / (beta + alpha * l2 + root), 0)


def _ratio(above: Tensor, below: Tensor) -> Tensor:
    """0 where nothing is to be divided by."""
    return torch.where(below > 0, above / below, 0)


def _least(numbers: Tensor, bound: float) -> Tensor:
    """The bound, too, in place of NaN."""
    return torch.where(numbers < bound, numbers, bound)
