"""What the estimators share: scikit-learn's contract on one side, a trained model on the other."""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any, ClassVar, Self

from tiffin.errors import ConfigError, MissingDependency
from tiffin.models import BUILT_IN, Model, with_settings
from tiffin.train._engines import new
from tiffin.train._examples import Examples

try:
    import numpy as np
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ModuleNotFoundError:
    raise MissingDependency("estimators need scikit-learn", hint="pip install 'tiffin[estimators]'") from None

__all__ = ["Array", "Binary", "Classification", "Estimator", "Labels", "Losses", "Regression", "with_loss"]

Array = np.ndarray[Any, Any]
_NONE = np.empty(0, np.float32)
_KINDS = [np.float32, np.float64]
_LOSSES = ("squared", "poisson")


class Estimator(BaseEstimator):  # type: ignore[misc]
    """An estimator whose settings are those of `tiffin.models.SETTINGS`."""

    _built_in: ClassVar[str] = "lr"
    _loss: ClassVar[str] = "logistic"

    def _model(self) -> Model:
        return with_settings(BUILT_IN[self._kind()], {"loss": self._loss, **self._settings()})._replace(
            label=self._label()
        )

    def _kind(self) -> str:
        """The built-in model that it is."""
        return self._built_in

    def _label(self) -> str:
        """The names of several tasks, as a model has them."""
        return ""

    @property
    def _passes(self) -> int:
        found: int = self.passes
        return found

    def _settings(self) -> dict[str, Any]:
        return {name: value for name, value in self.get_params().items() if name in Model._fields}

    def _begin(self) -> None:
        self.trained_: Any = new(self._model(), "matrix")  # of an engine that takes arrays

    def _learn(self, X: Any, labels: Array, sample_weight: Any, passes: int) -> None:
        weights = _NONE
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, X, dtype=np.float32, ensure_non_negative=True)
        examples = self._examples(X)._replace(labels=labels.reshape(-1), weights=np.ascontiguousarray(weights))
        self._teach(examples, passes)
        self.trained_.trained_rows += passes * len(labels)

    def _teach(self, examples: Examples, passes: int) -> None:
        self.trained_.learn_examples(examples, passes=passes, threads=self.threads, deterministic=self.deterministic)

    def _predict(self, X: Any, *, scores: bool) -> Array:
        check_is_fitted(self, "trained_")
        X = validate_data(self, X, accept_sparse="csr", reset=False)
        found = self.trained_.predict_examples(self._examples(X), scores=scores, threads=self.threads)
        exact: Array = found.astype(np.float64)
        return exact

    def _examples(self, X: Any) -> Examples:
        """Without labels."""
        if hasattr(X, "tocsr"):
            matrix = X.tocsr()
            begins, ids, values = matrix.indptr.astype(np.int64), matrix.indices, matrix.data.astype(np.float32)
        else:
            count, width = X.shape
            begins = np.arange(count + 1, dtype=np.int64) * width
            ids, values = np.tile(np.arange(width), count), np.ascontiguousarray(X, np.float32).reshape(-1)
        return Examples(begins, self._keys(ids.astype(np.uint64)), values, _NONE, _NONE)

    def _keys(self, columns: Array) -> Array:
        """The keys of columns."""
        return columns

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.non_deterministic = not self.deterministic
        return tags


