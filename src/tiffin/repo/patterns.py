"""Targets that are patterns."""

import glob
from collections.abc import Sequence

from tiffin.errors import TargetError
from tiffin.repo._repo import Repo

__all__ = ["matching"]


def matching(repo: Repo, patterns: Sequence[str]) -> list[str]:
    """The paths on disk that patterns match, from where the user stands.  Raises TargetError for one without any."""
    found = []
    for pattern in patterns:
        matches = sorted(glob.glob(pattern, root_dir=f"{repo.root}/{repo.directory}", recursive=True))
        if not matches:
            raise TargetError(f"'{pattern}' matches nothing")
        found += matches
    return found
