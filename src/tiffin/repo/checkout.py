"""Bringing the workspace to what the metadata files say: `checkout`."""

from collections.abc import Sequence
from typing import NamedTuple

from tiffin.errors import MissingObjects
from tiffin.pipeline import Output, Project, Selection
from tiffin.repo._outputs import OutputLog
from tiffin.repo._repo import Repo

__all__ = ["CheckedOut", "checkout", "recorded_outputs"]


class CheckedOut(NamedTuple):
    """Outputs by what happened to them, repository paths; failed: not (wholly) in the cache."""

    added: list[str]
    modified: list[str]
    deleted: list[str]
    failed: list[str]
    files: int  # files written


def checkout(
    repo: Repo,
    targets: Sequence[str] = (),
    *,
    force: bool = False,
    relink: bool = False,
    with_deps: bool = False,
    recursive: bool = False,
    allow_missing: bool = False,
) -> CheckedOut:
    """Check out outputs (all without targets) from the cache.

    Without targets, outputs that an earlier revision tracked and that nothing tracks any more are
    removed, if the store has their bytes.  Raises UnsavedChanges before touching the output at risk.
    """
    done = CheckedOut([], [], [], [], 0)
    with repo.lock:
        log = OutputLog(repo.state)
        if not targets:
            done.deleted.extend(_remove_forgotten(repo, log, force=force))
        files = 0
        for output, path in recorded_outputs(repo, repo.project, targets, with_deps=with_deps, recursive=recursive):
            files += _one(repo, output, path, done, force=force, relink=relink)
        log.save(
            [out.path for stage in repo.project.stages for out in stage.outs if out.entry.cache]
            if not targets
            else None
        )
    if allow_missing:
        done.failed.clear()
    return done._replace(files=files)


def recorded_outputs(
    repo: Repo, project: Project, targets: Sequence[str] = (), *, with_deps: bool = False, recursive: bool = False
) -> list[tuple[Output, str | None]]:
    """The cached outputs of a project that have a recorded content and that targets name, each with the part named."""
    if targets:
        selections = [
            selection
            for target in targets
            for selection in project.select(target, repo.directory, with_deps=with_deps, recursive=recursive)
        ]
    else:
        selections = [Selection(stage) for stage in project.stages]
    if not targets:
        _ = project.graph  # overlapping outputs would be checked out over each other
    return [
        (output, path if path and path != output.path and path.startswith(f"{output.path}/") else None)
        for stage, path in selections
        for output in stage.outs
        if output.entry.cache and output.recorded and output.recorded.oid and _named(output.path, path)
    ]


def _named(output: str, path: str | None) -> bool:
    return path is None or output == path or path.startswith(f"{output}/") or output.startswith(f"{path}/")


def _one(repo: Repo, output: Output, part: str | None, done: CheckedOut, *, force: bool, relink: bool) -> int:
    workspace, target = repo.workspace, output.recorded
    if target is None:
        return 0
    existed = workspace.exists(part or output.path)
    try:
        if part is None:
            difference = workspace.checkout(output.path, target, force=force, relink=relink)
        else:
            difference = workspace.checkout_part(output.path, part, target, force=force)
    except MissingObjects:
        done.failed.append(output.path)
        return 0
    if difference:
        (done.modified if existed else done.added).append(output.path)
    return len(difference.added) + len(difference.modified)


def _remove_forgotten(repo: Repo, log: OutputLog, *, force: bool) -> list[str]:
    tracked = {out.path for stage in repo.project.stages for out in stage.outs}
    removed = []
    for path in log.load():
        overlaps = any(path == kept or path.startswith(f"{kept}/") or kept.startswith(f"{path}/") for kept in tracked)
        if overlaps or not repo.workspace.exists(path):
            continue
        if force or repo.workspace.saved(path):
            repo.workspace.remove(path)
            removed.append(path)
    return removed
