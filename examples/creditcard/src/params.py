"""The parameters of the project, as the stages read them."""

__all__ = ["inside", "read_params"]

from pathlib import Path
from typing import Any

import yaml


def read_params(path: Path = Path("params.yaml")) -> dict[str, Any]:
    """Everything in params.yaml; the stages run in the project's root directory, so the path is relative."""
    with path.open(encoding="utf-8") as file:
        values: dict[str, Any] = yaml.safe_load(file)
    return values


def inside(path: str) -> Path:
    """The path in the project that params.yaml writes with a leading slash: `/data/raw` is `./data/raw`."""
    return Path(f".{path}")
