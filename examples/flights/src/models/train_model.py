"""Stage 3: train a random forest, a few trees a step, and log how it gets on."""

__all__ = ["Grown", "balanced_weights", "encoder", "grow_forest"]

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import metrics
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import TargetEncoder

from src.data.features import CATEGORIES, FEATURES, NUMBERS
from src.log_config import stage_log
from src.params import read_params
from tiffin.live import Live


class Grown(NamedTuple):
    """The forest after one step; scores (n,) per part: mean probability of "late"."""

    trees: int
    scores: dict[str, NDArray[np.float64]]


def encoder() -> ColumnTransformer:
    """Categories to the late rate of their training flights, pulled towards the mean when they are few.

    The rates for the training flights themselves come from other folds; the folds are blocks of time, because two
    flights of one stormy evening tell each other's fate.
    """
    rates = TargetEncoder(target_type="binary", smooth=50.0, cv=KFold(5))
    return ColumnTransformer([("rates", rates, CATEGORIES), ("numbers", "passthrough", NUMBERS)])


def balanced_weights(target: NDArray[np.int64]) -> dict[int, float]:
    """Weights that make both classes count the same: one flight in six is late, and missing it is the mistake."""
    counts = np.bincount(target, minlength=2)
    return {label: len(target) / (2 * int(count)) for label, count in enumerate(counts)}


def grow_forest(
    forest: RandomForestClassifier,
    parts: dict[str, NDArray[np.float32]],
    target: NDArray[np.int64],
    *,
    trees: int,
    per_step: int,
) -> Iterator[Grown]:
    """Fit `forest` to parts["train"] until it has `trees` trees; yield after every `per_step` of them."""
    sums = {name: np.zeros(len(rows)) for name, rows in parts.items()}
    for size in [*range(per_step, trees, per_step), trees]:
        forest.set_params(warm_start=True, n_estimators=size)
        old = len(getattr(forest, "estimators_", ()))
        forest.fit(parts["train"], target)
        # Only the new trees are asked, one after the other: sums in a fixed order give the same bits in every run.
        for tree in forest.estimators_[old:]:
            for name, rows in parts.items():
                sums[name] += tree.predict_proba(rows)[:, 1]
        yield Grown(size, {name: total / size for name, total in sums.items()})


def log_step(live: Live, grown: Grown, targets: dict[str, NDArray[np.int64]]) -> None:
    """Log the scores of one step under training/ and validation/."""
    live.step = grown.trees
    for part, title in (("train", "training"), ("valid", "validation")):
        target, score = targets[part], grown.scores[part]
        predicted = score > 0.5
        live.log_metric(f"{title}/roc_auc", round(metrics.roc_auc_score(target, score), 4))
        live.log_metric(f"{title}/balanced_accuracy", round(metrics.balanced_accuracy_score(target, predicted), 4))
        live.log_metric(f"{title}/recall", round(metrics.recall_score(target, predicted), 4))
        live.log_metric(f"{title}/precision", round(metrics.precision_score(target, predicted, zero_division=0), 4))
    live.next_step()


def train(processed: Path, target: str, options: dict[str, Any]) -> Pipeline:
    """The fitted encoder and forest as one pipeline that takes rows with the columns FEATURES."""
    tables = {name: pd.read_csv(processed / f"{name}.csv") for name in ("train", "valid")}
    targets = {name: table[target].to_numpy(dtype=np.int64) for name, table in tables.items()}
    encode = encoder()
    rows = {
        "train": encode.fit_transform(tables["train"][FEATURES], targets["train"]).astype(np.float32),
        "valid": encode.transform(tables["valid"][FEATURES]).astype(np.float32),
    }
    forest = RandomForestClassifier(
        max_depth=options["max_depth"],
        min_samples_leaf=options["min_samples_leaf"],
        max_samples=options["max_samples"],
        class_weight=balanced_weights(targets["train"]),
        random_state=options["seed"],
        n_jobs=options["threads"],
    )
    # resume: a forest that comes out the same leaves the testing/ numbers of predict_model valid, so keep them.
    # dvcyaml: predict_model sees all plots, training and testing; it alone keeps dvc.yaml up to date.
    with Live(resume=True, report="html", dvcyaml=None) as live:
        live.log_params({name: options[name] for name in ("seed", "n_estimators", "max_depth", "min_samples_leaf")})
        steps = grow_forest(
            forest, rows, targets["train"], trees=options["n_estimators"], per_step=options["trees_per_step"]
        )
        for grown in steps:
            log_step(live, grown, targets)
    return Pipeline([("encode", encode), ("forest", forest)])


def main() -> None:
    """Run the stage with the values of params.yaml."""
    params = read_params()
    options = params["train_model"]
    with stage_log("train_model") as log:
        model = train(Path(params["make_dataset"]["processed_data"]), params["base"]["target_col"], options)
        path = Path(options["model_loc"]) / "model.joblib"
        path.parent.mkdir(parents=True, exist_ok=True)
        joblib.dump(model, path, compress=3)
        log.info("%d trees of depth %d in %s", options["n_estimators"], options["max_depth"], path)


if __name__ == "__main__":
    main()
