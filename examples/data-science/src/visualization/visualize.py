"""Stage 5: when the model is wrong, as a picture."""

__all__ = ["bars", "error_by_hour"]

import argparse
from collections.abc import Sequence
from pathlib import Path

from src.data.tables import Table, read_table

WIDTH, HEIGHT, BAR = 480, 200, 20


def error_by_hour(table: Table) -> list[float]:
    """The mean absolute error of each hour of the day."""
    errors: list[list[float]] = [[] for _ in range(24)]
    for hour, used, predicted in zip(table["hour"], table["used"], table["predicted"], strict=True):
        errors[int(hour)].append(abs(predicted - used))
    return [sum(found) / len(found) if found else 0.0 for found in errors]


def bars(heights: Sequence[float], title: str) -> str:
    """An SVG with a bar for each number, the largest as high as the picture."""
    scale = (HEIGHT - 30) / (max(heights) or 1.0)
    shapes = [
        f'<rect x="{at * BAR + 2}" y="{HEIGHT - scale * height:.1f}" width="{BAR - 4}" height="{scale * height:.1f}"/>'
        for at, height in enumerate(heights)
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" fill="#4c78a8">'
    text = f'<text x="2" y="16" fill="#444" font-family="sans-serif" font-size="12">{title}</text>'
    return "\n".join([head, text, *shapes, "</svg>", ""])


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("picture", type=Path)
    options = parser.parse_args()
    errors = error_by_hour(read_table(options.source))
    title = f"Mean error by hour of the day, up to {max(errors):.1f} kWh"
    options.picture.parent.mkdir(parents=True, exist_ok=True)
    options.picture.write_text(bars(errors, title), encoding="utf-8")


if __name__ == "__main__":
    main()
