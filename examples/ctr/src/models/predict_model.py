"""Stage 4: test the model on the last day."""

__all__ = ["scores"]

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from src.models.logistic import predict, read_shows
from src.models.measures import auc, calibration, logloss


def scores(labels: Sequence[int], forecasts: Sequence[float]) -> dict[str, float]:
    """The metrics by name; a loss has to beat that of a model which knows the base rate and nothing else."""
    rate = sum(labels) / len(labels)
    found = {
        "logloss": logloss(labels, forecasts),
        "logloss_of_base_rate": logloss(labels, [rate] * len(labels)),
        "auc": auc(labels, forecasts),
        "forecast_over_clicks": sum(forecasts) / sum(labels) if any(labels) else 0.0,
        "base_rate": rate,
    }
    return {name: round(value, 4) for name, value in found.items()}


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("source", type=Path)
    parser.add_argument("reports", type=Path)
    options = parser.parse_args()
    weights = {int(place): weight for place, weight in json.loads(options.model.read_text(encoding="utf-8")).items()}
    shows = read_shows(options.source)
    labels, forecasts = [label for label, _ in shows], [predict(weights, places) for _, places in shows]
    options.reports.mkdir(parents=True, exist_ok=True)
    rows = [f"{predicted:.5f},{clicked:.5f}" for predicted, clicked in calibration(labels, forecasts)]
    table = "\n".join(["predicted,clicked", *rows])
    (options.reports / "calibration.csv").write_text(f"{table}\n", encoding="utf-8")
    found = scores(labels, forecasts)
    (options.reports / "metrics.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(", ".join(f"{name} {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
