"""A weight for each feature."""

from typing import Any

from tiffin.train.estimators._base import Labels, Regression

__all__ = ["LinearRegression", "LogisticRegression", "PoissonRegression"]


class _Linear:
    def __init__(
        self,
        *,
        optimizer: str = "ftrl",
        alpha: float = 0.1,
        beta: float = 1.0,
        l1: float = 0.0,
        l2: float = 0.0,
        bits: int = 18,
        seed: int = 0,
        passes: int = 20,
        threads: int = 0,
        deterministic: bool = True,
    ) -> None:
        self.optimizer, self.alpha, self.beta, self.l1, self.l2 = optimizer, alpha, beta, l1, l2
        self.bits, self.seed, self.passes = bits, seed, passes
        self.threads, self.deterministic = threads, deterministic


class LogisticRegression(_Linear, Labels):
    """Classes, or several tasks; a weight for each feature."""


class LinearRegression(Regression):
    """A weight for each feature, squared loss."""

    _loss = "squared"

    def __init__(
        self,
        *,
        optimizer: str = "normalized",
        alpha: float = 1.0,
        beta: float = 1.0,
        l1: float = 0.0,
        l2: float = 0.0,
        bits: int = 18,
        seed: int = 0,
        passes: int = 20,
        threads: int = 0,
        deterministic: bool = True,
    ) -> None:
        self.optimizer, self.alpha, self.beta, self.l1, self.l2 = optimizer, alpha, beta, l1, l2
        self.bits, self.seed, self.passes = bits, seed, passes
        self.threads, self.deterministic = threads, deterministic


class PoissonRegression(_Linear, Regression):
    """Counts: a weight for each feature, on the logarithm of the rate."""

    _loss = "poisson"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags
