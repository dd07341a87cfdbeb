"""Loads the modules of the examples.  Each example has its own package `src`, so none may stay behind."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def _forget_src() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] in {"src", "demo"}]:
        del sys.modules[name]


@pytest.fixture(scope="session")
def load() -> Callable[[str, str], Any]:
    """`load("flights", "src.data.features")`: that module of that example, fresh."""

    def load_module(example: str, module: str) -> Any:
        _forget_src()
        sys.path.insert(0, str(EXAMPLES / example))
        try:
            return importlib.import_module(module)
        finally:
            sys.path.remove(str(EXAMPLES / example))
            _forget_src()

    return load_module
