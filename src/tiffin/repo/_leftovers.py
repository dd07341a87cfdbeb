"""Temporary files that killed commands left in a project, beside its stores."""

import os
from collections.abc import Iterator
from contextlib import suppress

from tiffin import _native
from tiffin.fs.replacing import discard
from tiffin.objects.collecting import stale_leftovers
from tiffin.repo._repo import Repo

__all__ = ["remove_project_leftovers"]

AGE_NS = 3600 * 10**9


def remove_project_leftovers(repo: Repo) -> list[str]:
    """Remove those of processes that ended more than an hour ago; give their paths.

    Looked at are the tracked data, the run cache and the project's own directory for such files.
    """
    try:
        now_ns = _native.clock_ns(repo.state)
    except OSError:
        return []
    removed = []
    for directory, names in _looked_at(repo):
        for name in stale_leftovers(directory, names, now_ns=now_ns, before_ns=now_ns - AGE_NS, ours_only=True):
            discard(f"{directory}/{name}")
            removed.append(f"{directory}/{name}")
    return removed


def _looked_at(repo: Repo) -> Iterator[tuple[str, list[str]]]:
    """Directories and names in them."""
    outputs = [f"{repo.root}/{out.path}" for stage in repo.project.stages for out in stage.outs]
    trees = [f"{repo.cache_directory}/runs", repo.state, *(path for path in outputs if os.path.isdir(path))]
    for tree in trees:
        for directory, _, names in os.walk(tree):
            yield directory, names
    for directory in dict.fromkeys([repo.tmp, *map(os.path.dirname, outputs)]):
        with suppress(OSError):
            # Directories too: copies that were to take another's place once they were whole.
            yield directory, os.listdir(directory)
