"""What the native tables do, said slowly in Python: property tests compare the two."""

import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath

from pathspec.patterns.gitignore.base import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

__all__ = ["changes", "dvc_ignores", "files_below", "folders", "manifest", "metafiles", "replaced", "rows_of", "under"]

Rows = dict[str, str]


def manifest(rows: Rows) -> bytes:
    """The body of a .dir object."""
    entries = [{"md5": oid, "relpath": path} for path, oid in sorted(rows.items())]
    return json.dumps(entries, sort_keys=True).encode()


def rows_of(body: bytes) -> Rows:
    """A .dir body read back; ValueError for what would leave the directory or is said twice."""
    rows: Rows = {}
    for entry in json.loads(body):
        path = entry["relpath"]
        parts = path.split("/")
        if path in rows or "\0" in path or any(part in ("", ".", "..") for part in parts):
            raise ValueError(path)
        rows[path] = entry["md5"]
    return rows


def under(rows: Rows, prefix: str) -> Rows:
    if not prefix:
        return rows
    return {path.removeprefix(prefix + "/"): oid for path, oid in rows.items() if path.startswith(prefix + "/")}


def replaced(rows: Rows, prefix: str, new: Rows) -> Rows:
    if not prefix:
        return new
    kept = {path: oid for path, oid in rows.items() if path != prefix and not path.startswith(prefix + "/")}
    return kept | {f"{prefix}/{path}": oid for path, oid in new.items()}


def changes(old: Rows, new: Rows) -> tuple[list[str], list[str], list[str], int]:
    """Added, modified, deleted, and how many are the same."""
    added = sorted(new.keys() - old.keys())
    deleted = sorted(old.keys() - new.keys())
    both = old.keys() & new.keys()
    modified = sorted(path for path in both if old[path] != new[path])
    return added, modified, deleted, len(both) - len(modified)


def folders(sizes: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Every directory above a path: how many paths are below it, and the sum of their sizes."""
    above = {parent for path in sizes for parent in map(str, PurePosixPath(path).parents) if parent != "."}
    below = {parent: [size for path, size in sizes.items() if path.startswith(f"{parent}/")] for parent in above}
    return {parent: (len(found), sum(found)) for parent, found in below.items()}


def files_below(root: str) -> dict[str, os.stat_result]:
    """Every regular file below root, links followed."""
    found = {}
    for directory, _, names in os.walk(root, followlinks=True):
        for name in names:
            path = Path(directory, name)
            info = path.stat()
            if stat.S_ISREG(info.st_mode):
                found[path.relative_to(root).as_posix()] = info
    return found


def dvc_ignores(layers: Mapping[str, Iterable[str]], path: str, *, is_dir: bool) -> bool:
    """Whether DVC ignores path.  layers: directory -> the lines of its ignore file, outermost first.

    The meaning DVC gives to pathspec's patterns, except that a set like [!a] never takes a slash and that patterns
    may match anywhere in a path, as pathspec means them to.
    """
    parts = PurePosixPath(path).parts
    for depth in range(1, len(parts) + 1):
        here = "/".join(parts[:depth])
        if _decision(layers, here, is_dir=is_dir or depth < len(parts)):
            return True
    return False


def _decision(layers: Mapping[str, Iterable[str]], path: str, *, is_dir: bool) -> bool:
    decided = False
    for directory, lines in layers.items():
        if directory and not path.startswith(directory + "/"):
            continue
        inside = path.removeprefix(directory + "/") if directory else path
        for line in lines:
            matches, ignores = _pattern(line)
            if matches is not None and matches([inside, f"{inside}/"] if is_dir else [inside]):
                decided = ignores
    return decided


def _pattern(line: str) -> tuple[Callable[[list[str]], bool] | None, bool]:
    """What matches a path, given as [path] or for a directory as [path, path/], and whether that ignores it."""
    try:
        regex, ignores = GitIgnoreSpecPattern.pattern_to_regex(line.strip())
    except GitIgnorePatternError:
        return None, False
    if regex is None:
        return None, False
    compiled = re.compile(regex.replace("[^", "[^/"))
    dir_only = line.strip().endswith("/")
    return lambda forms: not (dir_only and len(forms) == 1) and any(map(compiled.search, forms)), bool(ignores)


def metafiles(root: str) -> list[str]:
    """dvc.yaml and *.dvc below root, without .git, .hg, .dvc and other repositories; no ignore files."""
    found = []
    for directory, below, names in os.walk(root):
        if directory != root and Path(directory, ".dvc").is_dir():
            below.clear()
            continue
        below[:] = [name for name in below if name not in (".git", ".hg", ".dvc")]
        mine = [name for name in names if name == "dvc.yaml" or (name.endswith(".dvc") and name != ".dvc")]
        found += [Path(directory, name).relative_to(root).as_posix() for name in mine]
    return sorted(found)
