"""What `add .` would track: large files, and directories that hold nothing but new files.

The rules, in order:
1. Only what Git neither tracks nor ignores, and `.dvcignore` does not exclude, is looked at.
2. A directory is taken as a whole if its files together are larger than the limit and nothing in it belongs to
   someone else: to Git, to a stage or .dvc file, to another repository, or to a programmer.  The uppermost counts.
3. Of the rest, a file is taken if it is larger than the limit itself.
4. What is left is for Git.
"""

import os
import posixpath
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tiffin import _native
from tiffin.index import parents
from tiffin.pipeline import is_metafile
from tiffin.repo._repo import METADATA, Repo
from tiffin.repo.gitside import GitSide

__all__ = ["LIMIT", "Item", "Plan", "plan"]

LIMIT = 1 << 20

# Beside such files other small ones are more likely to be part of a program than data.
_CODE = (
    *(".py", ".pyx", ".ipynb", ".r", ".jl", ".sh", ".sql", ".c", ".cc", ".cpp", ".cu", ".h", ".hpp", ".rs", ".go"),
    *(".java", ".scala", ".js", ".ts", ".m"),
)
_METAFILES = frozenset((".dvcignore", ".gitattributes", ".gitignore", ".gitmodules", "dvc.lock"))


class Item(NamedTuple):
    """One thing to track.  files, size: how much that is, in bytes."""

    path: str
    is_dir: bool
    files: int
    size: int


class Plan(NamedTuple):
    """What to track, by path, and how much is left to Git."""

    items: list[Item]
    left: int
    left_size: int


def plan(repo: Repo, directory: str, git: GitSide, *, limit: int = LIMIT) -> Plan:
    """What is to be tracked below a directory of the repository, "" for all of it.  limit: bytes."""
    new, others = git.inventory(directory) or _inventory(repo, directory)
    outputs = {out.path for stage in repo.project.stages for out in stage.outs}
    foreign = _repositories(repo, new)
    files, taken = [], set(others) | outputs | foreign
    for path in new:
        if _is_excluded(repo, path) or path in outputs or not outputs.isdisjoint(parents(path)):
            continue
        if is_metafile(path) or posixpath.basename(path) in _METAFILES or path.endswith("/"):
            taken.add(path)
        elif foreign.isdisjoint(parents(path)):
            files.append(path)
    table = _native.stat_files(repo.root, files)
    sizes = {path: size for path, size in zip(table.paths(), table.sizes(), strict=True) if _is_plain(repo, path)}
    taken.update(filter(_is_code, sizes))
    return _chosen(sizes, directory, _above(taken), limit)


def _chosen(sizes: Mapping[str, int], start: str, shared: set[str], limit: int) -> Plan:
    """shared: the directories that hold what is someone else's."""
    whole: dict[str, list[int]] = {}
    for path, size in sizes.items():
        for parent in parents(path):
            counts = whole.setdefault(parent, [0, 0])
            counts[0] += 1
            counts[1] += size
    chosen: dict[str, Item] = {}
    left = left_size = 0
    for path, size in sizes.items():
        above = [
            one for one in reversed([*parents(path)]) if one != start and (not start or one.startswith(f"{start}/"))
        ]
        top = next((one for one in above if one not in shared and whole[one][1] > limit), None)
        if top is not None:
            chosen.setdefault(top, Item(top, True, *whole[top]))
        elif size > limit and not _is_code(path):
            chosen[path] = Item(path, False, 1, size)
        else:
            left += 1
            left_size += size
    return Plan([chosen[path] for path in sorted(chosen)], left, left_size)


def _inventory(repo: Repo, directory: str) -> tuple[list[str], list[str]]:
    """Without Git all files are new."""
    table = _native.scan(f"{repo.root}/{directory}", ignore=repo.workspace.ignore, under=directory)
    return [posixpath.join(directory, path) for path in table.paths()], []


def _repositories(repo: Repo, paths: Iterable[str]) -> set[str]:
    """The directories above the paths that are repositories of their own."""
    return {one for one in _above(paths) if os.path.lexists(f"{repo.root}/{one}/{METADATA}")}


def _is_excluded(repo: Repo, path: str) -> bool:
    return repo.workspace.ignore.ignores(path.removesuffix("/"), path.endswith("/"))


def _is_code(path: str) -> bool:
    return path.lower().endswith(_CODE)


def _is_plain(repo: Repo, path: str) -> bool:
    return not os.path.islink(f"{repo.root}/{path}")


def _above(paths: Iterable[str]) -> set[str]:
    return {parent for path in paths for parent in parents(path.removesuffix("/"))}
