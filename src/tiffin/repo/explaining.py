"""Why: `repro --dry --why` and `status --why`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tiffin.index import look_as_recorded
from tiffin.pipeline import Selection, looked_at
from tiffin.pipeline.explaining import Explanation, explain, reasons
from tiffin.repo._repo import Repo

if TYPE_CHECKING:
    from tiffin.repo.running import Scope, Settings

__all__ = ["Explanation", "explain_changes", "explain_run"]


def explain_run(repo: Repo, scope: "Scope", settings: "Settings") -> list[Explanation]:
    """What `repro` would do with each stage of the scope, and why.  Raises FormatError and GraphError."""
    from tiffin.repo.running import order  # noqa: PLC0415 - `status` need not load what runs stages

    return explain(
        repo.project,
        repo.workspace,
        order(repo.project, repo.directory, scope),
        cache_directory=repo.cache_directory if settings.run_cache else None,
        force=settings.force,
        force_downstream=settings.force_downstream,
        allow_missing=settings.allow_missing,
    )


def explain_changes(repo: Repo, selections: Sequence[Selection]) -> list[Explanation]:
    """The stages that `status` shows, with what changed.  Whether they would run is left open."""
    look_as_recorded(repo.workspace, looked_at(*(stage for stage, _ in selections)))
    found = []
    for stage, path in selections:
        changed = tuple(reasons(repo.project, repo.workspace, stage, path=path))
        if changed:
            found.append(Explanation(stage, None, changed))
    return found
