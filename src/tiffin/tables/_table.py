"""The interface of all tables, wherever their rows are."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tiffin.tables._declared import Sparse

__all__ = ["Floats", "Keys", "Table"]

Keys: TypeAlias = NDArray[np.uint64]
Floats: TypeAlias = NDArray[np.float32]


class Table(ABC):
    """Rows of numbers by key.  `testing.tables` is the suite that every implementation passes."""

    def __init__(self, declared: Sparse) -> None:
        self.declared = declared

    @property
    def width(self) -> int:
        """Numbers in a row."""
        return self.declared.width

    @abstractmethod
    def pull(self, keys: Keys, *, unseen: bool = True) -> Floats:
        """Copies of the rows of keys (n,), in any order: (n, width).

        unseen: whether rows that were never changed come with the values they begin with, or else as zeros; where keys
        are admitted by how often they come, those without a row are zeros.
        """

    @abstractmethod
    def push(self, keys: Keys, gradients: Floats, examples: int = 1) -> None:
        """One step of the optimiser for each key: keys (n,) ascending, each once; gradients (n, width).

        This is how a key is seen.  examples: that the gradients are of.  Raises ValueError for other keys or another
        shape, OSError where rows do not fit on disk.
        """

    @abstractmethod
    def end_pass(self) -> None:
        """All was learned from once: values decay, and rows of keys that were not seen for long leave."""

    @abstractmethod
    def save(self, directory: str, name: str, *, state: bool = True) -> int:
        """Write the rows that were changed, as arrays whose files begin with the name; how many there are.

        state: with what further steps need, and if the table counts sightings when each row was met last.  Raises
        OSError, and OverflowError where a number is not finite.
        """

    @abstractmethod
    def save_sightings(self, directory: str, name: str) -> dict[str, int] | None:
        """Write what is counted to admit and forget keys; None where nothing is.  Raises OSError."""

    @abstractmethod
    def load_sightings(self, directory: str, name: str, found: Mapping[str, int]) -> None:
        """Go on counting from what `save_sightings` wrote and gave, before `load`.  Raises ValueError, OSError."""

    @abstractmethod
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
        """Fill an empty table with what `save` wrote.  ages: whether it wrote when rows were met.

        dtype: of the values, if they were written anew since, as float16, or as int8 with scales (n,) in
        NAME_scale.npy.  mapped: rows may stay in their files; the table is then for `pull` alone.
        Raises ValueError where the files are not of such a table.
        """
