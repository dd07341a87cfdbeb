"""The data commands that are measured, how each begins, and what both programs must agree on."""

import hashlib
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import _workload as workload
from benchmarks._report import Aim
from benchmarks._workload import Tool

__all__ = ["BIG", "LIFE", "TARGETS", "Case"]

CHANGED = 100  # one file in so many differs between the two revisions


class Case(NamedTuple):
    """One command.

    words(repository) are its arguments; prepare(tool, repository) sets the stage after the warming run;
    result(tool, repository) is what both programs must agree on.  loop: the yardstick that does the bare work, `loops`
    times; after the first `synced` of them what it wrote is brought to the disk.  predicted and aims go by place.
    """

    name: str
    shown: str
    words: Callable[[Path], Sequence[str]]
    prepare: Callable[[Tool, Path], None]
    result: Callable[[Tool, Path], object]
    predicted: Mapping[str, float]
    aims: Mapping[str, Sequence[Aim]] = {}
    loop: str = ""
    loops: int = 1
    synced: int = 0
    warm: bool = False

    def __hash__(self) -> int:
        return hash(self.name)


def _say(words: str) -> Callable[[Path], Sequence[str]]:
    return lambda _: words.split()


def _run(tool: Tool, repository: Path, *words: str) -> str:
    done = subprocess.run(
        [str(tool.command), *words], cwd=repository, env=dict(tool.environment), check=True, stdout=subprocess.PIPE
    )
    return done.stdout.decode()


def _git(tool: Tool, repository: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(repository), *words], env=dict(tool.environment), check=True)


def _nothing(_: Tool, __: Path) -> None:
    pass


def _lose_data(_: Tool, repository: Path) -> None:
    workload.set_aside(repository / "data", repository.with_name("attic"))


def _lose_everything(tool: Tool, repository: Path) -> None:
    _run(tool, repository, "push", "--quiet")
    _lose_data(tool, repository)
    workload.set_aside(repository / ".dvc" / "cache", repository.with_name("attic"))


def _change_one(_: Tool, repository: Path) -> None:
    _change(repository, 1)


def _two_revisions(tool: Tool, repository: Path) -> None:
    _git(tool, repository, "add", "data.dvc", ".gitignore")
    _git(tool, repository, "commit", "--quiet", "--message", "before")
    _change(repository, sum(1 for path in (repository / "data").rglob("*") if path.is_file()) // CHANGED + 1)
    _run(tool, repository, "add", "--quiet", "data")
    _git(tool, repository, "commit", "--quiet", "--all", "--message", "after")
    _run(tool, repository, "diff", "--json", "HEAD~1", "HEAD")


def _change(repository: Path, count: int) -> None:
    """Append a line to the first `count` files by number."""
    for number in range(count):
        name = f"{number % workload.FOLDERS:02d}/{number:06d}.txt"
        with (repository / "data" / name).open("a", encoding="ascii") as file:
            file.write("changed\n")


def _data_file(_: Tool, repository: Path) -> object:
    return (repository / "data.dvc").read_bytes(), workload.digest(repository / ".dvc" / "cache" / "files")


def _large_data_file(_: Tool, repository: Path) -> object:
    return (repository / "big.bin.dvc").read_bytes(), workload.digest(repository / ".dvc" / "cache" / "files")


def _remote(_: Tool, repository: Path) -> object:
    return workload.digest(repository.with_name(repository.name + "-remote"))


def _everything(_: Tool, repository: Path) -> object:
    return workload.digest(repository / "data"), workload.digest(repository / ".dvc" / "cache" / "files")


def _data(_: Tool, repository: Path) -> object:
    return workload.digest(repository / "data")


def _status(tool: Tool, repository: Path) -> object:
    return json.loads(_run(tool, repository, "status", "--json"))


def _difference(tool: Tool, repository: Path) -> object:
    return json.loads(_run(tool, repository, "diff", "--json", "HEAD~1", "HEAD"))


def _targets(repository: Path) -> Sequence[str]:
    return ["add", *sorted(f"data/{path.name}" for path in (repository / "data").glob("*.txt"))]


def _metadata(_: Tool, repository: Path) -> object:
    found = sorted((repository / "data").glob("*.dvc"))
    return len(found), hashlib.sha256(b"".join(path.read_bytes() for path in found)).hexdigest()


def _everywhere(ratio: float) -> Mapping[str, float]:
    return {"tmpfs": ratio, "disk": ratio}


_WRITE_AIMS = {"tmpfs": (Aim("rival", 12),), "disk": (Aim("loop", 1.5),)}
_STATUS_AIMS = (Aim("rival", 30), Aim("loop", 2, offset_s=0.06))


def _at_least(bound: float) -> Mapping[str, Sequence[Aim]]:
    return {"tmpfs": (Aim("rival", bound),), "disk": (Aim("rival", bound),)}


# In this order in one repository: each begins with what the one before left.
LIFE = (
    Case("add of all", "tiffin add data", _say("add data"), _nothing, _data_file, {"tmpfs": 14, "disk": 8},
         _WRITE_AIMS, "store", synced=1),
    Case("push of all", "tiffin push", _say("push"), _nothing, _remote, {"tmpfs": 13, "disk": 8}, _WRITE_AIMS, "store",
         synced=1),
    Case("push, nothing to push", "tiffin push", _say("push"), _nothing, _remote, _everywhere(35), _at_least(40),
         warm=True),
    Case("status, clean", "tiffin status", _say("status"), _nothing, _status, _everywhere(20),
         {"tmpfs": _STATUS_AIMS, "disk": _STATUS_AIMS}, "stat", warm=True),
    Case("status, one file changed", "tiffin status", _say("status"), _change_one, _status, _everywhere(20),
         _at_least(20), "stat", warm=True),
    Case("diff between revisions", "tiffin diff HEAD~1 HEAD", _say("diff HEAD~1 HEAD"), _two_revisions, _difference,
         _everywhere(30), _at_least(20)),
    Case("checkout of all", "tiffin checkout", _say("checkout"), _lose_data, _data, {"tmpfs": 13, "disk": 8},
         _WRITE_AIMS, "store"),
    Case("pull of all", "tiffin pull", _say("pull"), _lose_everything, _everything, {"tmpfs": 14, "disk": 8},
         _WRITE_AIMS, "store", loops=2, synced=1),
)  # fmt: skip
TARGETS = (
    Case("add of tracked targets", "tiffin add data/*.txt", _targets, _nothing, _metadata, _everywhere(60),
         _at_least(30)),
)  # fmt: skip
BIG = (
    Case("add of one large file", "tiffin add big.bin", _say("add big.bin"), _nothing, _large_data_file,
         _everywhere(1.5), _at_least(1.5), "store", synced=1),
)  # fmt: skip
