"""How parameters are declared."""

from typing import NamedTuple

__all__ = ["Dense", "Optimizer", "Sparse"]


class Optimizer(NamedTuple):
    """How weights are learned: sgd, adagrad, ftrl or normalized.

    alpha: size of a step.  beta: how slowly the first steps shrink.  l1: pull to exactly 0 (ftrl).  l2: pull towards 0.
    Gradients are sums over the examples of a batch.
    """

    name: str = "adagrad"
    alpha: float = 0.05
    beta: float = 1.0
    l1: float = 0.0
    l2: float = 0.0


class Sparse(NamedTuple):
    """A table: `width` numbers for each key.

    first: they begin between -first and first, over the root of the width.  table: fixed has 2^bits rows, and keys
    share them by hash; exact has a row for each key, and the settings after it: how often a key is seen until it has a
    row, after how many examples without it the row leaves (0: never), how many bytes rows may take in memory (0: any),
    and the directory for those that they have no room for.  decay: what all is multiplied by at the end of a pass.
    """

    width: int
    optimizer: Optimizer = Optimizer()
    first: float = 0.0
    bits: int = 20
    table: str = "fixed"
    admit: int = 1
    ttl: int = 0
    memory: int = 0
    spill: str = "/var/tmp"  # noqa: S108 - on disk, other than /tmp; the files there have no names
    decay: float = 1.0


class Dense(NamedTuple):
    """An array that all examples share; begins as zeros, or between -first and first."""

    shape: tuple[int, ...]
    optimizer: Optimizer = Optimizer()
    first: float = 0.0
