"""The committed stub is the one that the module gives."""

import subprocess
import sys
from pathlib import Path


def test_the_stub_is_that_of_the_module(repository: Path, tmp_path: Path) -> None:
    stub = tmp_path / "_core.pyi"
    module = ["nanobind.stubgen", "-q", "-D", "-m", "tiffin._native._core", "-o", str(stub)]
    subprocess.run([sys.executable, "-m", *module], check=True)
    settings = ["--config", str(repository / "pyproject.toml")]
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", *settings, str(stub)], check=True)
    committed = repository / "src/tiffin/_native/_core.pyi"
    assert stub.read_text() == committed.read_text(), "write it anew with the command above"
