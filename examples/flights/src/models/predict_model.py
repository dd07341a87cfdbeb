"""Stage 4: test the model on flights later than all it has seen."""

__all__ = ["last_points", "test_scores"]

import csv
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import metrics

from src.data.features import FEATURES
from src.log_config import stage_log
from src.params import read_params
from tiffin.live import Live


def test_scores(target: NDArray[np.int64], score: NDArray[np.float64]) -> dict[str, float]:
    """The test metrics by name; base_rate, the share of late flights, is what a precision has to beat."""
    predicted = score > 0.5
    values = {
        "roc_auc": metrics.roc_auc_score(target, score),
        "balanced_accuracy": metrics.balanced_accuracy_score(target, predicted),
        "recall": metrics.recall_score(target, predicted),
        "precision": metrics.precision_score(target, predicted, zero_division=0),
        "base_rate": target.mean(),
    }
    return {name: round(float(value), 4) for name, value in values.items()}


def last_points(curves: Path) -> dict[str, float]:
    """The last value of every curve under `curves`, by metric name, in the order of the names."""
    points = {}
    for path in sorted(curves.rglob("*.tsv")):
        with path.open(newline="", encoding="utf-8") as file:
            *_, last = csv.DictReader(file, delimiter="\t")
        points[path.relative_to(curves).with_suffix("").as_posix()] = float(last[path.stem])
    return points


def _words(late: NDArray[np.bool_]) -> NDArray[np.str_]:
    return np.where(late, "late", "in time")


def main() -> None:
    """Run the stage with the values of params.yaml."""
    params = read_params()
    target_column = params["base"]["target_col"]
    options = params["train_model"]
    with stage_log("predict_model") as log:
        model = joblib.load(Path(options["model_loc"]) / "model.joblib")
        # One thread adds up the trees in a fixed order: the same bits in every run.
        model.set_params(forest__n_jobs=1)
        test = pd.read_csv(Path(params["make_dataset"]["processed_data"]) / "test.csv")
        target = test[target_column].to_numpy(dtype=np.int64)
        score = model.predict_proba(test[FEATURES])[:, 1]
        scores = test_scores(target, score)
        with Live(resume=True, report="html") as live:
            live.step = options["n_estimators"]
            # train_model may have been restored from the run cache instead of run.  Its curves came back with the
            # model, its numbers in metrics.json did not: take them from the curves.
            for name, value in last_points(Path(live.plots_dir) / "metrics").items():
                live.log_metric(name, value, plot=False)
            for name, value in scores.items():
                live.log_metric(f"testing/{name}", value, plot=False)
            # Three digits leave at most a thousand points on the curve.
            live.log_sklearn_plot("roc", target, score.round(3))
            live.log_sklearn_plot("confusion_matrix", _words(target == 1), _words(score > 0.5))
        log.info("%d flights: %s", len(test), ", ".join(f"{name} {value}" for name, value in scores.items()))


if __name__ == "__main__":
    main()
