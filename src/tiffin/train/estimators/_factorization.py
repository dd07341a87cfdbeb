"""Weights, and latent vectors whose products are added."""

from typing import Any

import numpy as np

from tiffin.train.estimators._base import Array, Binary, Estimator, Labels, Losses, with_loss

__all__ = [
    "FactorizationMachine",
    "FactorizationMachineRegressor",
    "FieldFactorizationMachine",
    "FieldFactorizationMachineRegressor",
]

_MOST_FIELDS = 1 << 16
_FIELD_BIT = np.uint64(48)  # where the field begins in a key


class _Factors(Estimator):
    _built_in = "fm"

    def __init__(
        self,
        *,
        k: int = 8,
        optimizer: str = "ftrl",
        alpha: float = 0.1,
        beta: float = 1.0,
        l1: float = 0.0,
        l2: float = 0.0,
        latent_optimizer: str = "adagrad",
        latent_alpha: float = 0.05,
        latent_l2: float = 0.0,
        first: float = 0.1,
        bits: int = 18,
        seed: int = 0,
        passes: int = 20,
        threads: int = 0,
        deterministic: bool = True,
    ) -> None:
        self.k, self.optimizer, self.alpha, self.beta, self.l1, self.l2 = k, optimizer, alpha, beta, l1, l2
        self.latent_optimizer, self.latent_alpha, self.latent_l2 = latent_optimizer, latent_alpha, latent_l2
        self.first, self.bits, self.seed, self.passes = first, bits, seed, passes
        self.threads, self.deterministic = threads, deterministic


class FactorizationMachine(_Factors, Labels):
    """Classes, or several tasks; a weight for each feature and a latent vector for each, whose products are added."""


class FactorizationMachineRegressor(_Factors, Losses):
    """The same for values (`loss="squared"`) or counts (`"poisson"`)."""

    __init__ = with_loss(_Factors.__init__)


class _FieldFactors(Estimator):
    _built_in = "ffm"

    def __init__(
        self,
        *,
        fields: Any = None,
        k: int = 4,
        optimizer: str = "ftrl",
        alpha: float = 0.1,
        beta: float = 1.0,
        l1: float = 0.0,
        l2: float = 0.0,
        latent_optimizer: str = "adagrad",
        latent_alpha: float = 0.05,
        latent_l2: float = 0.0,
        first: float = 0.1,
        unit_length: bool = False,
        bits: int = 18,
        seed: int = 0,
        passes: int = 20,
        threads: int = 0,
        deterministic: bool = True,
    ) -> None:
        self.fields = fields
        self.k, self.optimizer, self.alpha, self.beta, self.l1, self.l2 = k, optimizer, alpha, beta, l1, l2
        self.latent_optimizer, self.latent_alpha, self.latent_l2 = latent_optimizer, latent_alpha, latent_l2
        self.first, self.unit_length, self.bits, self.seed, self.passes = first, unit_length, bits, seed, passes
        self.threads, self.deterministic = threads, deterministic

    def _settings(self) -> dict[str, Any]:
        return {**super()._settings(), "fields": int(self._fields().max()) + 1}

    def _keys(self, columns: Array) -> Array:
        keys: Array = self._fields().astype(np.uint64)[columns] << _FIELD_BIT | columns
        return keys

    def _fields(self) -> Array:
        """Of each column."""
        width = self.n_features_in_
        fields = np.arange(width) if self.fields is None else np.asarray(self.fields)
        if (
            fields.shape != (width,)
            or fields.dtype.kind not in "iu"
            or fields.min() < 0
            or fields.max() >= _MOST_FIELDS
        ):
            raise ValueError(f"fields should be {width} whole numbers from 0 to {_MOST_FIELDS - 1}, one a column")
        return fields


class FieldFactorizationMachine(_FieldFactors, Binary):
    """Two classes, a weight for each feature, and a latent vector for each field that a feature may meet.

    fields: of each column, (d,) whole numbers from 0 on; None: each column is a field of its own.
    """


class FieldFactorizationMachineRegressor(_FieldFactors, Losses):
    """The same for values (`loss="squared"`) or counts (`"poisson"`)."""

    __init__ = with_loss(_FieldFactors.__init__)
