"""Boosted trees, by LightGBM: an extra, which this module alone knows.

trees.txt      the trees, in LightGBM's own text
columns.npy    u64 (n)     the keys of the features they know, ascending: the column of each is its place
"""

import os
from collections.abc import Mapping
from typing import Any, Self

from tiffin._native.learning import common_keys, to_columns
from tiffin.errors import FormatError, MissingDependency
from tiffin.models import Model, count_in

try:
    import lightgbm
    import numpy as np
    from scipy.sparse import csr_matrix
except (ImportError, OSError):  # OSError: a library that LightGBM stands on
    raise MissingDependency("trees need the library lightgbm", hint="pip install 'tiffin[trees]'") from None

from tiffin.tables import read_array
from tiffin.train._examples import Array, Examples
from tiffin.train._tree_text import checked_trees, require

__all__ = ["Forest"]

TREES, COLUMNS = "trees.txt", "columns.npy"
MOST_COLUMNS = 2**31 - 1
MOST_TREES = 1 << 24
LARGEST = 1 << 40  # bytes of text

_OBJECTIVES = {"logistic": "binary", "squared": "regression", "poisson": "poisson", "softmax": "multiclass"}
_QUIET = {"verbosity": -1}
_LEAF_FIELD = np.uint64(0xFFFF << 48)  # in the keys of leaves
_TREE_BITS = np.uint64(20)  # where the number of the tree begins in them; below it is that of the leaf
_SURE = 36.0  # a logit beyond it is the same probability in double precision
_MOST = 700.0  # where exp ends in double precision


class Forest:
    """Trees that each correct the sum of those before, and the features they know."""

    def __init__(self, booster: lightgbm.Booster | None = None, columns: Array | None = None) -> None:
        self._booster = booster
        self.columns = np.empty(0, np.uint64) if columns is None else columns

    @property
    def trees(self) -> int:
        """How many there are."""
        return 0 if self._booster is None else int(self._booster.num_trees())

    def grow(
        self, model: Model, examples: Examples, valid: Examples | None, *, threads: int, deterministic: bool
    ) -> Array:
        """Add trees; the scores of the examples with them, (n,) float32.

        valid: adding ends once their loss gets no better, and the best number of trees stays.  The first time,
        features that fewer examples have than a leaf needs are left out: no split could tell them apart.
        """
        if self._booster is None:
            self.columns = common_keys(examples.keys, model.min_rows)
        settings = {**_QUIET, **_settings(model), "num_threads": threads}
        if deterministic:
            settings |= {"deterministic": True, "force_col_wise": True}
        data = lightgbm.Dataset(self._matrix(examples), **_targets(examples, model.loss), params=settings)
        held_out = []
        if valid is not None:
            held_out.append(data.create_valid(self._matrix(valid), **_targets(valid, model.loss)))
        stop: list[Any] = [lightgbm.early_stopping(model.patience, verbose=False)] if valid is not None else []
        grown = lightgbm.train(
            settings,
            data,
            num_boost_round=model.rounds,
            valid_sets=held_out,
            init_model=self._booster,
            callbacks=stop,
            keep_training_booster=True,
        )
        while valid is not None and grown.current_iteration() > max(grown.best_iteration, 1):
            grown.rollback_one_iter()
        scores = _training_scores(grown, model.loss)
        # From its text, so that the data are let go, and predictions are those of the model that is saved.
        self._booster = lightgbm.Booster(model_str=_to_text(grown))
        return scores

    def scores(self, examples: Examples, *, means: bool = False, threads: int = 0) -> Array:
        """What the trees say, (n,) float32.  means: probabilities, expected counts or values."""
        if self._booster is None:
            return np.zeros(examples.size, np.float32)
        found = self._booster.predict(self._matrix(examples), raw_score=not means, num_threads=threads)
        return np.asarray(found, np.float32)

    def leaf_examples(self, examples: Examples, *, raw: bool, threads: int = 0) -> Examples:
        """The examples with a feature for each tree: the leaf that they are in.  raw: before their own features."""
        count, trees = examples.size, self.trees
        keys = np.arange(trees, dtype=np.uint64) << _TREE_BITS | _LEAF_FIELD
        keys = keys | self._leaves(examples, threads).astype(np.uint64)
        values = np.ones(count * trees, np.float32)
        begins = np.arange(count + 1, dtype=np.int64) * trees
        if not raw:
            return examples._replace(begins=begins, keys=keys.reshape(-1), values=values)
        to = np.repeat(begins[1:], np.diff(examples.begins)) + np.arange(len(examples.keys))  # of own features
        is_leaf = np.ones(len(values) + len(to), bool)
        is_leaf[to] = False
        all_keys, all_values = np.empty(len(is_leaf), np.uint64), np.ones(len(is_leaf), np.float32)
        all_keys[is_leaf], all_keys[to] = keys.reshape(-1), examples.keys
        all_values[to] = examples.values
        return examples._replace(begins=begins + examples.begins, keys=all_keys, values=all_values)

    def _leaves(self, examples: Examples, threads: int) -> Array:
        """Which leaf of each tree an example is in, (n, trees)."""
        if self._booster is None:
            return np.empty((examples.size, 0), np.int32)
        found = self._booster.predict(self._matrix(examples), pred_leaf=True, num_threads=threads)
        return np.asarray(found, np.int32).reshape(examples.size, self.trees)

    def write(self, directory: str) -> dict[str, Any]:
        """Write the files; what the manifest says of them."""
        text = b"" if self._booster is None else _to_text(self._booster).encode()
        with open(f"{directory}/{TREES}", "xb") as file:
            file.write(text)
        with open(f"{directory}/{COLUMNS}", "xb") as file:
            np.save(file, self.columns, allow_pickle=False)
        return {"trees": self.trees, "trees_bytes": len(text), "columns": len(self.columns)}

    @classmethod
    def read(cls, directory: str, parts: Mapping[str, Any], outputs: int) -> Self:
        """Read what `write` wrote.  Raises FormatError, and ValueError, KeyError, TypeError for strange parts."""
        trees = count_in(parts, "trees", MOST_TREES)
        size = count_in(parts, "trees_bytes", LARGEST)
        width = count_in(parts, "columns", MOST_COLUMNS)
        try:
            columns = _read_columns(f"{directory}/{COLUMNS}", width)
            with open(f"{directory}/{TREES}", "rb") as file:
                require(os.fstat(file.fileno()).st_size == size, f"{size} bytes of trees")
                text = file.read().decode("ascii")
            text = checked_trees(text, trees, columns=max(1, width), outputs=outputs)
            return cls(lightgbm.Booster(model_str=text) if trees else None, columns)
        except OSError as error:
            what = error.strerror or str(error)
            raise FormatError(f"this model is damaged: {what}: {error.filename}", path=directory) from error
        except (ValueError, lightgbm.basic.LightGBMError) as error:
            raise FormatError(f"this model is damaged: {error}", path=directory) from error

    def _matrix(self, examples: Examples) -> Any:
        found = _dense(examples, self.columns)
        if found is not None:
            return found
        begins, columns, values = to_columns(examples.begins, examples.keys, examples.values, self.columns)
        return csr_matrix((values, columns, begins), shape=(examples.size, max(1, len(self.columns))))


