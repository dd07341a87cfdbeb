"""The table in the memory of this process.

NAME_rows.npy     u32 (n)                    fixed: numbers of the rows that were changed, ascending
NAME_keys.npy     u64 (n)                    exact: the keys that have a row, in the order of docs/formats/model.md
NAME.npy          f32 (n, width)             their values
NAME_state.npy    f32 (n, states, width)     states of the optimiser, if there are any
NAME_ages.npy     u32 (n)                    exact, if it counts sightings: examples since one had the row's key last
NAME_sightings.npy  u32 (m)                  the same: counts of keys that have no row yet
"""

from collections.abc import Mapping
from math import isfinite

import numpy as np

from tiffin._native.learning import LocalTable as NativeTable
from tiffin.errors import ConfigError, TrainingError
from tiffin.tables._declared import Sparse
from tiffin.tables._table import Floats, Keys, Table

__all__ = ["LocalTable"]

_NAMES = {"fixed": "rows", "exact": "keys"}  # what rows are named by
_MOST_ADMIT, _MOST_TTL, _MOST_MEMORY = 15, 1 << 30, 1 << 62


class LocalTable(Table):
    """What a `Sparse` declares.  The first values depend on the row, or the key where it has its own, and the seed.

    Raises ConfigError for what no table can be, TrainingError without memory.
    """

    def __init__(self, declared: Sparse, seed: int = 0) -> None:
        super().__init__(declared)
        _check(declared)
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
            rows = f" of 2^{declared.bits} rows" if declared.table == "fixed" else ""
            hint = "set fewer bits, such as bits=20" if rows else None
            raise TrainingError(f"there is no memory for a table{rows}", hint=hint) from None

    def pull(self, keys: Keys, *, unseen: bool = True) -> Floats:
        return self._native.pull(np.ascontiguousarray(keys, np.uint64), unseen)

    def push(self, keys: Keys, gradients: Floats, examples: int = 1) -> None:
        gradients = np.ascontiguousarray(gradients, np.float32)
        self._native.push(np.ascontiguousarray(keys, np.uint64), gradients, examples)

    def end_pass(self) -> None:
        self._native.end_pass()

    def save(self, directory: str, name: str, *, state: bool = True) -> int:
        declared = self.declared
        counts = declared.table == "exact" and (declared.admit > 1 or declared.ttl > 0)
        return self._native.save(*self._files(directory, name, state=state, ages=state and counts))

    def save_sightings(self, directory: str, name: str) -> dict[str, int] | None:
        return self._native.save_sightings(f"{directory}/{name}_sightings.npy")

    def load_sightings(self, directory: str, name: str, found: Mapping[str, int]) -> None:
        self._native.load_sightings(f"{directory}/{name}_sightings.npy", dict(found))

    def load(
        self,
        directory: str,
        name: str,
        count: int,
        *,
        state: bool = True,
        ages: bool = False,
        dtype: str = "float32",
        mapped: bool = False,
    ) -> None:
        scales = f"{directory}/{name}_scale.npy" if dtype == "int8" else ""
        files = self._files(directory, name, state=state, ages=ages)
        self._native.load(*files, count, dtype=dtype, scales=scales, mapped=mapped)

    def _files(self, directory: str, name: str, *, state: bool, ages: bool) -> tuple[str, str, str, str]:
        """Of names, values, states and ages; "": there are none."""
        place = f"{directory}/{name}"
        states = f"{place}_state.npy" if state and self._native.states else ""
        return (
            f"{place}_{_NAMES[self.declared.table]}.npy",
            f"{place}.npy",
            states,
            f"{place}_ages.npy" if ages else "",
        )


def _check(declared: Sparse) -> None:
    if declared.table not in _NAMES:
        raise ConfigError(f"a table is {' or '.join(_NAMES)}, found {declared.table!r}")
    for what, value, least, most in (
        ("admit", declared.admit, 1, _MOST_ADMIT),
        ("ttl", declared.ttl, 0, _MOST_TTL),
        ("memory", declared.memory, 0, _MOST_MEMORY),
        ("decay", declared.decay, 0, 1),
    ):
        if not (isfinite(value) and least <= value <= most):
            raise ConfigError(f"'{what}' of a table goes from {least} to {most}, found {value}")
