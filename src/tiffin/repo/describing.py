"""Where a repository stands: file systems, links, remotes, for `version`."""

import os
from collections.abc import Iterable

from tiffin import _native
from tiffin.repo._repo import Repo
from tiffin.scm import find_git_root

__all__ = ["describe", "file_system"]

_LINKS = ("reflink", "hardlink", "symlink")
_MOUNTS = "/proc/self/mounts"


def describe(repo: Repo) -> list[tuple[str, str]]:
    """What matters about a repository when something is slow or fails, as (heading, words), in DVC's order."""
    cache = repo.cache_directory
    facts = []
    if os.path.isdir(cache):
        facts += [("Cache types", _links(cache, repo.root)), ("Cache directory", file_system(cache))]
    else:
        facts.append(("Cache types", "not known before there is a cache"))
    remotes = (remote.scheme or "local" for remote in repo.config.remotes.values())
    return [
        *facts,
        ("Caches", "local"),
        ("Remotes", ", ".join(remotes) or "None"),
        ("Workspace directory", file_system(repo.root)),
        ("Repo", _kind(repo)),
    ]


def file_system(path: str) -> str:
    """The kind of file system a path is on, and its device: "ext4 on /dev/sda1"; "unknown" where nobody tells."""
    real = os.path.realpath(path)
    found, kind = "", "unknown"
    for point, description in _mounts():
        # The longest one counts, and of equal ones the last: it covers those before.
        if len(point) >= len(found) and (real == point or real.startswith(point.rstrip("/") + "/")):
            found, kind = point, description
    return kind


def _mounts() -> Iterable[tuple[str, str]]:
    try:
        with open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as file:
            fields = [line.split(" ") for line in file]
    except FileNotFoundError:
        return []  # no Linux
    return [(_unescaped(point), f"{kind} on {_unescaped(device)}") for device, point, kind, *_ in fields]


def _unescaped(field: str) -> str:
    """Blanks, tabs, line ends and backslashes are octal in the table of mounts."""
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, character)
    return field


def _links(cache: str, workspace: str) -> str:
    return ", ".join(kind for kind in _LINKS if _native.link_works(kind, cache, workspace)) or "none but copies"


def _kind(repo: Repo) -> str:
    git = None if repo.config.flag("core.no_scm") else find_git_root(repo.root)
    if git is None:
        return "dvc (no_scm)"
    return "dvc, git" if git == repo.root else "dvc (subdir), git"
