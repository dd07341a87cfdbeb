"""Stage 4: test the model on the hours it has not seen."""

__all__ = ["scores"]

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from src.data.tables import read_table, write_table
from src.models.linear import predict


def scores(used: Sequence[float], predicted: Sequence[float]) -> dict[str, float]:
    """Mean absolute error in kWh, and the share of the variance that is explained."""
    mean = sum(used) / len(used)
    errors = [guess - real for guess, real in zip(predicted, used, strict=True)]
    spread = sum((real - mean) ** 2 for real in used)
    return {
        "mae": round(sum(map(abs, errors)) / len(errors), 4),
        "r2": round(1 - sum(error**2 for error in errors) / spread, 4),
    }


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("source", type=Path)
    parser.add_argument("reports", type=Path)
    options = parser.parse_args()
    model = json.loads(options.model.read_text(encoding="utf-8"))
    table = read_table(options.source)
    rows = zip(*(table[name] for name in model["features"]), strict=True)
    predicted = [predict(model["weights"], row) for row in rows]
    lines = zip(table["hour"], table["kwh"], predicted, strict=True)
    write_table(options.reports / "predictions.csv", ("hour", "used", "predicted"), lines)
    found = scores(table["kwh"], predicted)
    (options.reports / "metrics.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(", ".join(f"{name} {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
