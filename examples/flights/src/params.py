"""The parameters of the project, as the stages read them."""

__all__ = ["read_params"]

from pathlib import Path
from typing import Any

import yaml


def read_params(path: Path = Path("params.yaml")) -> dict[str, Any]:
    """Everything in params.yaml; the stages run in the project's root directory, so the path is relative."""
    with path.open(encoding="utf-8") as file:
        values: dict[str, Any] = yaml.safe_load(file)
    return values
