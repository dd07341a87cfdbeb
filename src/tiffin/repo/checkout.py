"""Bringing the workspace to what the metadata files say: `checkout`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tiffin.errors import CorruptObject, LockHeld, MissingObjects
from tiffin.formats.values import Content
from tiffin.index import parents
from tiffin.pipeline import Output, checkout_output
from tiffin.repo._outputs import OutputLog
from tiffin.repo._repo import Repo
from tiffin.repo.asked import names, recorded_outputs, selected
from tiffin.repo.gitside import GitSide

__all__ = ["CheckedOut", "checkout"]


class CheckedOut(NamedTuple):
    """Outputs by what happened to them, repository paths.

    failed: not, or not wholly, in the cache.  unknown: of stages that have never run.  files: word -> files touched.
    """

    added: list[str]
    modified: list[str]
    deleted: list[str]
    failed: list[str]
    unknown: list[str]
    files: Counter[str]


def checkout(
    repo: Repo,
    targets: Sequence[str] = (),
    *,
    force: bool = False,
    relink: bool = False,
    with_deps: bool = False,
    recursive: bool = False,
    allow_missing: bool = False,
    also: Mapping[str, Content] = {},
) -> CheckedOut:
    """Check out outputs (all without targets) from the cache.

    also: what outputs hold of which no content is recorded.

    Without targets, outputs that an earlier revision tracked and that nothing tracks any more are
    removed, if the store has their bytes.  Raises UnsavedChanges before touching the output at risk, and
    CorruptObject once all that is sound has been checked out.
    """
    done = CheckedOut([], [], [], [], [], Counter())
    corrupt: list[CorruptObject] = []
    with repo.lock:
        log = OutputLog(repo.state)
        if not targets:
            _ = repo.project.graph  # overlapping outputs would be checked out over each other
            _remove_forgotten(repo, log, done)
        outputs = recorded_outputs(repo, repo.project, targets, with_deps=with_deps, recursive=recursive)
        _refuse_in_use(repo, outputs, also, relink=relink)
        for output, path in outputs:
            corrupt += _one(repo, output, path, done, force=force, relink=relink)
        for path, content in also.items():
            found = repo.project.graph.producer(path)
            if found is not None:
                output = found[1]._replace(recorded=content)
                corrupt += _one(repo, output, None, done, force=force, relink=relink)
        repo.workspace.flush()
        log.save(
            [out.path for stage in repo.project.stages for out in stage.outs if out.entry.cache]
            if not targets
            else None
        )
        done.unknown.extend(_never_written(repo, targets, with_deps=with_deps, recursive=recursive))
    if corrupt:
        raise corrupt[0]
    if allow_missing:
        done.failed.clear()
        done.unknown.clear()
    return done


def _refuse_in_use(
    repo: Repo, outputs: Sequence[tuple[Output, str | None]], also: Iterable[str], *, relink: bool
) -> None:
    """Of what a running stage uses, only what is as it should be already: that is not touched."""
    try:
        repo.refuse_in_use([*(output.path for output, _ in outputs), *also])
    except LockHeld:
        repo.refuse_in_use(also)
        for output, _ in outputs:
            seen = None if relink else repo.workspace.like(output.recorded).look(output.path)
            if seen is None or output.recorded is None or seen.content.oid != output.recorded.oid:
                repo.refuse_in_use([output.path])


def _never_written(repo: Repo, targets: Sequence[str], *, with_deps: bool, recursive: bool) -> list[str]:
    selections = selected(repo, repo.project, targets, with_deps=with_deps, recursive=recursive)
    outputs = [out for stage, path in selections for out in stage.outs if names(out.path, path)]
    return [
        out.path
        for out in outputs
        if out.entry.cache and not (out.recorded and out.recorded.oid) and not repo.workspace.exists(out.path)
    ]


def _one(
    repo: Repo, output: Output, part: str | None, done: CheckedOut, *, force: bool, relink: bool
) -> list[CorruptObject]:
    """Check out one output; what was wrong with its objects."""
    target = output.recorded
    if target is None:
        return []
    existed = repo.workspace.exists(part or output.path)
    try:
        difference = checkout_output(repo.workspace, output, target, part=part, force=force, relink=relink)
    except MissingObjects:
        done.failed.append(output.path)
        return []
    except CorruptObject as error:
        return [error]
    if difference:
        (done.modified if existed else done.added).append(output.path)
    done.files.update({word: len(paths) for word, paths in difference._asdict().items()})
    return []


def _remove_forgotten(repo: Repo, log: OutputLog, done: CheckedOut) -> None:
    """Not even by force what is stored nowhere else: nothing wants its place."""
    forgotten = [path for path in _untracked(repo, log.load()) if repo.workspace.exists(path)]
    if not forgotten:
        return
    git = GitSide(repo)
    repo.refuse_in_use(forgotten)
    for path in forgotten:
        if repo.workspace.saved(path) and not git.tracks(path):
            seen = repo.workspace.look(path)
            repo.workspace.remove(path)
            done.deleted.append(path)
            done.files["deleted"] += len(seen.table) if seen and seen.table is not None else 1


def _untracked(repo: Repo, paths: Iterable[str]) -> list[str]:
    """Those that are no output, lie in none, and hold none."""
    tracked = {out.path for stage in repo.project.stages for out in stage.outs}
    above = {parent for path in tracked for parent in parents(path)}
    return [path for path in paths if path not in tracked and path not in above and tracked.isdisjoint(parents(path))]
