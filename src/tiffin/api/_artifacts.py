"""Versions of artifacts: `artifacts_show`."""

from tiffin.api._access import externals
from tiffin.repo.artifacts import find_artifact

__all__ = ["artifacts_show"]


def artifacts_show(
    name: str, version: str | None = None, stage: str | None = None, repo: str | None = None
) -> dict[str, str]:
    """{"rev": commit, "path": place} of an artifact: the newest version, a version, or the one in a stage.

    The path counts from the root of the Git repository.  Raises ValueError for both, TargetError if there is none.
    """
    if version and stage:
        raise ValueError("an artifact is asked for by its version or by its stage, not by both")
    with externals() as pool:
        found = find_artifact(pool, repo, name, version=version, stage=stage)
        return {"rev": found.rev, "path": found.path}
