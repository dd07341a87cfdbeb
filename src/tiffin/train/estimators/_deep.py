"""Networks over vectors of features; they need PyTorch."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from tiffin._native.learning import BatchReader
from tiffin.train._examples import Examples
from tiffin.train.estimators._base import Array, Estimator, Labels, Losses, with_loss

__all__ = ["DCN", "DCNRegressor", "DeepFM", "DeepFMRegressor", "WideDeep", "WideDeepRegressor"]


class _Deep(Estimator):
    """All features of an example share one slot: its vectors, each times its value, are added up."""

    deterministic = True  # on a processor

    def _teach(self, examples: Examples, passes: int) -> None:
        for _ in range(passes):
            self._over(examples, self.trained_.learn_batches)

    def _predict(self, X: Any, *, scores: bool) -> Array:
        check_is_fitted(self, "trained_")
        X = validate_data(self, X, accept_sparse="csr", reset=False)
        parts: list[Array] = []
        self._over(self._examples(X), lambda reader: self.trained_.score_batches(reader, parts.append))
        found = np.concatenate(parts)
        exact: Array = (found if scores else self.trained_.means(found)).astype("f8")
        return exact

    def _over(self, examples: Examples, work: Callable[[BatchReader], object]) -> None:
        reader = BatchReader.matrix(*examples, rows=self.batch, threads=self.threads)
        try:
            work(reader)
        finally:
            reader.close()


class _Values(Losses):
    def predict(self, X: Any) -> Array:
        """Expected values, (n,) in single precision: the last digits depend on how many rows are asked for at once."""
        found: Array = super().predict(X).astype(np.float32)
        return found


class _Layers(_Deep):
    def __init__(
        self,
        *,
        k: int = 16,
        layers: str = "128,64",
        dropout: float = 0.0,
        optimizer: str = "ftrl",
        alpha: float = 0.1,
        l1: float = 0.0,
        l2: float = 0.0,
        latent_optimizer: str = "adagrad",
        latent_alpha: float = 0.05,
        latent_l2: float = 0.0,
        first: float = 0.1,
        dense_optimizer: str = "adam",
        dense_alpha: float = 0.001,
        batch: int = 64,
        device: str = "cpu",
        bits: int = 18,
        seed: int = 0,
        passes: int = 20,
        threads: int = 0,
    ) -> None:
        self.k, self.layers, self.dropout, self.optimizer = k, layers, dropout, optimizer
        self.alpha, self.l1, self.l2, self.latent_optimizer = alpha, l1, l2, latent_optimizer
        self.latent_alpha, self.latent_l2, self.first, self.dense_optimizer = (
            latent_alpha,
            latent_l2,
            first,
            dense_optimizer,
        )
        self.dense_alpha, self.batch, self.device, self.bits = dense_alpha, batch, device, bits
        self.seed, self.passes, self.threads = seed, passes, threads


class WideDeep(_Layers, Labels):
    """Classes: a weight for each feature, and connected layers over vectors."""

    _built_in = "widedeep"


class WideDeepRegressor(_Layers, _Values):
    """The same for values (`loss="squared"`) or counts (`"poisson"`)."""

    _built_in = "widedeep"
    __init__ = with_loss(_Layers.__init__)


class DeepFM(_Layers, Labels):
    """The same with the products of all pairs of vectors."""

    _built_in = "deepfm"


class DeepFMRegressor(_Layers, _Values):
    """The same for values (`loss="squared"`) or counts (`"poisson"`)."""

    _built_in = "deepfm"
    __init__ = with_loss(_Layers.__init__)


class _CrossLayers(_Deep):
    _built_in = "dcn"

    def __init__(
        self,
        *,
        k: int = 16,
        layers: str = "128,64",
        dropout: float = 0.0,
        cross_layers: int = 2,
        optimizer: str = "ftrl",
        alpha: float = 0.1,
        l1: float = 0.0,
        l2: float = 0.0,
        latent_optimizer: str = "adagrad",
        latent_alpha: float = 0.05,
        latent_l2: float = 0.0,
        first: float = 0.1,
        dense_optimizer: str = "adam",
        dense_alpha: float = 0.001,
        batch: int = 64,
        device: str = "cpu",
        bits: int = 18,
        seed: int = 0,
        passes: int = 20,
        threads: int = 0,
    ) -> None:
        self.k, self.layers, self.dropout, self.cross_layers = k, layers, dropout, cross_layers
        self.optimizer, self.alpha, self.l1, self.l2 = optimizer, alpha, l1, l2
        self.latent_optimizer, self.latent_alpha, self.latent_l2, self.first = (
            latent_optimizer,
            latent_alpha,
            latent_l2,
            first,
        )
        self.dense_optimizer, self.dense_alpha, self.batch, self.device = dense_optimizer, dense_alpha, batch, device
        self.bits, self.seed, self.passes, self.threads = bits, seed, passes, threads


class DCN(_CrossLayers, Labels):
    """Weights, connected layers, and layers that cross what they begin with once more (DCNv2)."""


class DCNRegressor(_CrossLayers, _Values):
    """The same for values (`loss="squared"`) or counts (`"poisson"`)."""

    __init__ = with_loss(_CrossLayers.__init__)