class Regression(RegressorMixin, Estimator):  # type: ignore[misc]
    """Values."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from scratch.  X (n, d) dense or sparse, y (n,)."""
        X, y = validate_data(self, X, y, accept_sparse="csr", y_numeric=True, dtype=_KINDS)
        self._begin()
        self._learn(X, np.ascontiguousarray(y, np.float32), sample_weight, self._passes)
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from some more, once."""
        first = not hasattr(self, "trained_")
        X, y = validate_data(self, X, y, accept_sparse="csr", y_numeric=True, dtype=_KINDS, reset=first)
        if first:
            self._begin()
        self._learn(X, np.ascontiguousarray(y, np.float32), sample_weight, 1)
        return self

    def predict(self, X: Any) -> Array:
        """Expected values, (n,)."""
        return self._predict(X, scores=False)


class Losses(Regression):
    """Values or counts, by the setting `loss`, which `with_loss` adds to the others."""

    loss: str

    def _model(self) -> Model:
        if self.loss not in _LOSSES:
            raise ConfigError(f"a regressor's loss is {' or '.join(_LOSSES)}, found {self.loss!r}")
        return super()._model()

    def _learn(self, X: Any, labels: Array, sample_weight: Any, passes: int) -> None:
        if self.loss == "poisson" and labels.min() < 0:
            raise ValueError(f"with the poisson loss y has counts, from 0 on, found {labels.min():g}")
        super()._learn(X, labels, sample_weight, passes)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self.loss == "poisson"
        return tags


def with_loss(init: Callable[..., None]) -> Callable[..., None]:
    """An `__init__` that takes the loss, squared or poisson, beside the settings that `init` takes."""

    @wraps(init)
    def both(self: Any, *, loss: str = _LOSSES[0], **settings: Any) -> None:
        init(self, **settings)
        self.loss = loss

    whole = signature(init)
    this, *settings = whole.parameters.values()
    loss = Parameter("loss", Parameter.KEYWORD_ONLY, default=_LOSSES[0], annotation=str)
    both.__signature__ = whole.replace(parameters=[this, loss, *settings])  # type: ignore[attr-defined]
    return both


class Classification(ClassifierMixin, Estimator):  # type: ignore[misc]
    """Classes: two by their logit, more by softmax."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from scratch.  X (n, d) dense or sparse, y (n,) of two classes or more."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=_KINDS)
        self._set_classes(y)
        self._begin()
        self._learn(X, self._labels(y), sample_weight, self._passes)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Learn from some more, once.  classes: all there are, needed the first time unless they are all in y."""
        first = not hasattr(self, "trained_")
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=_KINDS, reset=first)
        if first:
            self._set_classes(y if classes is None else np.asarray(classes))
            self._begin()
        self._learn(X, self._labels(y), sample_weight, 1)
        return self

    def decision_function(self, X: Any) -> Array:
        """Logits of the second class, (n,); scores of each, (n, classes), where there are more."""
        return self._predict(X, scores=True)

    def predict_proba(self, X: Any) -> Array:
        """Probabilities of all classes, (n, classes)."""
        found = self._predict(X, scores=False)
        return np.stack([1 - found, found], axis=1) if found.ndim == 1 else found / found.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> Array:
        """The most probable class, (n,)."""
        found = self.decision_function(X)
        places = (found > 0).astype(int) if found.ndim == 1 else found.argmax(axis=1)
        chosen: Array = self.classes_[places]
        return chosen

    def _settings(self) -> dict[str, Any]:
        several = len(self.classes_) > 2 and getattr(self, "tasks_", 1) == 1
        return {**super()._settings(), **({"loss": "softmax", "classes": len(self.classes_)} if several else {})}

    def _set_classes(self, y: Any) -> None:
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError(f"there is nothing to tell apart: y has one class, {self.classes_[0]!r}")

    def _labels(self, y: Array) -> Array:
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(f"y has classes that are not in classes_: {unknown[:5]}")
        return np.searchsorted(self.classes_, y).astype(np.float32)


class Labels(Classification):
    """Classes; or several tasks at once, where y has a column for each (the multilabel indicator of scikit-learn).

    Features are looked up once for all tasks.  y is 0 and 1 then, or NaN where it is not known: that task does not
    learn from the row.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from scratch.  X (n, d) dense or sparse, y (n,) of two classes or more, or (n, tasks)."""
        if not _has_tasks(y):
            return super().fit(X, y, sample_weight)
        X, labels = self._tasks_of(X, y, reset=True)
        self._begin()
        self._learn(X, labels, sample_weight, self._passes)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Learn from some more, once.  classes: all there are, needed the first time unless they are all in y."""
        first = not hasattr(self, "trained_")
        if not _has_tasks(y):
            if not first and self.tasks_ > 1:
                raise ValueError(f"y should have {self.tasks_} columns, as at first, found one")
            return super().partial_fit(X, y, classes, sample_weight)
        if not first and self.tasks_ == 1:
            raise ValueError(f"y should have one column, as at first, found {np.shape(y)[1]}")
        X, labels = self._tasks_of(X, y, reset=first)
        if first:
            self._begin()
        self._learn(X, labels, sample_weight, 1)
        return self

    def predict(self, X: Any) -> Array:
        """The most probable class, (n,); of several tasks 0 or 1 each, (n, tasks)."""
        check_is_fitted(self, "trained_")
        if self.tasks_ == 1:
            return super().predict(X)
        chosen: Array = (self.decision_function(X) > 0).astype(int)
        return chosen

    def predict_proba(self, X: Any) -> Array:
        """Probabilities of all classes, (n, classes); of several tasks those of 1, (n, tasks)."""
        check_is_fitted(self, "trained_")
        if self.tasks_ == 1:
            return super().predict_proba(X)
        # The logistic function, in double precision: the order of scores stays, up to far ones.
        chances: Array = 0.5 * (1 + np.tanh(0.5 * self._predict(X, scores=True)))
        return chances

    def _set_classes(self, y: Any) -> None:
        super()._set_classes(y)
        self.tasks_ = 1

    def _label(self) -> str:
        return ", ".join(f"task{number}" for number in range(self.tasks_)) if self.tasks_ > 1 else ""

    def _tasks_of(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Array]:
        """The matrix, and the labels (n, tasks).  Raises ValueError."""
        X = validate_data(self, X, accept_sparse="csr", dtype=_KINDS, reset=reset)
        labels = np.ascontiguousarray(y.toarray() if hasattr(y, "toarray") else y, np.float32)
        if labels.ndim != 2 or len(labels) != X.shape[0]:
            raise ValueError(f"y should have {X.shape[0]} rows, one for each of X, found {labels.shape}")
        known = labels[~np.isnan(labels)]
        if not np.isin(known, (0, 1)).all():
            raise ValueError(f"labels of several tasks are 0 and 1, found {np.setdiff1d(known, (0, 1))[:5]}")
        if unknown := int(np.isnan(labels).all(axis=1).sum()):
            raise ValueError(f"in {unknown} rows of y no task is known: leave them out")
        if reset:
            self.tasks_, self.classes_ = labels.shape[1], np.arange(labels.shape[1])
        elif labels.shape[1] != self.tasks_:
            raise ValueError(f"y should have {self.tasks_} columns, as at first, found {labels.shape[1]}")
        return X, labels

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.target_tags.multi_output = True
        return tags


def _has_tasks(y: Any) -> bool:
    """Whether y has several columns."""
    shape = y.shape if hasattr(y, "toarray") else np.asarray(y).shape
    return len(shape) == 2 and shape[1] > 1


class Binary(Classification):
    """Two classes and no more."""

    def _set_classes(self, y: Any) -> None:
        super()._set_classes(y)
        if (count := len(self.classes_)) > 2:
            raise ValueError(f"Only binary classification is supported. Found {count} classes: {self.classes_[:5]}")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags
