"""How commands start: what all of them wait for."""

import subprocess
import sys

import pytest

WATCH = """
import sys
def tell(event, given):
    if event == "compile" and given[1] == "<string>" and not given[0].startswith(b"lambda"):
        print("compiled:", given[0])
sys.addaudithook(tell)
from tiffin.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    "arguments",
    [("status",), ("repro",), ("train", "lr", "--data", "rows.vw", "--set", "bits=10", "--out", "model")],
    ids=lambda arguments: arguments[0],
)
def test_types_are_not_compiled(arguments, tmp_path):
    """Those in quotes are, of a NamedTuple; the first text that is compiled by a program takes 1.5 ms of a start.

    (A NamedTuple is made from the text of a lambda, which the interpreter compiles by itself.)
    """
    (tmp_path / "rows.vw").write_text("1 | a b\n-1 | b c\n" * 4, encoding="utf-8")
    for words in (("init", "-q", "--no-scm"), ("stage", "add", "-q", "-n", "one", "true")):
        subprocess.run([sys.executable, "-m", "tiffin", *words], cwd=tmp_path, check=True)
    command = [sys.executable, "-c", WATCH, *arguments]
    found = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert "compiled:" not in found.stdout


def test_what_a_run_does_not_need_is_not_loaded(tmp_path):
    (tmp_path / "rows.vw").write_text("1 | a b\n-1 | b c\n" * 4, encoding="utf-8")
    told = "import sys; from tiffin.cli import main; code = main(sys.argv[1:]); print(*sys.modules); sys.exit(code)"
    command = [sys.executable, "-c", told, "train", "lr", "--data", "rows.vw", "--out", "model"]
    found = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    loaded = set(found.stdout.splitlines()[-1].split())
    assert "tiffin.train._sparse" in loaded
    others = {"numpy", "polars", "torch", "zlib", "shutil", "dataclasses", "tempfile", "hashlib", "logging"}
    ours = {f"tiffin.train.{name}" for name in ("_checkpoints", "_comparison", "_examples", "_plan", "_predictions")}
    assert not loaded & (others | ours)
