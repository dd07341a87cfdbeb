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
from collections.abc import Collection, Iterable
from typing import NamedTuple

from tiffin import _native
from tiffin._native import Table
from tiffin.fs.replacing import is_beside
from tiffin.index import parents
from tiffin.pipeline import is_metafile
from tiffin.repo._arriving import half_there
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
    outputs |= {os.path.relpath(place, repo.root) for place in half_there(repo)}  # the same command goes on with it
    folders = _above(new)
    foreign = _repositories(repo, folders)
    in_outputs, in_foreign = (_at_or_below(folders, tops) for tops in (outputs, foreign))
    files, taken = [], set(others) | outputs | foreign
    for path in new:
        folder, _, name = path.rpartition("/")
        if path in outputs or folder in in_outputs or _is_excluded(repo, path):
            continue
        if not name or name in _METAFILES or is_metafile(path):
            taken.add(path)
        elif folder not in in_foreign:
            files.append(path)
    table = _native.stat_files(repo.root, files, follow=False)
    taken.update(filter(_is_code, table.paths()))
    return _chosen(table, directory, _above(taken), limit)


def _chosen(table: Table, start: str, shared: set[str], limit: int) -> Plan:
    """shared: the directories that hold what is someone else's."""
    folders = [Item(path, True, files, size) for path, files, size in table.folders()]
    chosen: dict[str, Item] = {}
    for folder in folders:  # one before those in it
        inside = not start or folder.path.startswith(f"{start}/")
        if (
            inside
            and folder.size > limit
            and folder.path not in shared
            and chosen.keys().isdisjoint(parents(folder.path))
        ):
            chosen[folder.path] = folder
    taken = _at_or_below((folder.path for folder in folders), chosen.keys())
    left = left_size = 0
    for path, size in zip(table.paths(), table.sizes(), strict=True):
        if path.rpartition("/")[0] in taken:
            continue
        if size > limit and not _is_code(path):
            chosen[path] = Item(path, False, 1, size)
        else:
            left += 1
            left_size += size
    return Plan([chosen[path] for path in sorted(chosen)], left, left_size)


def _inventory(repo: Repo, directory: str) -> tuple[list[str], list[str]]:
    """Without Git all files are new."""
    table = _native.scan(f"{repo.root}/{directory}", ignore=repo.workspace.ignore, under=directory)
    return [posixpath.join(directory, path) for path in table.paths()], []


def _repositories(repo: Repo, folders: Iterable[str]) -> set[str]:
    """The directories that are repositories of their own."""
    return {one for one in folders if os.path.lexists(f"{repo.root}/{one}/{METADATA}")}


def _is_excluded(repo: Repo, path: str) -> bool:
    if ".tiffin-" in path and (_native.is_temporary(posixpath.basename(path)) or any(map(is_beside, path.split("/")))):
        return True
    return repo.workspace.ignore.ignores(path.removesuffix("/"), path.endswith("/"))


def _is_code(path: str) -> bool:
    return path.lower().endswith(_CODE)


def _above(paths: Iterable[str]) -> set[str]:
    return {parent for path in paths for parent in parents(path.removesuffix("/"))}


def _at_or_below(folders: Iterable[str], tops: Collection[str]) -> set[str]:
    """Those of the directories that are among `tops`, or below one."""
    return {one for one in folders if one in tops or any(parent in tops for parent in parents(one))} if tops else set()
