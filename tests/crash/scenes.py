"""Repositories in which one command has much to do, and what must be true whatever became of it."""

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from ruamel.yaml import YAML

from tiffin.cli import main

__all__ = ["SCENES", "Scene", "assert_nothing_lost", "assert_repeatable", "contents"]

# What `cp` and `cat` write is logged; what the C library writes for others (`wc`, `head`) is not.
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
  join:
    cmd: cat parts/a parts/b > joined.txt
    deps: [parts]
    outs: [joined.txt]
"""


# Stages that may run at once, a directory among what they give, and what needs them all.
WIDE = """\
stages:
  one:
    cmd: cat notes.txt words.txt > one.txt
    deps: [notes.txt, words.txt]
    outs: [one.txt]
  two:
    cmd: mkdir parts && cp notes.txt parts/a && cp words.txt parts/b
    deps: [notes.txt, words.txt]
    outs: [parts]
  three:
    cmd: cp notes.txt three.txt && cp notes.txt score.json
    deps: [notes.txt]
    outs: [three.txt]
    metrics:
    - score.json: {cache: false}
  all:
    cmd: cat one.txt parts/a parts/b three.txt > all.txt
    deps: [one.txt, parts, three.txt]
    outs: [all.txt]
"""


class Scene(NamedTuple):
    """prepare(root): makes root/repo, its remote beside it; the command is run in root/repo.

    once: a command that is an error where it is done already.  repair: what makes good its files then, if power failed.
    """

    prepare: Callable[[Path], None]
    command: tuple[str, ...]
    once: bool = False
    repair: tuple[str, ...] = ()


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


def wide(root: Path) -> None:
    """Other stages, which ran; then all they read was edited."""
    start(root)
    shutil.rmtree(root / "repo/parts")
    for path in ("dvc.lock", "double.txt", "joined.txt"):
        (root / "repo" / path).unlink()
    write(root, "dvc.yaml", WIDE)
    tiffin(root, "repro")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "wide")
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
    for path in ("words.txt", "double.txt", "joined.txt"):
        (root / "repo" / path).unlink()


def littered(root: Path) -> None:
    """The cache has what only the first version needs."""
    edited(root)
    tiffin(root, "add", "data", "words.txt")
    tiffin(root, "repro")


def linked(root: Path, kind: str) -> None:
    """All data are links into the cache."""
    start(root)
    tiffin(root, "config", "cache.type", kind)
    tiffin(root, "checkout", "--relink", "--force")


def hard_links(root: Path) -> None:
    linked(root, "hardlink")


def symlinks(root: Path) -> None:
    linked(root, "symlink")


def copies_to_be(root: Path, kind: str) -> None:
    """Data are copies; the settings say that they be links."""
    start(root)
    tiffin(root, "config", "cache.type", kind)


def hard_links_to_be(root: Path) -> None:
    copies_to_be(root, "hardlink")


def symlinks_to_be(root: Path) -> None:
    copies_to_be(root, "symlink")


def edited_linked(root: Path) -> None:
    hard_links(root)
    second(root)


def moved_out(root: Path) -> None:
    """A place for the directory."""
    start(root)
    (root / "repo/archive").mkdir()


def beside_another(root: Path) -> None:
    """A repository, and a second one to import from, with two versions of a directory; one has been imported."""
    start(root)
    shutil.move(root / "repo", root / "other")
    shutil.move(root / "remote", root / "remote of other")
    start(root)
    tiffin(root, "import", "../other", "data", "--out", "theirs")
    tiffin(root, "import-url", "../other/parts", "brought")
    for path, text in (("parts/a", "later\n"), ("parts/c", "new\n"), ("data/new", "new\n")):
        write(root, f"../other/{path}", text)
    subprocess.run([sys.executable, "-m", "tiffin", "add", "data"], cwd=root / "other", check=True, capture_output=True)
    subprocess.run(["git", "commit", "--quiet", "--all", "--message", "two"], cwd=root / "other", check=True)


def of_dvc_2(root: Path) -> None:
    """Objects where DVC 2 kept them, and .dvc files as it wrote them."""
    start(root)
    cache = root / "repo/.dvc/cache"
    for folder in (cache / "files/md5").iterdir():
        folder.rename(cache / folder.name)
    for file in ("data.dvc", "words.txt.dvc"):
        text = (root / "repo" / file).read_text()
        write(root, file, text.replace("  hash: md5\n", ""))
    write(root, "dvc.yaml", "stages: {}\n")
    (root / "repo/dvc.lock").unlink()


def pushed_twice(root: Path) -> None:
    """Cache and remote have what only the first version needs."""
    littered(root)
    tiffin(root, "push")


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
    "repro of stages at once": Scene(wide, ("repro", "--jobs", "3")),
    "repro with links": Scene(edited_linked, ("repro",)),
    "relink to hard links": Scene(hard_links_to_be, ("checkout", "--relink")),
    "relink to symlinks": Scene(symlinks_to_be, ("checkout", "--relink")),
    "unprotect hard links": Scene(hard_links, ("unprotect", "data", "words.txt")),
    "unprotect symlinks": Scene(symlinks, ("unprotect", "data", "words.txt")),
    "move a file": Scene(start, ("move", "words.txt", "texts.txt"), once=True),
    "move a directory": Scene(moved_out, ("move", "data", "archive"), once=True),
    "remove": Scene(symlinks, ("remove", "data.dvc"), once=True),
    "remove with data": Scene(start, ("remove", "--outs", "data.dvc"), once=True),
    "import": Scene(beside_another, ("import", "../other", "data/1", "--out", "new"), once=True, repair=("checkout",)),
    "import-url": Scene(beside_another, ("import-url", "../other/data/0", "new"), once=True, repair=("checkout",)),
    "add a copy": Scene(beside_another, ("add", "../other/parts", "--out", "new"), once=True, repair=("checkout",)),
    "get": Scene(beside_another, ("get", "../other", "data/1", "--out", "new"), once=True),
    "update": Scene(beside_another, ("update", "theirs.dvc", "brought.dvc")),
    "cache migrate": Scene(of_dvc_2, ("cache", "migrate", "--dvc-files")),
    "gc at a remote": Scene(pushed_twice, ("gc", "--workspace", "--cloud", "--grace", "0s", "--force")),
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
    base = root / "repo"
    files = [*base.glob("*.dvc"), *base.glob("archive/*.dvc"), base / "dvc.lock"]
    return {file.relative_to(base).as_posix(): file.read_bytes() for file in files if file.is_file()}


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
    # An object that the power failure cut off is none, so that there is something left to do.
    if scene.once and outcome(root, whole=False) == wanted:
        return
    is_recorded = scene.repair and metadata(root) == wanted.metadata
    tiffin(root, *(scene.repair if is_recorded else scene.command))
    assert outcome(root) == wanted


def outcome(root: Path, *, whole: bool = True) -> Outcome:
    """What a command left.  whole: as in `objects`."""
    return Outcome(
        contents(root),
        metadata(root),
        set(objects(root / "repo/.dvc/cache/files/md5", whole=whole)),
        set(objects(root / "remote/files/md5", whole=whole)),
    )


def points(steps: int, wanted: int, seed: int) -> list[int]:
    """Places to stop at, spread over all: the first, the last and others by chance."""
    chosen = random.Random(seed)
    return sorted({1, steps, *(chosen.randint(1, steps) for _ in range(max(0, wanted - 2)))})
