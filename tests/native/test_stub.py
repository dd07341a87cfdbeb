"""The committed stubs are those that the modules give."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("name", ["_core", "_learn"])
def test_the_stub_is_that_of_the_module(repository: Path, tmp_path: Path, name: str) -> None:
    stub = tmp_path / f"{name}.pyi"
    module = ["nanobind.stubgen", "-q", "-D", "-m", f"tiffin._native.{name}", "-o", str(stub)]
    subprocess.run([sys.executable, "-m", *module], check=True)
    settings = ["--config", str(repository / "pyproject.toml")]
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", *settings, str(stub)], check=True)
    committed = repository / f"src/tiffin/_native/{name}.pyi"
    assert stub.read_text() == committed.read_text(), "write it anew with the command above"
