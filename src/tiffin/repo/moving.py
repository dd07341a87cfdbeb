"""Giving tracked data another place: `move`."""

import errno
import os
import posixpath
from typing import NamedTuple

from tiffin import _native
from tiffin.errors import StageNotFound, TargetError, TransferError
from tiffin.formats import dvcfile
from tiffin.formats.values import DependencyEntry, DvcFile, OutputEntry
from tiffin.fs import remove_quietly, write_inside
from tiffin.fs.replacing import copy_atomically
from tiffin.pipeline import Graph, Output, Stage, from_dvc_file, is_metafile, relative
from tiffin.repo._outputs import OutputLog
from tiffin.repo._repo import Repo
from tiffin.repo.gitside import GitSide

__all__ = ["Moved", "move"]


class Moved(NamedTuple):
    """Where an output went, a repository path, and whether it was in the workspace at all."""

    path: str
    was_there: bool = True


class _Plan(NamedTuple):
    """One output and its new path; stage and text: its .dvc file afterwards."""

    source: str
    target: str
    stage: Stage
    text: str


def move(repo: Repo, source: str, target: str, *, git: GitSide | None = None) -> Moved:
    """Move a tracked file or directory, its .dvc file with it.

    target: the new path, or a directory to move it into.  What is recorded stays: data that changed is changed
    afterwards too.  Raises StageNotFound for what no .dvc file tracks as a whole, TargetError for a place that is taken
    or cannot be.  At any moment the data is at one of the two places, and a killed call can be repeated.
    """
    git = git or GitSide(repo)
    with repo.lock:
        path, wanted = repo.inside(source), repo.inside(target)
        finished = _finished(repo, path, wanted, git)
        if finished is not None:
            return finished
        stage, output = _tracked(repo, path)
        was_there = repo.workspace.exists(path)
        plan = _planned(repo, stage, output, wanted)
        _check(repo, stage, plan, git)
        repo.refuse_in_use([path, plan.target])
        git.ignore([plan.target])
        if plan.stage.file == stage.file:
            _change_place(repo, plan, git)
        else:
            _change_file(repo, stage, plan, git)
        _log(repo, plan)
        git.changed([plan.stage.file])
        if plan.stage.file != stage.file:
            git.removed([stage.file])
        repo.reload()
        return Moved(plan.target, was_there or repo.workspace.exists(plan.target))


def _change_file(repo: Repo, stage: Stage, plan: _Plan, git: GitSide) -> None:
    """The usual case, a.dvc to b.dvc: until the last step the old file is there, so the call can be repeated."""
    write_inside(repo.root, plan.stage.file, plan.text)
    _rename(repo, plan.source, plan.target)
    git.unignore([plan.source])
    remove_quietly(f"{repo.root}/{stage.file}")


def _change_place(repo: Repo, plan: _Plan, git: GitSide) -> None:
    """The .dvc file has a name of its own and stays; `_finished` makes up for a kill before the rename."""
    write_inside(repo.root, plan.stage.file, plan.text)
    git.unignore([plan.source])
    _rename(repo, plan.source, plan.target)


def _finished(repo: Repo, path: str, wanted: str, git: GitSide) -> Moved | None:
    """Finish a move of which only the data is missing; None if this is none."""
    if repo.project.graph.producer(path) is not None or not repo.workspace.exists(path):
        return None
    for target in (wanted, posixpath.join(wanted, posixpath.basename(path))):
        produced = repo.project.graph.producer(target)
        if produced is None or repo.workspace.exists(target):
            continue
        stage, output = produced
        if stage.is_data and output.path == target and not _named_after(stage, output):
            git.unignore([path])
            _rename(repo, path, target)
            return Moved(target)
    return None


def _named_after(stage: Stage, output: Output) -> bool:
    """Whether the .dvc file has the name of the data, as `add` gives it."""
    return posixpath.basename(stage.file) == f"{posixpath.basename(output.path)}.dvc" and len(stage.outs) == 1


def _tracked(repo: Repo, path: str) -> tuple[Stage, Output]:
    produced = repo.project.graph.producer(path)
    if produced is None:
        raise StageNotFound(f"'{repo.shown(path)}' is not tracked", hint="track it first with `tiffin add`")
    stage, output = produced
    if output.path != path:
        raise StageNotFound(
            f"'{repo.shown(path)}' is part of '{repo.shown(output.path)}', which is tracked as a whole",
            hint=f"move it with `mv`, then record the directory with `tiffin add {repo.shown(output.path)}`",
        )
    if not stage.is_data:
        raise TargetError(
            f"'{repo.shown(path)}' is written by {stage.label}, so it cannot be moved",
            hint=f"change its path in '{repo.shown(stage.file)}' and run the stage",
        )
    return stage, output


