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

    first: they begin between -first and first, over the root of the width.  bits: the table has 2^bits rows, and keys
    share them by hash.
    """

    width: int
    optimizer: Optimizer = Optimizer()
    first: float = 0.0
    bits: int = 20


class Dense(NamedTuple):
    """An array that all examples share; begins as zeros, or between -first and first."""

    shape: tuple[int, ...]
    optimizer: Optimizer = Optimizer()
    first: float = 0.0
