"""Bringing the files of a commit into the work tree, so that a kill at any moment loses none."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from tiffin import _native
from tiffin.errors import GitError, UnsavedChanges
from tiffin.fs.replacing import discard
from tiffin.repo._repo import METADATA, Repo
from tiffin.repo.revisions import States
from tiffin.scm import Git

__all__ = ["Replacement", "prepared"]

_FOLDER, _SUBMODULE = "40000", "160000"
_CONFLICTS = frozenset(("DD", "AU", "UD", "UA", "DU", "AA", "UU"))


class Replacement(NamedTuple):
    """What is to be done, as paths from the root of the work tree.

    new: files that get other bytes, or that are not there.  gone: files that the commit lacks and that are as HEAD has
    them.  changed: all that differs from HEAD, in the index or on disk.  unknown: those of `new` that Git does not know
    and that are there.
    """

    root: str
    staging: str  # the new files are below it
    new: Sequence[str]
    gone: Sequence[str]
    changed: Sequence[str]
    unknown: Sequence[str]

    @property
    def touched(self) -> Iterable[str]:
        """All paths that will not be what they are."""
        return (*self.new, *self.gone)

    def carry_out(self) -> None:
        """Put the new files in their places, each by a rename, once those that are gone made room."""
        for path in self.gone:
            _remove(self.root, path)
        _native.sync_filesystem(self.staging)
        for path in self.new:
            target = os.path.join(self.root, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if os.path.isdir(target) and not os.path.islink(target):
                _remove_empty(target)
            os.replace(os.path.join(self.staging, path), target)


@contextmanager
def prepared(repo: Repo, states: States, head: str, commit: str) -> Iterator[Replacement]:
    """Write the files of a commit that differ from the work tree beside it, and say what there is to do.

    What differs from HEAD and is not in the commit stays as it is.  Raises UnsavedChanges where something that is not
    in Git is in the way, as a directory is of a file.
    """
    git, root = states.git, os.path.realpath(states.git.root)
    staging = f"{repo.state}/applying"
    changed = _changed(git)
    modes = git.diff_trees(head, commit)
    # DVC's `exp save` commits a file of its own there, from which DVC would later run whatever it says.
    own = f"{states.prefix}{METADATA}/tmp/"  # noqa: S108 - below the repository, not shared
    wanted = [path for path, mode in modes.items() if mode not in (None, _SUBMODULE) and not path.startswith(own)]
    wanted += [path for path in changed if path not in modes and _is_file(states, commit, path)]
    gone = sorted({path for path, mode in modes.items() if mode is None}.difference(changed))
    discard(staging)
    try:
        os.makedirs(staging)
        git.write_files(commit, wanted, staging)
        new = [path for path in wanted if not _same(os.path.join(staging, path), os.path.join(root, path))]
        _refuse_what_is_in_the_way(root, new, set(gone))
        known = git.index()
        unknown = [path for path in new if path not in known and os.path.lexists(os.path.join(root, path))]
        unknown = [path for path in unknown if not os.path.isdir(os.path.join(root, path))]
        yield Replacement(root, staging, new, gone, changed, unknown)
    finally:
        discard(staging)


def _changed(git: Git) -> list[str]:
    """What differs from HEAD."""
    changes = git.status(untracked="no")
    conflicts = [change.path for change in changes if f"{change.staged}{change.unstaged}" in _CONFLICTS]
    if conflicts:
        raise GitError(
            f"'{conflicts[0]}' is in conflict: a merge is unfinished", hint="finish it, or give it up, with Git first"
        )
    return [change.path for change in changes]


def _is_file(states: States, commit: str, path: str) -> bool:
    found = states.trees.find(states.commit(commit).tree, path)
    return found is not None and found.mode not in (_FOLDER, _SUBMODULE)


def _same(one: str, other: str) -> bool:
    """Whether two paths are alike to Git: bytes, kind, and whether they can be executed."""
    if not os.path.lexists(other):
        return False
    links = [os.path.islink(path) for path in (one, other)]
    if any(links):
        return all(links) and os.readlink(one) == os.readlink(other)
    if not os.path.isfile(other) or (os.stat(one).st_mode ^ os.stat(other).st_mode) & 0o100:
        return False
    from filecmp import cmp  # noqa: PLC0415 - few commands compare files

    return cmp(one, other, shallow=False)


def _refuse_what_is_in_the_way(root: str, new: Iterable[str], gone: set[str]) -> None:
    for path in new:
        above = _non_directory_above(root, path)
        if above is not None and above not in gone:
            raise UnsavedChanges(f"'{above}' is no directory, and the commit has '{path}'", hint="move it away")
        target = os.path.join(root, path)
        if os.path.isdir(target) and not os.path.islink(target):
            left = next((file for file in _files_below(root, path) if file not in gone), None)
            if left is not None:
                raise UnsavedChanges(f"'{left}' is not in Git, and the commit has a file '{path}'", hint="move it away")


def _non_directory_above(root: str, path: str) -> str | None:
    parts = path.split("/")[:-1]
    for depth in range(len(parts)):
        above = "/".join(parts[: depth + 1])
        at = os.path.join(root, above)
        if os.path.islink(at) or (os.path.exists(at) and not os.path.isdir(at)):
            return above
    return None


def _files_below(root: str, path: str) -> Iterator[str]:
    for parent, folders, names in os.walk(os.path.join(root, path)):
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        for name in (*names, *links):
            yield os.path.relpath(os.path.join(parent, name), root).replace(os.sep, "/")


def _remove(root: str, path: str) -> None:
    """Remove a file, and the directories that are empty without it."""
    with suppress(FileNotFoundError):
        os.unlink(os.path.join(root, path))
    parent = os.path.dirname(path)
    with suppress(OSError):  # not empty
        while parent:
            os.rmdir(os.path.join(root, parent))
            parent = os.path.dirname(parent)


def _remove_empty(directory: str) -> None:
    for parent, _, _ in os.walk(directory, topdown=False):
        os.rmdir(parent)