def _planned(repo: Repo, stage: Stage, output: Output, wanted: str) -> _Plan:
    plan = _plan(repo, stage, output, wanted)
    if _begun(repo, stage, plan) or not repo.workspace.is_directory(wanted):
        return plan
    return _plan(repo, stage, output, posixpath.join(wanted, posixpath.basename(output.path)))


def _begun(repo: Repo, stage: Stage, plan: _Plan) -> bool:
    """Whether a killed call wrote the new .dvc file already."""
    return plan.stage.file != stage.file and repo.project.source.read(plan.stage.file) == plan.text.encode()


def _plan(repo: Repo, stage: Stage, output: Output, target: str) -> _Plan:
    if target == "" or target.startswith("../") or "\n" in target or is_metafile(target):
        target = posixpath.normpath(target)
        raise TargetError(
            f"'{repo.shown(target)}' is no place for tracked data", hint="choose a path in the repository"
        )
    named_after = _named_after(stage, output)
    file = f"{target}.dvc" if named_after else stage.file
    wdir = posixpath.dirname(file) if named_after else stage.wdir
    parsed = _rewritten(stage, output, target, wdir, keeps_wdir=not named_after)
    old = repo.project.source.read(stage.file) or b""
    return _Plan(output.path, target, from_dvc_file(file, parsed), dvcfile.dump(parsed, old.decode("utf-8")))


def _rewritten(stage: Stage, output: Output, target: str, wdir: str, *, keeps_wdir: bool) -> DvcFile:
    """The .dvc file with the output at its new path, all paths as seen from wdir."""
    parsed = stage.dvc_file
    if parsed is None:
        raise TargetError(f"{stage.label} is not tracked by a .dvc file")

    def moved(entry: OutputEntry) -> OutputEntry:
        return entry._replace(path=relative(target, wdir)) if entry == output.entry else entry

    def seen(dep: DependencyEntry, path: str) -> DependencyEntry:
        elsewhere = "repo" in dep.extra or "db" in dep.extra
        return dep if elsewhere else dep._replace(path=relative(path, wdir))

    changed = parsed._replace(
        outs=tuple(map(moved, parsed.outs)),
        deps=tuple(seen(dep.entry, dep.path) for dep in stage.deps),
        wdir=parsed.wdir if keeps_wdir else ".",
    )
    return changed._replace(md5=dvcfile.stage_checksum(changed))


def _check(repo: Repo, stage: Stage, plan: _Plan, git: GitSide) -> None:
    shown, file = repo.shown(plan.target), plan.stage.file
    if plan.target == plan.source or plan.target.startswith(f"{plan.source}/"):
        raise TargetError(f"'{repo.shown(plan.source)}' cannot be moved into itself")
    if not os.path.isdir(os.path.dirname(f"{repo.root}/{plan.target}")):
        raise TargetError(f"there is no directory '{posixpath.dirname(shown)}' to move to", hint="make it with `mkdir`")
    begun = _begun(repo, stage, plan)
    if file != stage.file and not begun and repo.project.source.read(file) is not None:
        raise TargetError(f"'{repo.shown(file)}' exists already", hint="choose another name")
    if os.path.lexists(f"{repo.root}/{plan.target}") and not (begun and not repo.workspace.exists(plan.source)):
        raise TargetError(f"'{shown}' exists already", hint="choose another name, or remove it first")
    if repo.workspace.ignore.ignores(plan.target, repo.workspace.is_directory(plan.source)):
        raise TargetError(f"'{shown}' is ignored by .dvcignore")
    git.refuse_tracked([plan.target])
    Graph([*(other for other in repo.project.stages if other.file not in (stage.file, file)), plan.stage])


def _rename(repo: Repo, source: str, target: str) -> None:
    if not repo.workspace.exists(source):
        return
    old, new = f"{repo.root}/{source}", f"{repo.root}/{target}"
    try:
        os.rename(old, new)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise TransferError(f"cannot move '{source}' to '{target}': {error.strerror}") from error
        copy_atomically(old, new)
        _native.sync_filesystem(os.path.dirname(new))
        repo.workspace.remove(source)
    repo.workspace.forget([source, target])


def _log(repo: Repo, plan: _Plan) -> None:
    log = OutputLog(repo.state)
    if plan.source in log.load():
        log.save([*(path for path in log.load() if path != plan.source), plan.target])
