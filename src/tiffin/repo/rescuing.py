"""Outputs that runs set aside before they were killed."""

import os

from tiffin.repo._repo import Repo

__all__ = ["Message", "rescue"]

Message = tuple[str, str | None]  # what to tell the user, and a hint


def rescue(repo: Repo) -> list[Message]:
    """Bring them back where nothing is in their place, and tell of all; the others stay where they are.

    Where nothing was ever set aside this costs one look.
    """
    if not os.path.isdir(f"{repo.state}/aside"):
        return []
    from tiffin.pipeline import aside  # noqa: PLC0415 - few repositories have any

    with repo.lock:
        outputs = {out.path for stage in repo.project.stages for out in stage.outs}
        rescued = aside.rescue(repo.root, repo.state, outputs)
    repo.workspace.forget([path for path, _ in rescued])
    return [_message(repo, path, where) for path, where in rescued]


def _message(repo: Repo, path: str, where: str | None) -> Message:
    shown = repo.shown(path)
    if where is None:
        return f"'{shown}' was set aside by a run of its stage that was killed; it is back in its place", None
    return (
        f"the earlier '{shown}' is stored nowhere else; a run of its stage that was killed has left it as '{where}'",
        f"to have it back, move '{shown}' away and run `mv {where} {path}` at the root; else remove '{where}'",
    )
