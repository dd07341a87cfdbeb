"""What Git calls on its own: hooks and merge drivers, and the text merge it would do without one."""

import os
import tempfile
from collections.abc import Sequence

from tiffin.scm._git import Git
from tiffin.scm._run import Runner

__all__ = ["add_attributes", "hooks_directory", "merge_text", "set_config"]


def hooks_directory(git: Git) -> str:
    """Where Git looks for hooks, absolute; of worktrees that of the main one, and core.hooksPath counts."""
    return os.path.join(git.root, Runner(git.root).text("rev-parse", "--git-path", "hooks"))


def set_config(git: Git, name: str, value: str) -> None:
    """Set a setting of this repository."""
    Runner(git.root).run("config", name, value)


def add_attributes(file: str, lines: Sequence[str]) -> bool:
    """Add the lines a `.gitattributes` lacks; False if it has all."""
    try:
        with open(file, encoding="utf-8", errors="surrogateescape", newline="") as source:
            text = source.read()
    except FileNotFoundError:
        text = ""
    patterns = {line.split()[0] for line in text.splitlines() if "merge=" in line and not line.startswith("#")}
    # Whoever chose another driver for a pattern keeps it.
    missing = [line for line in lines if line.split()[0] not in patterns]
    if missing:
        separator = "\n" if text and not text.endswith("\n") else ""
        with open(file, "a", encoding="utf-8", newline="") as out:
            out.write(separator + "".join(f"{line}\n" for line in missing))
    return bool(missing)


def merge_text(git: Git, base: str, ours: str, theirs: str) -> tuple[str, bool]:
    """Merge three texts line by line; the text, with Git's markers where they conflict, and whether it is clean."""
    with tempfile.TemporaryDirectory(prefix="tiffin-merge-") as folder:
        paths = []
        for name, text in (("ours", ours), ("base", base), ("theirs", theirs)):
            paths.append(os.path.join(folder, name))
            with open(paths[-1], "w", encoding="utf-8", newline="") as file:
                file.write(text)
        labels = ("-L", "ours", "-L", "base", "-L", "theirs")
        done = Runner(git.root).run("merge-file", "-p", *labels, *paths, accept=range(128))
    return done.out.decode("utf-8"), done.status == 0
