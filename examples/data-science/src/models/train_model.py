"""Stage 3: fit the model to the training hours."""

__all__ = ["rows_of"]

import argparse
import json
from pathlib import Path

from src.data.tables import Table, read_table
from src.models.linear import fit

TARGET, BESIDE = "kwh", ("hour", "kwh")


def rows_of(table: Table) -> tuple[list[str], list[tuple[float, ...]]]:
    """The names of the features, and a row of them for each hour."""
    names = [name for name in table if name not in BESIDE]
    return names, list(zip(*(table[name] for name in names), strict=True))


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--ridge", type=float, required=True)
    options = parser.parse_args()
    table = read_table(options.source)
    names, rows = rows_of(table)
    weights = fit(rows, table[TARGET], options.ridge)
    options.model.parent.mkdir(parents=True, exist_ok=True)
    model = {"features": names, "weights": [round(weight, 9) for weight in weights]}
    options.model.write_text(json.dumps(model, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
