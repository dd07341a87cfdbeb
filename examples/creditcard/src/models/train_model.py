"""Stage 3: train a random forest and log how it does on its own training data."""

__all__ = ["train_model"]

import joblib
import pandas as pd
from sklearn import metrics
from sklearn.ensemble import RandomForestClassifier

from src.log_config import stage_log
from src.params import inside, read_params
from tiffin.live import Live


def train_model(
    features: pd.DataFrame, target: pd.Series, n_estimators: int, max_depth: int, seed: int
) -> RandomForestClassifier:
    """The fitted forest; its parameters and training metrics go to dvclive/."""
    model = RandomForestClassifier(n_estimators=n_estimators, max_depth=max_depth, random_state=seed)
    model.fit(features, target)
    predicted = model.predict(features)
    with Live(resume=True) as live:
        live.log_param("n_estimator", n_estimators)
        live.log_param("max_depth", max_depth)
        live.log_param("random_state", seed)
        live.log_metric("training/accuracy", round(metrics.accuracy_score(target, predicted), 4))
        live.log_metric("training/precision", round(metrics.precision_score(target, predicted, zero_division=1), 4))
        live.log_metric("training/recall", round(metrics.recall_score(target, predicted), 4))
    return model


def main() -> None:
    """Run the stage with the values of params.yaml."""
    params = read_params()
    options = params["train_model"]
    with stage_log("train_model") as log:
        train = pd.read_csv(inside(params["make_dataset"]["processed_data"]) / "train.csv")
        target = params["base"]["target_col"]
        features = train.drop(columns=target)
        model = train_model(features, train[target], options["n_estimators"], options["max_depth"], options["seed"])
        path = inside(options["model_loc"]) / "model.joblib"
        path.parent.mkdir(parents=True, exist_ok=True)
        joblib.dump(model, path)
        log.info("model saved as %s", path)


if __name__ == "__main__":
    main()
