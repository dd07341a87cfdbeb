"""Experiments that wait, as commits in the reflog of one ref, like those of `git stash`.

    line := "commit: dvc-exp:" head ":" baseline ":" name [":" branch]     DVC's; head, baseline: ids of commits

Such a commit's tree is the workspace as the experiment starts from it; its parents are HEAD and, as Git wants it of
a stash, a commit of the index.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tiffin.scm import Git

__all__ = ["FAILED", "QUEUED", "Stashed", "drop", "push", "stashed"]

QUEUED = "refs/exps/celery/stash"
FAILED = "refs/exps/celery/failed"
_LINE = re.compile(r"commit: dvc-exp:([0-9a-f]+):([0-9a-f]+):([^~^:\\?\[\]*]*)(?::(.+))?$")


class Stashed(NamedTuple):
    """One line.  branch: an experiment that it goes on with, of old DVC's checkpoints."""

    head: str
    baseline: str
    name: str
    branch: str | None = None

    @property
    def message(self) -> str:
        """The reflog's line."""
        branch = f":{self.branch}" if self.branch else ""
        return f"commit: dvc-exp:{self.head}:{self.baseline}:{self.name}{branch}"


def stashed(git: Git, ref: str) -> Mapping[str, Stashed]:
    """Commit -> what is known of it, the newest first."""
    found = {}
    for commit, message in git.reflog(ref):
        parsed = _LINE.match(message)
        if parsed is not None:
            found[commit] = Stashed(*parsed.groups())
    return found


def push(git: Git, ref: str, commit: str, what: Stashed) -> None:
    """Put a commit on top."""
    git.update_ref(ref, commit, message=what.message)


def drop(git: Git, ref: str, commits: Iterable[str]) -> None:
    """Take commits out; those that are not there are no matter."""
    gone = set(commits)
    git.drop_from_reflog(ref, [at for at, (commit, _) in enumerate(git.reflog(ref)) if commit in gone])
