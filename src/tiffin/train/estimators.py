"""Models with scikit-learn's contract: `fit`, `partial_fit`, `predict`, `get_params`, on dense and sparse matrices.

    from tiffin.train.estimators import LogisticRegression
    model = LogisticRegression(alpha=0.1, l1=1.0).fit(X, y)

They are BaseEstimators of scikit-learn, so pipelines, grids and `clone` work; it has to be installed.
"""

from typing import Any, Self, TypeAlias

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from tiffin._native.learning import BatchReader
from tiffin.models import BUILT_IN, Model, with_settings
from tiffin.train._engines import new
from tiffin.train._sparse import Sparse

__all__ = [
    "DCN",
    "DeepFM",
    "FactorizationMachine",
    "LinearRegression",
    "LogisticRegression",
    "PoissonRegression",
    "WideDeep",
]

_NONE = np.empty(0, np.float32)
_Matrix: TypeAlias = tuple[np.ndarray[Any, Any], ...]  # where rows begin, ids, values, labels, weights


class _Estimator(BaseEstimator):  # type: ignore[misc]
    """What they share.  The settings are those of `tiffin.models.SETTINGS`."""

    _built_in = "lr"
    _loss = "logistic"

    def _model(self) -> Model:
        given = self.get_params()
        chosen = {name: value for name, value in given.items() if name in Model._fields}
        return with_settings(BUILT_IN[self._built_in], {**chosen, "loss": self._loss})

    trained_: Any

    def _begin(self) -> None:
        self.trained_ = Sparse(self._model(), "matrix")

    def _pass(self, X: Any, labels: np.ndarray[Any, Any], sample_weight: Any, passes: int) -> None:
        weights = _NONE
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, X, dtype=np.float32, ensure_non_negative=True)
        matrix = (*_csr(X), labels, np.ascontiguousarray(weights))
        for _ in range(passes):
            self._learn(matrix)
            self.trained_.trained_rows += len(labels)

    def _learn(self, matrix: _Matrix) -> None:
        self.trained_.learner.run_matrix(*matrix, threads=self.threads, deterministic=self.deterministic)

    def _predicted(self, X: Any, *, scores: bool) -> np.ndarray[Any, Any]:
        found = self.trained_.learner.predict_matrix(*_csr(X), scores=scores, threads=self.threads)
        return np.frombuffer(found, np.float32)

    def _scores(self, X: Any, *, scores: bool) -> np.ndarray[Any, Any]:
        check_is_fitted(self, "trained_")
        X = validate_data(self, X, accept_sparse="csr", reset=False)
        return self._predicted(X, scores=scores).astype(np.float64)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.non_deterministic = not self.get_params().get("deterministic", True)
        return tags


def _csr(X: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Where rows begin, ids, values."""
    if hasattr(X, "tocsr"):
        matrix = X.tocsr()
        return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data.astype(np.float32)
    dense = np.ascontiguousarray(X, np.float32)
    count, width = dense.shape
    begins = np.arange(count + 1, dtype=np.int64) * width
    return begins, np.tile(np.arange(width, dtype=np.int64), count), dense.reshape(-1)


class _Regression(RegressorMixin, _Estimator):  # type: ignore[misc]
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from scratch.  X (n, d) dense or sparse, y (n,)."""
        X, y = validate_data(self, X, y, accept_sparse="csr", y_numeric=True, dtype=[np.float32, np.float64])
        self._begin()
        self._pass(X, np.ascontiguousarray(y, np.float32), sample_weight, self.passes)
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from some more, once."""
        first = not hasattr(self, "trained_")
        X, y = validate_data(
            self, X, y, accept_sparse="csr", y_numeric=True, dtype=[np.float32, np.float64], reset=first
        )
        if first:
            self._begin()
        self._pass(X, np.ascontiguousarray(y, np.float32), sample_weight, 1)
        return self

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Expected values, (n,)."""
        return self._scores(X, scores=False)


class _Classification(ClassifierMixin, _Estimator):  # type: ignore[misc]
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from scratch.  X (n, d) dense or sparse, y (n,) of two classes."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float32, np.float64])
        self._set_classes(y)
        self._begin()
        self._pass(X, self._labels(y), sample_weight, self.passes)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Learn from some more, once.  classes: all there are, needed the first time unless both are in y."""
        first = not hasattr(self, "trained_")
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float32, np.float64], reset=first)
        if first:
            self._set_classes(y if classes is None else np.asarray(classes))
            self._begin()
        self._pass(X, self._labels(y), sample_weight, 1)
        return self

    def decision_function(self, X: Any) -> np.ndarray[Any, Any]:
        """Logits of the second class, (n,)."""
        return self._scores(X, scores=True)

    def predict_proba(self, X: Any) -> np.ndarray[Any, Any]:
        """Probabilities of both classes, (n, 2)."""
        second = self._scores(X, scores=False)
        return np.stack([1 - second, second], axis=1)

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """The more probable class, (n,)."""
        second = self.decision_function(X) > 0
        chosen: np.ndarray[Any, Any] = self.classes_[second.astype(int)]
        return chosen

    def _set_classes(self, y: Any) -> None:
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) != 2:
            found = len(self.classes_)
            kind = "class" if found == 1 else "classes"
            raise ValueError(f"Only binary classification is supported. Found {found} {kind}: {self.classes_[:5]}")

    def _labels(self, y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(f"y has classes that are not in classes_: {unknown[:5]}")
        labels: np.ndarray[Any, Any] = (y == self.classes_[1]).astype(np.float32)
        return labels

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


class _Linear(_Estimator):
    """A weight for each feature."""

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


class LogisticRegression(_Linear, _Classification):
    """Two classes, a weight for each feature."""


class LinearRegression(_Regression):
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


class PoissonRegression(_Linear, _Regression):
    """Counts: a weight for each feature, on the logarithm of the rate."""

    _loss = "poisson"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags


class FactorizationMachine(_Classification):
    """Two classes, a weight for each feature and a latent vector for each, whose products are added."""

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


class _Deep(_Classification):
    """Two classes, by networks over vectors of features; it needs PyTorch.

    All features of an example share one slot: its vectors, each times its value, are added up.
    """

    def _begin(self) -> None:
        self.trained_ = new(self._model(), "matrix")

    def _learn(self, matrix: _Matrix) -> None:
        self._over(matrix, learn=True)

    def _predicted(self, X: Any, *, scores: bool) -> np.ndarray[Any, Any]:
        found = self._over((*_csr(X), _NONE, _NONE), learn=False)
        return found if scores else self.trained_.means(found)

    def _over(self, matrix: _Matrix, *, learn: bool) -> np.ndarray[Any, Any]:
        reader = BatchReader.matrix(*matrix, rows=self.batch, threads=self.threads)
        try:
            found: np.ndarray[Any, Any] = self.trained_.over(reader, learn=learn)
        finally:
            reader.close()
        return found


class WideDeep(_Deep):
    """Two classes: a weight for each feature, and connected layers over vectors."""

    _built_in = "widedeep"

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


class DeepFM(_Deep):
    """The same with the products of all pairs of vectors."""

    _built_in = "deepfm"

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


class DCN(_Deep):
    """Weights, connected layers, and layers that cross what they begin with once more (DCNv2)."""

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