def _dense(examples: Examples, columns: Array) -> Array | None:
    """Values (n, columns) where all examples have these features in the same order, as tables of numbers give them.

    It takes a part of the time and memory of the general way; LightGBM learns the same trees from either.
    """
    width = len(columns)
    if width == 0 or examples.size == 0 or len(examples.keys) != examples.size * width:
        return None
    keys = examples.keys.reshape(-1, width)
    order = np.argsort(keys[0])
    if not np.array_equal(keys[0][order], columns) or not (np.diff(examples.begins) == width).all():
        return None
    if not (keys == keys[0]).all():
        return None
    return np.take(examples.values.reshape(-1, width), order, axis=1)


def _read_columns(path: str, count: int) -> Array:
    """Raises OSError, ValueError."""
    columns = read_array(path, np.uint64, (count,))
    require(bool(np.all(columns[1:] > columns[:-1])), "keys that ascend")
    return columns


def _settings(model: Model) -> dict[str, Any]:
    """In LightGBM's words."""
    classes = {"num_class": model.classes} if model.classes else {}
    return {
        **classes,
        "objective": _OBJECTIVES[model.loss],
        "num_leaves": model.leaves,
        "max_depth": model.depth or -1,
        "learning_rate": model.rate,
        "min_data_in_leaf": model.min_rows,
        "lambda_l1": model.leaf_l1,
        "lambda_l2": model.leaf_l2,
        "bagging_fraction": model.row_share,
        "bagging_freq": 1 if model.row_share < 1 else 0,
        "feature_fraction": model.column_share,
        "max_bin": model.bins,
        "seed": model.seed % 2**31,
    }


def _targets(examples: Examples, loss: str) -> dict[str, Any]:
    """Labels and weights."""
    labels = examples.labels > 0 if loss == "logistic" else examples.labels
    return {"label": labels, "weight": examples.weights if len(examples.weights) else None}


def _training_scores(booster: lightgbm.Booster, loss: str) -> Array:
    """The scores that training ended with, which predicting anew would take a part of its time for."""
    found: list[Array] = []

    def take(means: Array, _: lightgbm.Dataset) -> tuple[str, float, bool]:
        found.append(means)
        return ("", 0.0, False)

    booster.eval_train(take)
    scores = found[0]
    with np.errstate(divide="ignore"):
        if loss in {"poisson", "softmax"}:
            scores = np.maximum(np.log(scores), -_MOST)
        if loss == "logistic":
            scores = np.clip(np.log(scores) - np.log1p(-scores), -_SURE, _SURE)
    return np.asarray(scores, np.float32)


def _to_text(booster: lightgbm.Booster) -> str:
    """Without the parameters at its end, which say how many threads there were."""
    text: str = booster.model_to_string(num_iteration=-1)
    return text.partition("\nparameters:")[0]
