"""The other projects whose objects `gc` must keep, and keeping everybody at rest meanwhile."""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import NamedTuple

from tiffin.errors import LockHeld, NotARepository, TransferError
from tiffin.pipeline.rwlock import Claim, holding
from tiffin.repo._repo import EXPERIMENTS, METADATA, Repo, find_root
from tiffin.repo._sharing import Sharing
from tiffin.scm import find_git_root

__all__ = ["Neighbour", "lock_all"]


class Neighbour(NamedTuple):
    """Another project.  asked_for: named by the user, rather than known to share the cache."""

    repo: Repo
    asked_for: bool


def lock_all(
    repo: Repo, directories: Sequence[str], held: ExitStack, *, dry: bool, warn: Callable[[str], None]
) -> list[Neighbour]:
    """Lock the project, its cache, those named and those that share the cache; give all but the first.

    The locks are released with `held`.  Raises LockHeld, or ScopeUnreadable where nobody can
    tell who shares the cache.
    """
    found: dict[str, Neighbour] = {}
    for directory in directories:
        path = os.path.join(repo.root, repo.directory, directory)
        if not os.path.isdir(path):
            raise NotARepository(f"directory '{directory}' does not exist")
        other = Repo.open(path, repo.environment)
        found[other.root] = Neighbour(other, asked_for=True)
    # They join before joining is locked.
    for one in [repo, *(neighbour.repo for neighbour in found.values())]:
        _ = one.store
    roots = [*_beside_the_workspace(repo), *_around_the_cache(repo)]
    sharing = Sharing(repo.cache_directory)
    if repo.shares_cache or sharing.in_use():
        held.enter_context(sharing.lock())
        roots += sharing.projects()
        for root in [] if dry else sharing.forget_gone():
            warn(f"the project '{root}' is gone: what only it needed does not stay")
    for root in roots:
        other = Repo(root, root, repo.environment)
        if _same(other.cache_directory, repo.cache_directory):
            found.setdefault(root, Neighbour(other, asked_for=False))
    found.pop(repo.root, None)
    # In one order, so that two of these cannot wait for each other.
    for other in sorted([repo, *(neighbour.repo for neighbour in found.values())], key=lambda one: one.root):
        held.enter_context(_at_rest(other))
    return list(found.values())


@contextmanager
def _at_rest(repo: Repo) -> Iterator[None]:
    """Nobody else at work in the project, and none of its commands running."""
    if not os.access(repo.tmp if os.path.isdir(repo.tmp) else repo.metadata, os.W_OK):
        if repo.config.flag("core.hardlink_lock"):
            raise LockHeld(
                f"'{repo.tmp}/lock' cannot be taken: it is a hard link, and the directory is another user's",
                hint="let them collect, or give you access",
            )
        with _shared_lock(f"{repo.tmp}/lock"):
            yield
        return
    with repo.lock, holding(repo.tmp, Claim("gc", read=[], write=[repo.root]), repo.lock):
        yield


@contextmanager
def _shared_lock(path: str) -> Iterator[None]:
    """The lock of a project that only others may write to."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield
        return
    except OSError as error:
        raise TransferError(f"cannot lock '{path}': {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise LockHeld(f"another process holds the lock '{path}'", hint="wait until it is done") from None
    try:
        yield
    finally:
        os.close(descriptor)


def _beside_the_workspace(repo: Repo) -> list[str]:
    """Where experiments run apart from the workspace, DVC's too: whole repositories with the same cache."""
    places: list[str] = []
    for above in ("", "/standalone"):  # DVC's `exp run --temp` is there
        with suppress(FileNotFoundError):
            places += sorted(entry.path for entry in os.scandir(f"{repo.metadata}/{EXPERIMENTS}{above}"))
    inside = os.path.relpath(repo.root, find_git_root(repo.root) or repo.root)
    roots = [os.path.normpath(os.path.join(place, inside)) for place in places]
    return [root for root in roots if os.path.isdir(f"{root}/{METADATA}")]


def _around_the_cache(repo: Repo) -> list[str]:
    """The project whose directory the cache is in: it uses the cache without having joined."""
    root = find_root(os.path.realpath(repo.cache_directory))
    return [] if root is None else [root]


def _same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
