"""Tables of numbers as CSV files."""

__all__ = ["Table", "read_table", "write_table"]

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

# Column name -> its numbers; all columns are of one length.
Table = Mapping[str, Sequence[float]]


def read_table(path: Path) -> Table:
    """Read a table; a column that holds no numbers is left out."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0] if _is_number(rows[0][name])} if rows else {}


def write_table(path: Path, names: Sequence[str], rows: Iterable[Sequence[float]]) -> None:
    """Write a table, its folder too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(names)
        lines.writerows([round(value, 6) for value in row] for row in rows)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
