"""Stage 3: learn from the training days; the validation day says after each epoch how it goes."""

__all__: list[str] = []

import argparse
import json
from pathlib import Path

from src.models.logistic import Weights, learn, predict, read_shows
from src.models.measures import auc, logloss


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser()
    parser.add_argument("processed", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--alpha", type=float, required=True)
    parser.add_argument("--l2", type=float, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    options = parser.parse_args()
    train, valid = (read_shows(options.processed / f"{part}.txt") for part in ("train", "valid"))
    labels = [label for label, _ in valid]
    weights: Weights = {}
    sums: Weights = {}
    lines = ["epoch,logloss,auc"]
    for epoch in range(1, options.epochs + 1):
        learn(weights, sums, train, alpha=options.alpha, l2=options.l2)
        forecasts = [predict(weights, places) for _, places in valid]
        lines.append(f"{epoch},{logloss(labels, forecasts):.5f},{auc(labels, forecasts):.5f}")
        print(lines[-1])
    for path, text in (
        (Path("reports/training.csv"), "\n".join(lines)),
        (options.model, json.dumps({place: round(weights[place], 9) for place in sorted(weights)}, indent=0)),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
