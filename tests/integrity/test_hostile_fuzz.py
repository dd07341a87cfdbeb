"""Metadata with random damage: an answer or an error with a name, and nothing outside of the repository is touched."""

import hashlib
import os
import random
import shutil
from pathlib import Path

import pytest

from tests.repo.conftest import Sandbox
from tiffin.cli import main

MUTANTS = 15 * int(os.environ.get("CRASH_POINTS", "4"))  # many more in `make soak`
COMMANDS = [
    ["status"],
    ["checkout", "--force"],
    ["repro", "--dry"],
    ["data", "status", "--granular"],
    ["diff"],
    ["params", "diff"],
    ["ls", ".", "--recursive"],
    ["dag"],
    ["fetch"],
    ["gc", "-w", "--dry"],
]
TOKENS = [
    b"..", b"/", b"../../outside", b"/dev/zero", b"&a ", b"*a", b"<<: *a", b"\x00", b"\xff\xfe", b"{", b"[", b"- ", b": ",
    b"!!python/object/apply:os.system [touch executed]", b"${x}", b"${x[", b"~", b"9" * 60, b"-1", b"1e999", b".nan",
    b"'", b'"', b"\n", b"\r\n", b"\t", b"# ", b"md5: x.dir", b"%", b'[remote "r"]\n', b"| \n", b"a" * 5000,
]  # fmt: skip


@pytest.fixture
def healthy(sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    sandbox.write("params.yaml", "x: 1\ny: [1, 2]\n")
    sandbox.write(
        "dvc.yaml",
        "vars: [params.yaml]\nstages:\n  s:\n    cmd: cp in out\n    deps: [in]\n    params: [x]\n    outs: [out]\n"
        "  m:\n    foreach: ${y}\n    do:\n      cmd: echo ${item} > m-${item}\n      outs: ['m-${item}']\n",
    )
    sandbox.write("in", "1")
    for name in ("a", "sub/b"):
        sandbox.write(f"data/{name}", name)
    sandbox.tiffin("add", "data")
    sandbox.tiffin("repro")
    sandbox.tiffin("remote", "add", "-d", "store", str(tmp_path / "store"))
    sandbox.tiffin("push")
    sandbox.commit()
    return sandbox


def damaged(text: bytes, draw: random.Random) -> bytes:
    """Some pieces taken out, doubled, or replaced."""
    for _ in range(draw.randrange(1, 4)):
        begin = draw.randrange(len(text) + 1)
        end = min(len(text), begin + draw.choice([0, 1, 3, 10, 40]))
        piece = draw.choice([b"", text[begin:end] * 2, draw.choice(TOKENS), bytes([draw.randrange(256)])])
        text = text[:begin] + piece + text[end:]
    return text


def outside(sandbox: Sandbox) -> dict[str, bytes]:
    """All files around the repository."""
    root = sandbox.root.parent
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.is_relative_to(sandbox.root)
    }


def test_damaged_metadata_do_no_harm(healthy: Sandbox, capfd: pytest.CaptureFixture[str]) -> None:
    root = healthy.root
    oid = next(line.split()[-1] for line in healthy.read("data.dvc").splitlines() if line.endswith(".dir"))
    listing = root / ".dvc/cache/files/md5" / oid[:2] / oid[2:]
    files = ["dvc.yaml", "dvc.lock", "data.dvc", ".dvc/config", "params.yaml", ".gitignore"]
    kept = {name: (root / name).read_bytes() for name in files}
    listed = listing.read_bytes()
    (root.parent / "outside").write_text("stays")
    before = outside(healthy)
    for seed in range(MUTANTS):
        draw = random.Random(seed)
        name = draw.choice([*files, ".dvcignore", "listing"])
        if name == "listing":  # under the name that it then has, so that it is believed
            body = damaged(listed, draw)
            fresh = f"{hashlib.md5(body).hexdigest()}.dir"
            place = root / ".dvc/cache/files/md5" / fresh[:2] / fresh[2:]
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(body)
            (root / "data.dvc").write_bytes(kept["data.dvc"].replace(oid.encode(), fresh.encode()))
        else:
            (root / name).write_bytes(damaged(kept.get(name, b"data/sub\n"), draw))
        command = draw.choice(COMMANDS)
        capfd.readouterr()
        code = main(["--cd", str(root), *command])
        said = capfd.readouterr().err
        where = f"seed {seed}: {' '.join(command)} with another {name}: {said}"
        assert code in (0, 1, 251, 253, 254, 255), where
        assert "defect of tiffin" not in said, where
        assert code == 0 or said.startswith(("ERROR", "WARNING", "hint")) or "ERROR" in said, where
        assert outside(healthy) == before, where
        assert not (root / "executed").exists(), where
        for other, text in kept.items():
            (root / other).write_bytes(text)
        (root / ".dvcignore").unlink(missing_ok=True)
        shutil.rmtree(root / "data", ignore_errors=True)
        assert main(["--cd", str(root), "checkout", "--force", "-q"]) == 0, where
        assert healthy.tree("data") == {"a": "a", "sub/b": "sub/b"}, where
