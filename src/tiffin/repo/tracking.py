"""Putting data under version control: `add`, `commit`."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from tiffin.errors import MissingDependency, OverlappingOutputs, TargetError, TiffinError
from tiffin.formats import dvcfile
from tiffin.formats.values import Content, DvcFile
from tiffin.fs.replacing import clear_beside, copy_atomically
from tiffin.index import look_as_recorded, store_as_recorded
from tiffin.pipeline import (
    NOT_IN_CACHE,
    Changes,
    Graph,
    Output,
    Selection,
    Stage,
    changes,
    executables_now,
    looked_at,
    stage_params,
)
from tiffin.pipeline.executables import ExecutableLists, with_executables
from tiffin.pipeline.recording import LockWriter, lock_entry, with_contents, write_dvc_file, write_dvc_files
from tiffin.pipeline.runcache import RunCache, remember_run
from tiffin.repo._arriving import arriving, half_there
from tiffin.repo._newcomer import check_inside, check_place, newcomer, producer
from tiffin.repo._repo import Repo
from tiffin.repo.gitside import GitSide

__all__ = ["add", "commit", "commit_stage", "stored_as_it_is"]


class _Addition(NamedTuple):
    """One target of `add`: the output that tracks it, and its stage; the path that was named; whether they are new."""

    stage: Stage
    output: Output
    path: str
    new: bool


def add(
    repo: Repo,
    targets: Sequence[str],
    *,
    out: str | None = None,
    force: bool = False,
    glob: bool = False,
    commit: bool = True,
    git: GitSide | None = None,
) -> list[str]:
    """Track files and directories; return the .dvc files, new and old.

    All targets are checked before any is stored, and all are stored and durable before any .dvc file is
    written.  commit False: hash only, store nothing.  out: copy the one target there first, from wherever it is;
    force: even if something is there.  Raises TargetError, OverlappingOutputs.
    """
    git = git or GitSide(repo)
    with repo.lock, _copies(repo, targets, out, force=force) as here:
        return _add(repo, here, glob=glob, commit=commit, git=git)


def _add(repo: Repo, targets: Sequence[str], *, glob: bool, commit: bool, git: GitSide) -> list[str]:
    paths = [repo.inside(target) for target in _expanded(repo, targets, glob=glob)]
    additions = [_addition(repo, path) for path in dict.fromkeys(paths)]
    _check_overlaps(repo, [addition.stage for addition in additions if addition.new])
    git.refuse_tracked([addition.path for addition in additions])
    repo.refuse_in_use([addition.path for addition in additions])
    contents = _contents(repo, additions, commit=commit)
    # Ignored first: a .dvc file in Git whose data Git tracks as well would be the worse half-way state.
    git.ignore([addition.output.path for addition in additions])
    stages = {addition.stage.file: addition.stage for addition in additions}
    filled = {file: _filled(repo, stage, contents) for file, stage in stages.items()}
    # A file that says so already is neither parsed again nor written out to be compared.
    write_dvc_files(repo.root, {file: new for file, new in filled.items() if new != stages[file].dvc_file})
    files = list(stages)
    git.changed(files)
    repo.reload()
    return files


def commit(
    repo: Repo,
    targets: Sequence[str] = (),
    *,
    force: bool = False,
    with_deps: bool = False,
    recursive: bool = False,
    confirm: Callable[[str], bool] = lambda _question: False,
    git: GitSide | None = None,
) -> list[Stage]:
    """Record outputs, dependencies and parameters as they are now; return the stages.

    confirm is asked about every stage that changed, unless force.  Raises TiffinError on a no.
    """
    git = git or GitSide(repo)
    with repo.lock:
        project = repo.project
        selections = _selected(repo, targets, with_deps=with_deps, recursive=recursive)
        repo.refuse_in_use([out.path for stage, _ in selections for out in stage.outs])
        with LockWriter(repo.root) as locks:
            for stage, path in selections:
                found = changes(project, repo.workspace, stage, path=path)
                if _needs_asking(found) and not force and not confirm(_question(repo, stage, found.deps, found.outs)):
                    raise TiffinError(
                        f"unable to commit changed {stage.label}", hint="use -f to record it without being asked"
                    )
                commit_stage(repo, stage, locks, git)
        git.changed(locks.written)
        repo.reload()
        return [selection.stage for selection in selections]


def stored_as_it_is(repo: Repo, stages: Iterable[Stage]) -> dict[str, str]:
    """Store the data of .dvc files that changed since it was recorded; what these files would say, by path.

    They are not written.  Data that is absent stays as it is recorded.
    """
    found = {}
    for stage in stages:
        if not stage.is_data or stage.dvc_file is None:
            continue
        there = {out.path: out.recorded for out in stage.outs if repo.workspace.exists(out.path)}
        contents = store_as_recorded(repo.workspace, there)
        if any(content != there[path] for path, content in contents.items()):
            old = repo.project.source.read(stage.file)
            found[stage.file] = dvcfile.dump(_filled(repo, stage, contents), None if old is None else old.decode())
    return found


@contextmanager
def _copies(repo: Repo, targets: Sequence[str], out: str | None, *, force: bool) -> Iterator[Sequence[str]]:
    """The targets, or the copy of the one that there is."""
    if out is None:
        yield targets
        return
    if len(targets) != 1:
        raise TargetError("--out goes with one target")
    source = os.path.normpath(os.path.join(repo.root, repo.directory, targets[0]))
    if not os.path.exists(source):
        raise TargetError(f"'{targets[0]}' does not exist")
    target = os.path.normpath(os.path.join(repo.root, repo.directory, out))
    half = half_there(repo)
    if os.path.isdir(target) and target not in half:
        target = os.path.join(target, os.path.basename(source))
    clear_beside(target)
    shown = os.path.relpath(target, os.path.join(repo.root, repo.directory))
    there = os.path.exists(target) and not force
    if there and not (target in half and _same(repo, source, target)):
        raise TargetError(f"'{shown}' exists already", hint="use -f to replace it")
    if os.path.realpath(target).startswith(f"{os.path.realpath(source)}/"):
        raise TargetError(f"'{targets[0]}' cannot be copied into itself", hint="choose another place with --out")
    path = repo.inside(shown)
    check_inside(repo, path)
    if producer(repo, path) is None:
        check_place(repo, path, is_dir=os.path.isdir(source))
    with arriving(repo, path):
        if not there:
            copy_atomically(source, target)
        yield [shown]


def _same(repo: Repo, one: str, other: str) -> bool:
    seen = [repo.workspace.look(path) for path in (one, other)]
    return None not in seen and len({found.content.oid for found in seen if found}) == 1


def _expanded(repo: Repo, targets: Sequence[str], *, glob: bool) -> Sequence[str]:
    if not glob:
        return targets
    from tiffin.repo.patterns import matching  # noqa: PLC0415 - few calls need it

    return matching(repo, targets)


def _addition(repo: Repo, path: str) -> _Addition:
    check_inside(repo, path)
    produced = producer(repo, path)
    if produced is not None:
        stage, output = produced
        workspace = repo.workspace.like(output.recorded)
        if not workspace.exists(path) and not workspace.recorded_inside(output.path, path, output.recorded):
            raise _absence(repo, path)
        return _Addition(stage, output, path, new=False)
    place = f"{repo.root}/{path}"
    if not (os.path.isfile(place) or os.path.isdir(place)):
        raise _absence(repo, path)
    check_place(repo, path, is_dir=os.path.isdir(place))
    fresh = newcomer(path)
    return _Addition(fresh, fresh.outs[0], path, new=True)


def _absence(repo: Repo, path: str) -> TargetError:
    """Why there is nothing at a path that could be tracked."""
    shown, place = repo.shown(path), f"{repo.root}/{path}"
    if os.path.islink(place) and not os.path.exists(place):
        return TargetError(f"'{shown}' is a link that leads nowhere: '{os.readlink(place)}' does not exist")
    if os.path.exists(place):
        return TargetError(f"'{shown}' is neither a file nor a directory")
    return TargetError(f"'{shown}' does not exist")


def _check_overlaps(repo: Repo, new: Sequence[Stage]) -> None:
    if not new:
        return
    for stage in new:
        inside = next(repo.project.graph.below(stage.outs[0].path), None)
        if inside is not None:
            part, output = inside
            raise OverlappingOutputs(
                f"'{stage.outs[0].path}' cannot be tracked as a whole: {part.label} tracks '{output.path}' in it",
                hint=f"remove '{part.file}' first, then add it again" if part.is_data else None,
            )
    Graph([*repo.project.stages, *new])


def _contents(repo: Repo, additions: Iterable[_Addition], *, commit: bool) -> dict[str, Content]:
    """The new contents by output."""
    whole = {a.path: a.output.recorded for a in additions if a.path == a.output.path}
    parts = [a for a in additions if a.output.path not in whole]
    absent = [path for path in whole if not repo.workspace.exists(path)]
    if absent:
        raise _absence(repo, absent[0])
    if commit:
        contents = store_as_recorded(repo.workspace, whole)
    else:
        contents = {path: seen.content for path, seen in look_as_recorded(repo.workspace, whole).items() if seen}
    for _, output, path, _ in parts:
        recorded = contents.get(output.path, output.recorded)
        contents[output.path] = repo.workspace.like(recorded).store_part(output.path, path, recorded)
    return contents


def _filled(repo: Repo, stage: Stage, contents: Mapping[str, Content]) -> DvcFile:
    """A stage's .dvc file with the contents that its outputs have now, and their executable files if these are kept."""
    parsed = stage.dvc_file
    if parsed is None:
        raise TargetError(f"{stage.label} is not tracked by a .dvc file")
    found = [out for out in stage.outs if out.path in contents]
    bits = {out.entry.path: executables_now(repo.workspace, out, contents[out.path]) for out in found}
    return with_executables(with_contents(parsed, {out.entry.path: contents[out.path] for out in found}), bits)


