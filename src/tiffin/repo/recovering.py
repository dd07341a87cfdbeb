"""Finishing what a killed run had finished: its journal goes where the run would have put it."""

from tiffin.errors import FormatError, GraphError
from tiffin.pipeline import Project, Stage, ahead, lock_path
from tiffin.pipeline.journal import Finished, digest, leftovers
from tiffin.pipeline.recording import LockWriter
from tiffin.pipeline.runcache import RunCache
from tiffin.repo._outputs import OutputLog
from tiffin.repo._repo import Repo
from tiffin.repo.gitside import GitSide

__all__ = ["recover"]


def recover(repo: Repo) -> None:
    """Record what killed runs had finished, unless another process holds the repository, which then does it.

    A stage is left out that has another command by now, or that somebody recorded since.
    """
    with repo.lock.if_free() as free:
        if not free:
            return
        found = leftovers(repo.state)
        try:
            if found and _record(repo, [finished for journal in found for finished in journal.finished()]):
                for journal in found:
                    journal.discard()
        finally:
            for journal in found:
                journal.close()


def _record(repo: Repo, all_finished: list[Finished]) -> bool:
    """Whether it could be done: dvc.yaml may be broken just now."""
    project = Project(repo.source, repo.flags, root=repo.root)
    try:
        stages = {(lock_path(stage.file), stage.name): stage for stage in project.stages if stage.name is not None}
        graph = project.graph
    except (FormatError, GraphError):
        return False
    order = {(graph.stages[n].file, graph.stages[n].name): rank for rank, n in enumerate(graph.order())}
    rank = {key: order[stage.file, stage.name] for key, stage in stages.items()}
    wanted = [finished for finished in all_finished if _counts(stages.get((finished.lock, finished.stage)), finished)]
    wanted.sort(key=lambda finished: rank[finished.lock, finished.stage])
    repo.store.sync()
    git = GitSide(repo)
    git.ignore([path for finished in wanted for path in finished.ignore])
    OutputLog(repo.state).include(path for finished in wanted for path in finished.ignore)
    early = ahead.load(repo.state)
    with LockWriter(repo.root, lambda path, name: rank.get((path, name), 0), early) as locks:
        for finished in wanted:
            locks.add(stages[finished.lock, finished.stage], finished.parsed())
    ahead.save(repo.state, {**early, **locks.loose})
    git.changed(locks.written)
    run_cache = RunCache(repo.cache_directory)
    for finished in all_finished:  # what gave what is true, whatever was recorded since
        if finished.remember:
            run_cache.save(finished.parsed(), finished.entry)
    return True


def _counts(stage: Stage | None, finished: Finished) -> bool:
    return stage is not None and stage.cmd == finished.parsed().cmd and digest(stage.lock) == finished.before
