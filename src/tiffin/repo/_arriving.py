"""What a command brings into the workspace and has not recorded yet.

<state>/arriving := one repository path a line, JSON-encoded

What is at such a path was left by a killed command, so the same command takes it for its own and goes on.  Whether
anything in it is the user's after all is asked by the checkout, as always.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

from tiffin.fs import write_atomically
from tiffin.repo._repo import Repo

__all__ = ["arriving", "half_there"]


@contextmanager
def arriving(repo: Repo, path: str) -> Iterator[None]:
    """Around all that is done from the first file at a path until something says that it is tracked.

    The caller holds the lock.  What is there already was the user's, and stays so if the command is killed.
    Raises LockHeld if a running stage is at work on the path.
    """
    repo.refuse_in_use([path])
    known = _load(repo)
    if path not in known:
        if os.path.lexists(f"{repo.root}/{path}"):
            yield
            return
        _save(repo, known | {path})
    yield
    _save(repo, known - {path}, durable=False)  # a path too many does no harm


def half_there(repo: Repo) -> set[str]:
    """The places, absolute, at which a killed command has left what it brought."""
    return {f"{repo.root}/{path}" for path in _load(repo)}


def _load(repo: Repo) -> set[str]:
    """An unreadable list counts as empty: what is at its paths is the user's then."""
    try:
        with open(f"{repo.state}/arriving", encoding="utf-8") as file:
            return {str(json.loads(line)) for line in file}
    except (FileNotFoundError, ValueError):
        return set()


def _save(repo: Repo, paths: set[str], *, durable: bool = True) -> None:
    lines = "".join(f"{json.dumps(path)}\n" for path in sorted(paths))
    write_atomically(f"{repo.state}/arriving", lines, durable=durable)