def _selected(repo: Repo, targets: Sequence[str], *, with_deps: bool, recursive: bool) -> list[Selection]:
    if not targets:
        return [Selection(stage) for stage in repo.project.stages]
    return [
        selection
        for target in targets
        for selection in repo.project.select(target, repo.directory, with_deps=with_deps, recursive=recursive)
    ]


def commit_stage(repo: Repo, stage: Stage, locks: LockWriter, git: GitSide, *, anew: bool = False) -> None:
    """Record one stage.  anew: also what DVC 2 recorded and has not changed gets an id of 3.x."""
    workspace = repo.workspace
    # What an import comes from is asked for by `update` alone.
    recorded = looked_at(stage, frozen=stage.dvc_file is None)
    recorded = dict.fromkeys(recorded) if anew else recorded
    absent = [out.path for out in stage.outs if not workspace.exists(out.path)]
    if absent:
        raise MissingDependency(f"output '{repo.shown(absent[0])}' of {stage.label} does not exist")
    contents = store_as_recorded(workspace, {out.path: recorded[out.path] for out in stage.outs if out.entry.cache})
    seen = look_as_recorded(workspace, recorded)
    gone = [dep.path for dep in stage.deps if dep.path in seen and seen[dep.path] is None]
    if gone:
        raise MissingDependency(f"dependency '{repo.shown(gone[0])}' of {stage.label} does not exist")
    now = {path: found.content for path, found in seen.items() if found} | contents
    git.ignore([out.path for out in stage.outs if out.entry.cache])
    if stage.dvc_file is not None:
        if write_dvc_file(repo.root, stage.file, _filled(repo, stage, now)):
            git.changed([stage.file])
        return
    entry = lock_entry(stage, now, stage_params(repo.project, stage, strict=True), now)
    lists = ExecutableLists(repo.root)
    lists.record(stage, workspace, now)
    git.changed(lists.written)
    locks.add(stage, entry)
    remember_run(RunCache(repo.cache_directory), stage, entry, workspace)


def _needs_asking(found: Changes) -> bool:
    """What is only not stored yet is what `commit` is for."""
    outs = [state for state in found.outs.values() if state != NOT_IN_CACHE]
    return bool(found.deps or found.params or outs or found.command)


def _question(repo: Repo, stage: Stage, deps: Iterable[str], outs: Iterable[str]) -> str:
    changed = {"dependencies": list(deps), "outputs": list(outs)}
    what = [f"{kind} {', '.join(map(repo.shown, paths))}" for kind, paths in changed.items() if paths]
    return f"{' and '.join(what) or 'the command'} of {stage.label} changed. Are you sure you want to commit it?"
