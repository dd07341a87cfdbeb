"""What is measured: the tools, the reference loops, the files, and the proof that the same work was done."""

import hashlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

__all__ = [
    "Loops",
    "Tool",
    "agree",
    "build_loops",
    "digest",
    "environment",
    "make_files",
    "make_large_file",
    "make_stages",
    "make_targets",
    "new_repository",
    "set_aside",
    "version",
]

ROOT = Path(__file__).parents[1]
FOLDERS = 50
FILE_BYTES = 180
CHUNK = 1 << 20


class Tool(NamedTuple):
    """A program under measurement, with surroundings of its own.  `command` is what starts it."""

    name: str
    command: Path
    environment: Mapping[str, str]


class Loops(NamedTuple):
    """C++ programs that do only the system calls, three of them in two threads: the floor a tool stands on."""

    store: Path
    stat: Path
    read: Path
    spawn: Path


def environment(home: Path) -> dict[str, str]:
    """Variables of a tool that has a home, configuration and caches of its own and asks nobody for updates."""
    site = home / "site"
    for folder in (home, site, home / "global", home / "system"):
        folder.mkdir(parents=True, exist_ok=True)
    (home / "global" / "config").write_text(
        "[core]\n    analytics = false\n    check_update = false\n", encoding="utf-8"
    )
    (home / ".gitconfig").write_text("[user]\n    name = Bench\n    email = bench@example.org\n", encoding="utf-8")
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "DVC_GLOBAL_CONFIG_DIR": str(home / "global"),
        "DVC_SYSTEM_CONFIG_DIR": str(home / "system"),
        "DVC_SITE_CACHE_DIR": str(site),
        "DVC_NO_ANALYTICS": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def build_loops(folder: Path) -> Loops:
    """Compile the reference loops into `folder`; needs a C++ compiler."""
    return Loops(*(build_loop(name, folder) for name in ("store_loop", "stat_loop", "read_loop", "spawn_loop")))


def build_loop(name: str, folder: Path) -> Path:
    """One of them."""
    folder.mkdir(parents=True, exist_ok=True)
    source, program = ROOT / "native" / "bench" / f"{name}.cpp", folder / name
    compiler = os.environ.get("CXX", "c++")
    subprocess.run([compiler, "-O2", "-pthread", "-std=c++20", str(source), "-o", str(program)], check=True)
    return program


def make_files(folder: Path, count: int, size: int = FILE_BYTES) -> None:
    """Write `count` distinct files of `size` bytes, spread over FOLDERS folders; the same bytes each time."""
    for directory in range(FOLDERS):
        (folder / f"{directory:02d}").mkdir(parents=True)
    for number in range(count):
        seed = hashlib.sha256(str(number).encode()).hexdigest()
        content = (seed * (size // len(seed) + 1))[:size]
        (folder / f"{number % FOLDERS:02d}" / f"{number:06d}.txt").write_text(content, encoding="ascii")


def make_large_file(path: Path, size: int) -> None:
    """Write one file of `size` bytes that no file system can store in less."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for number in range(-(-size // CHUNK)):
            block = hashlib.shake_128(str(number).encode()).digest(CHUNK)
            file.write(block[: min(CHUNK, size - number * CHUNK)])


def make_targets(tool: Tool, repository: Path, count: int) -> None:
    """Write `count` small files into one folder and let the tool track each by itself."""
    (repository / "data").mkdir()
    names = [f"data/{number:06d}.txt" for number in range(count)]
    for name in names:
        (repository / name).write_text(f"target {name}\n", encoding="ascii")
    command = [str(tool.command), "add", "--quiet", *names]
    subprocess.run(command, cwd=repository, env=tool.environment, check=True)


def make_stages(folder: Path, count: int) -> None:
    """Write a dvc.yaml of `count` stages in a chain, each copying one file, with the first file."""
    (folder / "s0.txt").write_text("one bite\n", encoding="ascii")
    lines = ["stages:"]
    for number in range(1, count + 1):
        before, after = f"s{number - 1}.txt", f"s{number}.txt"
        lines += [f"  copy{number}:", f"    cmd: cp {before} {after}", "    deps:", f"    - {before}"]
        lines += ["    outs:", f"    - {after}"]
    (folder / "dvc.yaml").write_text("\n".join(lines) + "\n", encoding="ascii")


def new_repository(tool: Tool, folder: Path) -> None:
    """A new Git and DVC repository, made by the tool itself, with a local remote beside it."""
    remote = folder.with_name(folder.name + "-remote")
    for made in (folder, remote):
        made.mkdir(parents=True)
    for command in (
        ["git", "init", "--quiet"],
        [tool.command, "init", "--quiet"],
        [tool.command, "remote", "add", "--quiet", "--default", "store", remote],
    ):
        subprocess.run([str(word) for word in command], cwd=folder, env=tool.environment, check=True)


def set_aside(folder: Path, attic: Path) -> None:
    """Take a folder away without freeing its files, which the end of the run does.

    After a mass deletion on disk whoever creates files next was seen to pay for it, several times the work that is
    measured here (ext4 probably passes over inodes that were just freed).
    """
    attic.mkdir(parents=True, exist_ok=True)
    folder.rename(attic / str(sum(1 for _ in attic.iterdir())))


def digest(folder: Path) -> str:
    """SHA-256 over the sorted (path, content) of every file below: equal digests are equal trees."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix().encode()
        whole.update(b"%d %s %d " % (len(name), name, path.stat().st_size))
        with path.open("rb") as file:
            while body := file.read(CHUNK):
                whole.update(body)
    return whole.hexdigest()


def agree(what: str, results: Mapping[str, object]) -> None:
    """Raise RuntimeError unless all results, by tool, are equal."""
    first, *others = results.values()
    if any(other != first for other in others):
        raise RuntimeError(f"`{what}`: the programs left different results: {results}")


def version(tool: Tool, folder: Path) -> str:
    """What the tool says of itself."""
    command = [str(tool.command), "--version"]
    done = subprocess.run(command, cwd=folder, env=tool.environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()
