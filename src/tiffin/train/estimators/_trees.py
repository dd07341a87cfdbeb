"""Boosted trees, alone and below a sparse model."""

from typing import Any

from tiffin.train.estimators._base import Classification, Estimator, Losses, with_loss

__all__ = ["GradientBoostedTrees", "GradientBoostedTreesRegressor", "LeafHybrid", "LeafHybridRegressor"]


class _Trees(Estimator):
    _built_in = "trees"

    def __init__(
        self,
        *,
        rounds: int = 100,
        leaves: int = 31,
        depth: int = 0,
        rate: float = 0.1,
        min_rows: int = 20,
        leaf_l1: float = 0.0,
        leaf_l2: float = 0.0,
        row_share: float = 1.0,
        column_share: float = 1.0,
        bins: int = 255,
        seed: int = 0,
        threads: int = 0,
        deterministic: bool = True,
    ) -> None:
        self.rounds, self.leaves, self.depth, self.rate, self.min_rows = rounds, leaves, depth, rate, min_rows
        self.leaf_l1, self.leaf_l2, self.row_share, self.column_share = leaf_l1, leaf_l2, row_share, column_share
        self.bins, self.seed, self.threads, self.deterministic = bins, seed, threads, deterministic

    @property
    def _passes(self) -> int:
        return 1


class GradientBoostedTrees(_Trees, Classification):
    """Classes, trees that each correct the sum of those before; by LightGBM.

    `partial_fit` adds as many trees again.
    """


class GradientBoostedTreesRegressor(_Trees, Losses):
    """The same for values (`loss="squared"`) or counts (`"poisson"`)."""

    __init__ = with_loss(_Trees.__init__)


class _Leaves(Estimator):
    def __init__(
        self,
        *,
        rounds: int = 100,
        leaves: int = 31,
        depth: int = 0,
        rate: float = 0.1,
        min_rows: int = 20,
        tree_share: float = 0.5,
        raw: bool = False,
        optimizer: str = "ftrl",
        alpha: float = 0.1,
        beta: float = 1.0,
        l1: float = 0.0,
        l2: float = 0.0,
        bits: int = 18,
        k: int = 0,
        latent_alpha: float = 0.05,
        seed: int = 0,
        passes: int = 20,
        threads: int = 0,
        deterministic: bool = True,
    ) -> None:
        self.rounds, self.leaves, self.depth, self.rate, self.min_rows = rounds, leaves, depth, rate, min_rows
        self.tree_share, self.raw = tree_share, raw
        self.optimizer, self.alpha, self.beta, self.l1, self.l2 = optimizer, alpha, beta, l1, l2
        self.bits, self.k, self.latent_alpha, self.seed, self.passes = bits, k, latent_alpha, seed, passes
        self.threads, self.deterministic = threads, deterministic

    def _kind(self) -> str:
        return "gbdt_fm" if self.k else "gbdt_lr"

    def _settings(self) -> dict[str, Any]:
        found = super()._settings()
        return found if self.k else {name: value for name, value in found.items() if name not in ("k", "latent_alpha")}


class LeafHybrid(_Leaves, Classification):
    """Classes, a weight for each leaf of boosted trees, and with `k` a latent vector of so many numbers as well.

    The trees learn from the first part of the examples, `tree_share`, and the weights from the rest.  `partial_fit`
    teaches the weights alone.
    """


class LeafHybridRegressor(_Leaves, Losses):
    """The same for values (`loss="squared"`) or counts (`"poisson"`).

    One step changes the weights of as many leaves as there are trees: counts want a small one, such as `alpha=0.001`.
    """

    __init__ = with_loss(_Leaves.__init__)
