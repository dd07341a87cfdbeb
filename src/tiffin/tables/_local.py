"""The table in the memory of this process.

NAME_rows.npy     u32 (n)                    fixed: numbers of the rows that were changed, ascending
NAME_keys.npy     u64 (n)                    exact: the keys that have a row, in the order of docs/formats/model.md
NAME.npy          f32 (n, width)             their values
NAME_state.npy    f32 (n, states, width)     states of the optimiser, if there are any
"""

import numpy as np

from tiffin._native.learning import LocalTable as NativeTable
from tiffin.errors import ConfigError, TrainingError
from tiffin.tables._arrays import read_array, write_array
from tiffin.tables._declared import Sparse
from tiffin.tables._table import Floats, Keys, Table

__all__ = ["LocalTable"]

_KINDS = {"fixed": ("rows", np.uint32), "exact": ("keys", np.uint64)}  # what names a row


class LocalTable(Table):
    """What a `Sparse` declares.  The first values depend on the row, or the key where it has its own, and the seed."""

    def __init__(self, declared: Sparse, seed: int = 0) -> None:
        super().__init__(declared)
        if declared.table not in _KINDS:
            raise ConfigError(f"a table is {' or '.join(_KINDS)}, found {declared.table!r}")
        self._names, self._kind = _KINDS[declared.table]
        try:
            self._native = NativeTable(
                declared.bits,
                declared.width,
                declared.optimizer,
                declared.first,
                seed,
                decay=declared.decay,
                exact=declared.table == "exact",
                admit=declared.admit,
                ttl=declared.ttl,
                memory=declared.memory,
                spill=declared.spill,
            )
        except MemoryError:
            raise TrainingError(
                f"there is no memory for a table of 2^{declared.bits} rows", hint="set fewer bits, such as bits=20"
            ) from None

    def pull(self, keys: Keys, *, unseen: bool = True) -> Floats:
        return self._native.pull(np.ascontiguousarray(keys, np.uint64), unseen)

    def push(self, keys: Keys, gradients: Floats, examples: int = 1) -> None:
        gradients = np.ascontiguousarray(gradients, np.float32)
        self._native.push(np.ascontiguousarray(keys, np.uint64), gradients, examples)

    def end_pass(self) -> None:
        self._native.end_pass()

    def save(self, directory: str, name: str, *, state: bool = True) -> int:
        names, values, states = self._native.read()
        write_array(f"{directory}/{name}_{self._names}.npy", names.astype(self._kind))
        write_array(f"{directory}/{name}.npy", values.reshape(-1, self.width))
        if state and self._native.states:
            write_array(f"{directory}/{name}_state.npy", states.reshape(-1, self._native.states, self.width))
        return len(names)

    def load(self, directory: str, name: str, count: int, *, state: bool = True) -> None:
        names = read_array(f"{directory}/{name}_{self._names}.npy", self._kind, (count,))
        values = read_array(f"{directory}/{name}.npy", np.float32, (count, self.width))
        shape = (count, self._native.states, self.width)
        if state and self._native.states:
            states = read_array(f"{directory}/{name}_state.npy", np.float32, shape)
        else:
            states = np.zeros((0, *shape[1:]), np.float32)
        self._native.write(names.astype(np.uint64), values, states)
