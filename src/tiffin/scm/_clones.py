"""Clones of other people's repositories, kept between commands.

    <directory>/<md5 of the URL>.git       bare; what the server's branches, tags and HEAD name
    <directory>/<md5 of the URL>.lock      held while a clone is made or brought up to date

A clone lacks the large files where the server can leave them out; they come when they are first read.
HEAD of the server is refs/tiffin/HEAD.
"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

from tiffin import _native
from tiffin.errors import GitError
from tiffin.scm._git import Git
from tiffin.scm._run import Runner

__all__ = ["Clones"]

_HEAD = "refs/tiffin/HEAD"
_ID_DIGITS = 40
# Of small files even all versions are little beside a request for each that is read.
_FILTER = "--filter=blob:limit=1m"
# Never refs/exps: other people's experiments can be thousands.
_REFSPECS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*", f"+HEAD:{_HEAD}")


class Clones:
    """The clones below `directory`.  lock: makes a lock between processes out of a path."""

    def __init__(self, directory: str, lock: Callable[[str], AbstractContextManager[object]]) -> None:
        self._directory = directory
        self._lock = lock
        self._fresh: set[str] = set()  # URLs that were asked once already: one command sees one state

    def commit(self, url: str, rev: str | None) -> tuple[Git, str]:
        """The clone of a repository, and the id of the commit that a revision (None: HEAD) means there.

        The server is asked unless `rev` is the id of a commit that is here already.  Raises GitError.
        """
        if url.startswith("-"):
            raise GitError(f"'{url}' is no URL of a Git repository")
        place = f"{self._directory}/{_native.md5(os.fsencode(url))}"
        if url not in self._fresh and (rev is None or not _has_commit(f"{place}.git", rev)):
            with self._lock(f"{place}.lock"):
                _update(url, f"{place}.git")
            self._fresh.add(url)
        git = Git(f"{place}.git", foreign=True)
        return git, _resolve(git, url, rev)


def _resolve(git: Git, url: str, rev: str | None) -> str:
    try:
        return git.resolve_rev(rev or _HEAD)
    except GitError:
        if rev is None:
            raise GitError(f"'{url}' has no commits") from None
        raise GitError(f"unknown Git revision {rev!r} in '{url}'") from None


def _has_commit(path: str, rev: str) -> bool:
    if len(rev) != _ID_DIGITS or not all(digit in "0123456789abcdef" for digit in rev) or not os.path.isdir(path):
        return False
    # Without asking the server for an object that is not here.
    answer = Runner(path, foreign=True).run("rev-list", "--missing=allow-any", "--max-count=1", rev, accept=(0, 1, 128))
    return answer.status == 0


def _update(url: str, path: str) -> None:
    if os.path.isdir(path):
        try:
            _fetch(path, url)
        except GitError:
            # The server may be away, or the clone damaged: making it anew tells which, and mends the latter.
            _make(url, path)
    else:
        _make(url, path)


def _make(url: str, path: str) -> None:
    from shutil import rmtree  # noqa: PLC0415 - 3 ms that few commands need

    temporary, old = f"{path}.tmp", f"{path}.old"
    for left in (temporary, old):  # by a kill: nobody else works here while we hold the lock
        rmtree(left, ignore_errors=True)
    os.makedirs(temporary)
    try:
        _create(url, temporary)
        if os.path.isdir(path):
            os.rename(path, old)
        os.rename(temporary, path)
    finally:
        rmtree(temporary, ignore_errors=True)
        rmtree(old, ignore_errors=True)


def _create(url: str, path: str) -> None:
    runner = Runner(path, foreign=True)
    runner.run("init", "--quiet", "--bare", "--template=", path)
    runner.run("config", "remote.origin.url", url)
    _fetch(path, url)


def _fetch(path: str, url: str) -> None:
    try:
        Runner(path, foreign=True).run(
            "fetch",
            "--quiet",
            "--prune",
            "--no-tags",
            "--filter=blob:limit=1m",
            "--no-write-fetch-head",
            "origin",
            *_REFSPECS,
        )
    except GitError as error:
        raise GitError(
            f"cannot clone '{url}': {error.message.partition(': ')[2] or error.message}",
            hint="check the address, and that `git ls-remote` can read it",
        ) from error
