"""Repositories in which one command has much to do, and what must be true whatever became of it."""

import hashlib
import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from ruamel.yaml import YAML

from tiffin.cli import main

__all__ = ["SCENES", "Scene", "assert_nothing_lost", "assert_repeatable", "contents"]

PIPELINE = """\
stages:
  double:
    cmd: cat notes.txt notes.txt > double.txt
    deps: [notes.txt]
    outs: [double.txt]
  split:
    cmd: mkdir parts && cp double.txt parts/a && cp notes.txt parts/b
    deps: [double.txt, notes.txt]
    outs: [parts]
  count:
    cmd: wc -c < parts/a > count.txt
    deps: [parts]
    outs: [count.txt]
"""


class Scene(NamedTuple):
    """prepare(root): makes root/repo, its remote beside it; the command is run in root/repo."""

    prepare: Callable[[Path], None]
    command: tuple[str, ...]


def tiffin(root: Path, *words: str) -> None:
    """Run tiffin in this process; it must succeed."""
    assert main(["--cd", str(root / "repo"), "--quiet", *words]) == 0, words


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=root / "repo", check=True, capture_output=True)


def write(root: Path, path: str, text: str) -> None:
    file = root / "repo" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)  # it may be a link into the cache
    file.write_text(text)


def start(root: Path) -> None:
    """A directory of small files, a file and a pipeline; two versions of everything; the first is pushed."""
    (root / "repo").mkdir(parents=True)
    git(root, "init", "--quiet")
    tiffin(root, "init")
    tiffin(root, "remote", "add", "--default", "store", "../remote")
    for number in range(12):
        write(root, f"data/{number % 3}/{number}.txt", f"file {number}\n" * number)
    write(root, "notes.txt", "first notes\n")
    write(root, "words.txt", "first words\n")
    write(root, "dvc.yaml", PIPELINE)
    tiffin(root, "add", "data", "words.txt")
    tiffin(root, "repro")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "one")
    tiffin(root, "push")


def second(root: Path) -> None:
    """The workspace as it is edited later: changed, added and removed files, in directories too."""
    write(root, "words.txt", "second words\n")
    write(root, "notes.txt", "second notes\n")
    for number in (1, 5, 20, 21):
        write(root, f"data/{number % 3}/{number}.txt", f"second file {number}\n" * 3)
    shutil.rmtree(root / "repo/data/2")
    write(root, "data/2", "a file where a directory was\n")


def edited(root: Path) -> None:
    start(root)
    second(root)


def two_versions(root: Path) -> None:
    """Both recorded; the metadata says the second, the workspace holds the first."""
    edited(root)
    tiffin(root, "add", "data", "words.txt")
    tiffin(root, "repro")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "two")
    git(root, "checkout", "--quiet", "HEAD~1")
    tiffin(root, "checkout", "--force")
    git(root, "checkout", "--quiet", "main")


def two_versions_linked(root: Path) -> None:
    start(root)
    tiffin(root, "config", "cache.type", "hardlink")
    tiffin(root, "checkout", "--relink", "--force")
    second(root)
    tiffin(root, "add", "data", "words.txt")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "two")
    git(root, "checkout", "--quiet", "HEAD~1")
    tiffin(root, "checkout", "--force")
    git(root, "checkout", "--quiet", "main")


def half_pushed(root: Path) -> None:
    edited(root)
    tiffin(root, "add", "data", "words.txt")


def cloned(root: Path) -> None:
    """Everything is at the remote, nothing here."""
    start(root)
    shutil.rmtree(root / "repo/.dvc/cache")
    for path in ("data", "parts"):
        shutil.rmtree(root / "repo" / path)
    for path in ("words.txt", "double.txt", "count.txt"):
        (root / "repo" / path).unlink()


def littered(root: Path) -> None:
    """The cache has what only the first version needs."""
    edited(root)
    tiffin(root, "add", "data", "words.txt")
    tiffin(root, "repro")


