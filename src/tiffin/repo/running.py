"""Running the pipeline: `repro`."""

import posixpath
from collections.abc import Sequence
from fnmatch import fnmatch
from typing import NamedTuple

from tiffin.pipeline import Project, Stage
from tiffin.pipeline.reproduction import Reproduction, Runner, Settings, Silent, Surroundings, Terminal, Watcher
from tiffin.repo._outputs import OutputLog
from tiffin.repo._repo import Repo
from tiffin.repo.gitside import GitSide
from tiffin.repo.rescuing import rescue

__all__ = [
    "Reproduction",
    "Scope",
    "Settings",
    "Silent",
    "Surroundings",
    "Terminal",
    "Watcher",
    "from_root",
    "order",
    "repro",
]


class Scope(NamedTuple):
    """Which stages `repro` visits.

    Without targets: those of dvc.yaml where the user stands.  single: without what they depend on.
    pipeline: everything connected to them.  all_pipelines: every stage.  downstream: them and what depends on
    them.  recursive: targets are directories.  glob: stage names in targets are patterns.
    """

    targets: Sequence[str] = ()
    single: bool = False
    pipeline: bool = False
    all_pipelines: bool = False
    downstream: bool = False
    recursive: bool = False
    glob: bool = False


def repro(
    repo: Repo,
    scope: Scope,
    settings: Settings,
    watcher: Watcher,
    surroundings: Surroundings,
    *,
    variables: dict[str, str] | None = None,
    git: GitSide | None = None,
) -> Reproduction:
    """Reproduce what changed in the scope.

    variables: added to the commands' environment.  Load and graph errors are raised before anything
    is touched; StageFailed once a stage fails, with everything before it recorded.
    """
    git = git or GitSide(repo)
    with repo.lock:
        runner = Runner(
            repo.project,
            repo.workspace,
            cache_directory=repo.cache_directory,
            state=repo.state,
            lock=repo.lock,
            environment={**repo.environment, **(variables or {})},
            surroundings=surroundings,
            ignore=git.ignore,
            committed=git.committed,
            watcher=watcher,
        )
        if not settings.dry:
            for text, hint in rescue(repo):
                watcher.warning(text, hint)
        settings = settings._replace(import_again=lambda stage: _import_again(repo, stage))
        done = runner.reproduce(order(repo.project, repo.directory, scope), settings)
        OutputLog(repo.state).include(out.path for stage in done.reproduced for out in stage.outs if out.entry.cache)
        git.changed(done.written)
        if done.reproduced or done.failed:
            repo.reload()
        return done


def _import_again(repo: Repo, stage: Stage) -> None:
    from tiffin.repo.importing_url import update_url_import  # noqa: PLC0415 - few pipelines start at a URL

    update_url_import(repo, stage)


def order(project: Project, directory: str, scope: Scope) -> list[int]:
    """The stages of a scope by their place in the graph, in the order to visit.

    directory: where in the repository the user stands.  Raises FormatError, GraphError.
    """
    graph = project.graph
    if scope.all_pipelines:
        return graph.order()
    wanted = [graph.number(stage) for stage in _targets(project, directory, scope)]
    if scope.single:
        return wanted
    if scope.pipeline:
        wanted = [number for part in graph.pipelines() if set(part) & set(wanted) for number in part]
    return graph.order(wanted, downstream=scope.downstream)


def from_root(project: Project, directory: str, scope: Scope) -> Scope:
    """The same scope for who stands in the repository's root.  directory: where the user does."""
    if not directory or scope.all_pipelines:
        return scope
    # Without any stage there: its dvc.yaml, not that of the root.
    targets = [stage.address for stage in _targets(project, directory, scope)] or [f"{directory}/dvc.yaml"]
    return scope._replace(targets=targets, recursive=False, glob=False)


def _targets(project: Project, directory: str, scope: Scope) -> list[Stage]:
    targets = scope.targets or ["dvc.yaml"]
    if not scope.glob:
        return project.select_stages(targets, directory, recursive=scope.recursive)
    return [stage for target in targets for stage in _matching(project, directory, target)]


def _matching(project: Project, directory: str, target: str) -> list[Stage]:
    file, _, pattern = target.rpartition(":")
    path = posixpath.normpath(posixpath.join(directory, file or "dvc.yaml"))
    return [stage for stage in project.stages_in(path) if fnmatch(stage.name or "", pattern)]
