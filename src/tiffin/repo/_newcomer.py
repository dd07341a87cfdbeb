"""Data that is tracked for the first time: where it may lie, and the stage that its .dvc file makes of it."""

import os
import posixpath

from tiffin.errors import OverlappingOutputs, TargetError
from tiffin.formats.values import Content, DependencyEntry, DvcFile, OutputEntry
from tiffin.pipeline import Graph, Output, Stage, from_dvc_file, is_metafile
from tiffin.pipeline.recording import write_dvc_file
from tiffin.repo._repo import Repo

__all__ = ["check_free", "check_inside", "check_place", "newcomer", "producer", "write_newcomer"]

_LONGEST_NAME = 255  # bytes, on most file systems


def newcomer(path: str, source: DependencyEntry | None = None, content: Content | None = None) -> Stage:
    """The stage of what is to be tracked at a path.  source: where it is imported from; content: what it holds."""
    output = OutputEntry(posixpath.basename(path), content)
    deps = () if source is None else (source,)
    return from_dvc_file(f"{path}.dvc", DvcFile(outs=(output,), deps=deps, frozen=source is not None))


def write_newcomer(repo: Repo, file: str, parsed: DvcFile) -> None:
    """Write a .dvc file whose directory need not be there yet."""
    os.makedirs(os.path.dirname(f"{repo.root}/{file}"), exist_ok=True)
    write_dvc_file(repo.root, file, parsed)


def producer(repo: Repo, path: str) -> tuple[Stage, Output] | None:
    """What tracks a path already, by hand.  Raises OverlappingOutputs where a stage of the pipeline writes it."""
    found = repo.project.graph.producer(path)
    if found is not None and not found[0].is_data:
        raise OverlappingOutputs(
            f"'{repo.shown(path)}' is written by {found[0].label}",
            hint="run the pipeline, or record the file as it is with `tiffin commit`",
        )
    return found


def check_inside(repo: Repo, path: str) -> None:
    """Raise TargetError for what is not among the files of the repository, and for its metadata."""
    if path == "":
        raise TargetError(
            "the repository's root cannot be tracked as a whole", hint="name the files and directories in it"
        )
    first = path.partition("/")[0]
    if first == "..":
        raise TargetError(
            f"'{repo.shown(path)}' cannot be tracked: it is not below the repository's root",
            hint="copy it here and track the copy: --out PATH",
        )
    if first in (".dvc", ".git"):
        raise TargetError(f"'{repo.shown(path)}' cannot be tracked: it is part of the repository itself")
    if is_metafile(path):
        raise TargetError(f"'{repo.shown(path)}' is a metadata file", hint="add the data it stands for instead")


def check_place(repo: Repo, path: str, *, is_dir: bool = False) -> None:
    """Raise TargetError where nothing new can be tracked.  is_dir: whether there is, or will be, a directory."""
    check_inside(repo, path)
    if repo.workspace.ignore.ignores(path, is_dir):
        raise TargetError(f"'{repo.shown(path)}' is ignored by .dvcignore")
    _check_name(repo, path)
    _check_file(repo, path)


def check_free(repo: Repo, stage: Stage) -> None:
    """Raise OverlappingOutputs where other stages write what a new one holds, above it or below."""
    Graph([*(known for known in repo.project.stages if known.file != stage.file), stage])


def _check_name(repo: Repo, path: str) -> None:
    """A name goes into a YAML file and as a line into .gitignore."""
    name = posixpath.basename(path)
    if len(os.fsencode(name)) + len(".dvc") > _LONGEST_NAME:
        raise TargetError(
            f"the name of '{repo.shown(path)}' is so long that there can be no .dvc file of that name",
            hint="rename it, or put it into a directory and add that",
        )
    if not name.isprintable() and ("\n" in name or any("\ud800" <= character <= "\udfff" for character in name)):
        what = "has a line end" if "\n" in name else "is not UTF-8"
        raise TargetError(f"the name of {repo.shown(path)!a} {what}, so it cannot be tracked", hint="rename it")


def _check_file(repo: Repo, path: str) -> None:
    file = f"{path}.dvc"
    if repo.project.source.read(file) is None:
        return
    others = [out.path for stage in repo.project.stages_in(file) for out in stage.outs if out.path != path]
    if others:
        raise TargetError(
            f"'{repo.shown(path)}' would be tracked by '{repo.shown(file)}', which tracks '{repo.shown(others[0])}'",
            hint="rename one of them",
        )
