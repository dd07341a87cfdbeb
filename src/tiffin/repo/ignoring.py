"""Which rule excludes a path: `check-ignore`."""

import os
import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from tiffin.repo._repo import METADATA, Repo

__all__ = ["Verdict", "check_ignore"]


class Verdict(NamedTuple):
    """What the rules say of a path.

    rule: "file:line:pattern" of the one that decided, with nothing before a built-in one; None where none spoke.
    """

    ignored: bool
    rule: str | None = None


def check_ignore(repo: Repo, target: str) -> Verdict:
    """What `.dvcignore` files, built-in rules and nested repositories say of a path, which need not exist."""
    path = repo.inside(target)
    if not path or path.startswith("../") or path == "..":
        return Verdict(ignored=False)
    is_dir = os.path.isdir(f"{repo.root}/{path}")
    for directory in _directories(path, is_dir=is_dir):
        # Nothing below an ignored directory comes back, so the uppermost that is ignored decides.
        if os.path.lexists(f"{repo.root}/{directory}/{METADATA}") and not _excluded_above(repo, directory):
            return Verdict(ignored=True, rule=f"in sub_repo:{posixpath.basename(directory)}")
    found = repo.workspace.ignore.explain(path, is_dir)
    if found is None:
        return Verdict(ignored=False)
    file, line, text = found
    pattern = text.strip()
    return Verdict(not pattern.startswith("!"), f"{file}:{line}:{pattern}" if file else f":{pattern}")


def _directories(path: str, *, is_dir: bool) -> Iterator[str]:
    """The directories a path lies in, from the uppermost, and the path itself if it is one."""
    parts = path.split("/")
    for depth in range(1, len(parts) + is_dir):
        yield "/".join(parts[:depth])


def _excluded_above(repo: Repo, directory: str) -> bool:
    above = posixpath.dirname(directory)
    return bool(above) and repo.workspace.ignore.ignores(above, is_dir=True)