SCENES = {
    "add": Scene(edited, ("add", "data", "words.txt")),
    "commit": Scene(edited, ("commit", "--force", "data.dvc", "words.txt.dvc")),
    "checkout": Scene(two_versions, ("checkout",)),
    "checkout of links": Scene(two_versions_linked, ("checkout",)),
    "push": Scene(half_pushed, ("push",)),
    "fetch": Scene(cloned, ("fetch",)),
    "pull": Scene(cloned, ("pull",)),
    "gc": Scene(littered, ("gc", "--workspace", "--force")),
    "repro": Scene(edited, ("repro",)),
}


def contents(root: Path) -> dict[str, bytes]:
    """The user's files by path: all in the workspace but the metadata."""
    found = {}
    base = root / "repo"
    for folder, folders, names in os.walk(base):
        folders[:] = [name for name in folders if name not in (".dvc", ".git")]
        for name in names:
            path = Path(folder, name)
            inside = path.relative_to(base).as_posix()
            if not (
                inside.endswith((".dvc", ".gitignore", ".dvcignore", ".tmp")) or inside in ("dvc.lock", "dvc.yaml")
            ):
                found[inside] = path.read_bytes()
    return found


def metadata(root: Path) -> dict[str, bytes]:
    """What the command leaves for Git, by path."""
    files = [*(root / "repo").glob("*.dvc"), root / "repo/dvc.lock"]
    return {file.name: file.read_bytes() for file in files if file.is_file()}


def objects(store: Path, *, whole: bool = True) -> dict[str, bytes]:
    """The objects under final names.  whole: each must hold what its id says; else those that do not are left out."""
    found = {}
    for file in store.rglob("*") if store.is_dir() else ():
        if file.is_file() and not file.name.startswith(".tiffin-"):
            oid = file.parent.name + file.name
            body = file.read_bytes()
            if hashlib.md5(body).hexdigest() == oid.removesuffix(".dir"):
                found[oid] = body
            else:
                assert not whole, f"{file} does not hold what it says"
    return found


def named(root: Path) -> Iterator[str]:
    """The ids that the published metadata names, through listings that are there."""
    for name, body in metadata(root).items():
        document = YAML(typ="safe").load(body)
        stages = document["stages"].values() if name == "dvc.lock" else [document]
        yield from (out["md5"] for stage in stages for out in stage.get("outs", ()) if "md5" in out)


class Outcome(NamedTuple):
    """What a command leaves behind."""

    files: dict[str, bytes]
    metadata: dict[str, bytes]
    objects: set[str]
    remote: set[str]


def assert_nothing_lost(root: Path, before: dict[str, bytes], stored: dict[str, bytes], *, whole: bool = True) -> None:
    """Every byte the user had is in the workspace or in the cache; what is published is there as a whole.

    before, stored: the user's files and the objects before the command.  whole: so are objects that nobody names yet.
    """
    now, cache = contents(root), objects(root / "repo/.dvc/cache/files/md5", whole=whole)
    kept = {*now.values(), *cache.values()}
    lost = [path for path, body in before.items() if body not in kept]
    assert not lost
    remote = objects(root / "remote/files/md5", whole=whole)
    known = {*cache, *remote, *stored}
    for oid in named(root):
        assert oid in known, f"{oid} is published, and nobody has it"
    for listing in [body for oid, body in {**cache, **remote}.items() if oid.endswith(".dir")]:
        assert all(entry["md5"] in known for entry in json.loads(listing))


def assert_repeatable(root: Path, scene: Scene, wanted: Outcome) -> None:
    """The same command succeeds now, and leaves what it would have left at once."""
    tiffin(root, *scene.command)
    assert outcome(root) == wanted


def outcome(root: Path) -> Outcome:
    return Outcome(
        contents(root),
        metadata(root),
        set(objects(root / "repo/.dvc/cache/files/md5")),
        set(objects(root / "remote/files/md5")),
    )


def points(steps: int, wanted: int, seed: int) -> list[int]:
    """Places to stop at, spread over all: the first, the last and others by chance."""
    chosen = random.Random(seed)
    return sorted({1, steps, *(chosen.randint(1, steps) for _ in range(max(0, wanted - 2)))})
