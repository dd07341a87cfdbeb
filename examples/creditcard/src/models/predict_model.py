"""Stage 4: evaluate the model on the test data and log the metrics."""

__all__ = ["evaluate"]

import joblib
import pandas as pd
from sklearn import metrics
from sklearn.ensemble import RandomForestClassifier

from src.log_config import stage_log
from src.params import inside, read_params
from tiffin.live import Live


def evaluate(model: RandomForestClassifier, features: pd.DataFrame, target: pd.Series) -> dict[str, float]:
    """The test metrics by name."""
    score = model.predict_proba(features)[:, 1]
    predicted = model.predict(features)
    values = {
        "roc_auc_score": metrics.roc_auc_score(target, score),
        "bal_acc_score": metrics.balanced_accuracy_score(target, predicted),
        "recall": metrics.recall_score(target, predicted),
        "precision": metrics.precision_score(target, predicted, zero_division=1),
    }
    return {name: round(float(value), 4) for name, value in values.items()}


def main() -> None:
    """Run the stage with the values of params.yaml."""
    params = read_params()
    with stage_log("predict_model") as log:
        model = joblib.load(inside(params["train_model"]["model_loc"]) / "model.joblib")
        test = pd.read_csv(inside(params["make_dataset"]["processed_data"]) / "test.csv")
        target = params["base"]["target_col"]
        values = evaluate(model, test.drop(columns=target), test[target])
        with Live(resume=True) as live:
            for name, value in values.items():
                live.log_metric(f"testing/{name}", value)
        log.info("%d rows: %s", len(test), ", ".join(f"{name} {value}" for name, value in values.items()))


if __name__ == "__main__":
    main()
