"""The table in the memory of this process.

NAME_rows.npy     u32 (n)                    numbers of the rows that were changed, ascending
NAME.npy          f32 (n, width)             their values
NAME_state.npy    f32 (n, states, width)     states of the optimiser, if there are any
"""

import numpy as np

from tiffin._native.learning import LocalTable as NativeTable
from tiffin.errors import TrainingError
from tiffin.tables._arrays import read_array, write_array
from tiffin.tables._declared import Sparse
from tiffin.tables._table import Floats, Keys, Table

__all__ = ["LocalTable"]


class LocalTable(Table):
    """2^bits rows; keys share them by hash.  The first values depend on the row and the seed alone."""

    def __init__(self, declared: Sparse, seed: int = 0) -> None:
        super().__init__(declared)
        try:
            self._native = NativeTable(declared.bits, declared.width, declared.optimizer, declared.first, seed)
        except MemoryError:
            raise TrainingError(
                f"there is no memory for a table of 2^{declared.bits} rows", hint="set fewer bits, such as bits=20"
            ) from None

    def pull(self, keys: Keys, *, unseen: bool = True) -> Floats:
        return self._native.pull(np.ascontiguousarray(keys, np.uint64), unseen)

    def push(self, keys: Keys, gradients: Floats) -> None:
        self._native.push(np.ascontiguousarray(keys, np.uint64), np.ascontiguousarray(gradients, np.float32))

    def save(self, directory: str, name: str, *, state: bool = True) -> int:
        rows, values, states = self._native.read()
        write_array(f"{directory}/{name}_rows.npy", rows)
        write_array(f"{directory}/{name}.npy", values)
        if state and self._native.states:
            write_array(f"{directory}/{name}_state.npy", states)
        return len(rows)

    def load(self, directory: str, name: str, count: int, *, state: bool = True) -> None:
        rows = read_array(f"{directory}/{name}_rows.npy", np.uint32, (count,))
        values = read_array(f"{directory}/{name}.npy", np.float32, (count, self.width))
        shape = (count, self._native.states, self.width)
        if state and self._native.states:
            states = read_array(f"{directory}/{name}_state.npy", np.float32, shape)
        else:
            states = np.zeros((0, *shape[1:]), np.float32)
        self._native.write(rows, values, states)
