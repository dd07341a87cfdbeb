"""What imports from other repositories have to do with `fetch`, `pull` and `status`.

The data of an import is fetched from where it came from, at the commit that was recorded, and never pushed: the other
repository has it.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple

from tiffin.errors import GitError, MissingDependency, MissingObjects, NotARepository, StageNotFound, TiffinError
from tiffin.formats.values import Content
from tiffin.objects import closure
from tiffin.pipeline import Project, Stage
from tiffin.repo._overrides import overrides_of
from tiffin.repo._repo import Repo
from tiffin.repo.asked import Revisions
from tiffin.repo.external import Externals
from tiffin.repo.gathering import gather
from tiffin.repo.narrowing import Narrowing
from tiffin.repo.revisions import States

__all__ = ["Fetched", "fetch_imports", "updates"]

_UPDATE_AVAILABLE = "update available"


class Fetched(NamedTuple):
    """Objects of imports that were not all here, and ids that could not be had.

    partial: output -> what imports hold whose .dvc files do not say it, of the workspace.
    """

    objects: int = 0
    lost: tuple[str, ...] = ()
    partial: Mapping[str, Content] = {}


def fetch_imports(
    repo: Repo,
    targets: tuple[str, ...] = (),
    *,
    with_deps: bool = False,
    recursive: bool = False,
    revisions: Revisions = Revisions(),  # noqa: B008 - a NamedTuple is immutable
    workspace: bool = True,
    narrowing: Narrowing | None = None,
) -> Fetched:
    """Get into the cache what it lacks of imports.  Raises MissingObjects once all that can be had is here."""
    how = {"with_deps": with_deps, "recursive": recursive}
    stages = _selected(repo, repo.project, targets, narrowing, **how) if workspace else []
    past: list[Stage] = []
    if revisions:
        with States(repo) as states:
            for commit in states.select(revisions):
                with suppress(StageNotFound):  # a target need not be in every revision
                    project = states.at(commit).project
                    past += _selected(repo, project, targets, narrowing, **how)
    wanted = [stage for stage in [*stages, *past] if stage.outs[0].entry.cache and _is_absent(repo, stage)]
    if not wanted:
        return Fetched()
    total = Fetched()
    failures = []
    with Externals(repo.environment, f"{repo.root}/{repo.directory}", repo.progress) as pool:
        for stage in wanted:
            try:
                found = _fetch(repo, pool, stage)
            except MissingObjects as error:
                failures.append(error)
                continue
            partial = found.partial if stage in stages else {}
            total = Fetched(
                total.objects + found.objects,
                (*total.lost, *found.lost),
                {**total.partial, **partial},
            )
    if failures:
        raise failures[0]
    return total


def updates(repo: Repo, stages: Iterable[Stage]) -> dict[str, dict[str, str]]:
    """What `status` says of imports whose repositories have moved on: .dvc file -> origin -> state.

    Each repository is asked once.  Raises GitError for one that cannot be reached.
    """
    found = {}
    with Externals(repo.environment, f"{repo.root}/{repo.directory}", repo.progress) as pool:
        for stage in stages:
            # Before it was ever looked at, everything would be new.
            locked = stage.origin.extra["repo"].get("rev_lock") if stage.origin is not None else None
            if locked is not None and _newest(repo, pool, stage) != locked:
                found[stage.file] = {stage.origin_label: _UPDATE_AVAILABLE}
    return found


def _newest(repo: Repo, pool: Externals, stage: Stage) -> str | None:
    source = stage.origin.extra["repo"] if stage.origin is not None else {}
    url = pool.found(source["url"], f"{repo.root}/{stage.wdir}", repo.root)
    try:
        return pool.open(url, source.get("rev"), overrides_of(source)).rev
    except GitError as error:
        hint = f"{error.hint}; --no-updates does without asking" if error.hint else "--no-updates does without asking"
        raise GitError(f"{stage.label} cannot be compared with its source: {error.message}", hint=hint) from error


def _selected(
    repo: Repo, project: Project, targets: tuple[str, ...], narrowing: Narrowing | None, **how: bool
) -> list[Stage]:
    named = [stage for target in targets for stage, _ in project.select(target, repo.directory, **how)]
    imports = [stage for stage in (named if targets else project.stages) if stage.origin is not None]
    if narrowing is None:
        return imports
    is_meant = narrowing.within(project)
    return [stage for stage in imports if is_meant(stage.outs[0])]


def _is_absent(repo: Repo, stage: Stage) -> bool:
    """Whether the cache lacks any of it.  Nobody knows before a partial import was looked at."""
    recorded = stage.outs[0].recorded
    if recorded is None or recorded.oid is None:
        return True
    here = closure([recorded.oid], repo.store)
    return bool(here.unknown or repo.store.missing(list(here.files)))


def _fetch(repo: Repo, pool: Externals, stage: Stage) -> Fetched:
    output, origin = stage.outs[0], stage.origin
    recorded = output.recorded.oid if output.recorded else None
    if origin is None:
        return Fetched()
    try:
        with pool.following(origin.extra["repo"], f"{repo.root}/{stage.wdir}", repo.root) as source:
            content = gather(source, origin.path).store(repo.store, repo.progress)
    except (GitError, MissingDependency, MissingObjects, NotARepository) as error:
        raise _unavailable(stage, error) from error
    if recorded is None:
        return Fetched(_count(repo, content), (), {output.path: content})
    return Fetched(_count(repo, content), tuple(repo.store.missing([recorded])))


def _count(repo: Repo, content: Content) -> int:
    return len(closure([content.oid or ""], repo.store).files) + int(content.is_dir)


def _unavailable(stage: Stage, error: TiffinError) -> MissingObjects:
    return MissingObjects(f"{stage.label} cannot be fetched from '{stage.origin_label}': {error}", hint=error.hint)
