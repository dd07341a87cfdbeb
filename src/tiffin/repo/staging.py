"""Writing stages into dvc.yaml: `stage add`."""

import os
import posixpath
from collections.abc import Sequence
from typing import Any, NamedTuple

from tiffin.errors import DuplicateStage, StageInvalid
from tiffin.formats import edit
from tiffin.fs import write_inside
from tiffin.pipeline import Project, Source, Stage
from tiffin.repo._repo import Repo
from tiffin.repo.gitside import GitSide

__all__ = ["DEFAULT_PARAMS", "FORBIDDEN", "NewStage", "add_stage"]

# `@` names generated stages, `:` separates file and name, the others have no business in a name.
FORBIDDEN = set("!\"#$%&'()*+,./:;<=>?@[\\]^`{|}~")
DEFAULT_PARAMS = "params.yaml"


class NewStage(NamedTuple):
    """A stage as the command line describes it; paths are relative to wdir.

    params: "key", "file:key,key" or "file:".
    """

    name: str
    command: Sequence[str]
    deps: Sequence[str] = ()
    params: Sequence[str] = ()
    outs: Sequence[str] = ()
    outs_no_cache: Sequence[str] = ()
    outs_persist: Sequence[str] = ()
    outs_persist_no_cache: Sequence[str] = ()
    metrics: Sequence[str] = ()
    metrics_no_cache: Sequence[str] = ()
    plots: Sequence[str] = ()
    plots_no_cache: Sequence[str] = ()
    wdir: str | None = None
    always_changed: bool = False
    desc: str | None = None


def add_stage(repo: Repo, new: NewStage, *, force: bool = False, git: GitSide | None = None) -> Stage:
    """Write the stage into dvc.yaml where the user stands, comments kept; return it.

    The pipeline with it is checked first: graph errors change nothing.  force: replace a stage of that name.
    """
    git = git or GitSide(repo)
    if not new.name or FORBIDDEN & set(new.name):
        raise StageInvalid(f"'{new.name}' cannot name a stage", hint="use letters, digits, '-' and '_'")
    if not new.command:
        raise StageInvalid("no command for the stage", hint="give it last: tiffin stage add -n NAME ... COMMAND")
    # Live, in another process, edits the same file under the same lock.
    with repo.lock, repo.dvcyaml_lock:
        file = posixpath.join(repo.directory, "dvc.yaml")
        old = repo.project.source.read(file)
        if old is not None and not force and new.name in repo.project.pipeline_file(file).stage_names():
            raise DuplicateStage(f"stage '{new.name}' is already in '{repo.shown(file)}'", hint="use -f to replace it")
        _check_directory(repo, new)
        text = edit.put_stage((old or b"").decode("utf-8"), new.name, {**_definition(new), **_kept(repo, file, new)})
        project = Project(_Edited(repo.project.source, file, text.encode()), repo.flags)
        _ = project.graph
        (stage,) = (stage for stage in project.stages_in(file) if stage.name == new.name)
        git.refuse_tracked([out.path for out in stage.outs if out.entry.cache])
        write_inside(repo.root, file, text)
        git.ignore([out.path for out in stage.outs if out.entry.cache and _has_directory(repo, out.path)])
        git.changed([file])
        repo.reload()
        return stage


class _Edited:
    """A source in which one file says something else."""

    def __init__(self, source: Source, path: str, body: bytes) -> None:
        self._source = source
        self._path = path
        self._body = body

    def metafiles(self) -> list[str]:
        return sorted({*self._source.metafiles(), self._path})

    def read(self, path: str) -> bytes | None:
        return self._body if path == self._path else self._source.read(path)


def _check_directory(repo: Repo, new: NewStage) -> None:
    if new.wdir and not os.path.isdir(os.path.join(repo.root, repo.directory, new.wdir)):
        raise StageInvalid(f"working directory '{new.wdir}' of stage '{new.name}' does not exist")
    paths = [*new.deps, *new.outs, *new.outs_no_cache, *new.outs_persist, *new.outs_persist_no_cache]
    paths += [*new.metrics, *new.metrics_no_cache, *new.plots, *new.plots_no_cache]
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice is not None:
        raise StageInvalid(f"'{twice}' is given twice for stage '{new.name}'")


def _has_directory(repo: Repo, path: str) -> bool:
    return os.path.isdir(os.path.dirname(f"{repo.root}/{path}"))


def _kept(repo: Repo, file: str, new: NewStage) -> dict[str, Any]:
    """What a stage that is replaced keeps: its description and its meta."""
    if repo.project.source.read(file) is None or new.name not in repo.project.pipeline_file(file).stage_names():
        return {}
    old = repo.project.pipeline_file(file).stage(new.name)
    kept = {"desc": new.desc or old.desc, "meta": old.meta}
    return {key: value for key, value in kept.items() if value}


def _definition(new: NewStage) -> dict[str, Any]:
    outs = [
        *_entries(new.outs),
        *_entries(new.outs_no_cache, cache=False),
        *_entries(new.outs_persist, persist=True),
        *_entries(new.outs_persist_no_cache, cache=False, persist=True),
    ]
    fields = {
        "desc": new.desc,
        "cmd": _command(new.command),
        "wdir": None if new.wdir in (None, ".") else posixpath.normpath(new.wdir or "."),
        "deps": sorted(new.deps),
        "params": _params(new.params),
        "outs": _sorted(outs),
        "metrics": _sorted([*_entries(new.metrics), *_entries(new.metrics_no_cache, cache=False)]),
        "plots": _sorted([*_entries(new.plots), *_entries(new.plots_no_cache, cache=False)]),
        "always_changed": new.always_changed,
    }
    return {key: value for key, value in fields.items() if value}


def _command(words: Sequence[str]) -> str:
    if len(words) == 1:
        return words[0]
    return " ".join('""' if not word else f'"{word}"' if " " in word and '"' not in word else word for word in words)


def _entries(paths: Sequence[str], **flags: bool) -> list[str | dict[str, dict[str, bool]]]:
    return [{path: dict(flags)} if flags else path for path in paths]


def _sorted(entries: list[str | dict[str, dict[str, bool]]]) -> list[str | dict[str, dict[str, bool]]]:
    return sorted(entries, key=lambda entry: entry if isinstance(entry, str) else next(iter(entry)))


def _params(given: Sequence[str]) -> list[str | dict[str, list[str] | None]]:
    by_file: dict[str, list[str]] = {}
    for item in given:
        file, _, keys = item.rpartition(":")
        by_file.setdefault(file or DEFAULT_PARAMS, []).extend(key for key in keys.split(",") if key)
    entries: list[str | dict[str, list[str] | None]] = []
    for file in sorted(by_file):
        keys_of = sorted(by_file[file])
        if keys_of and file == DEFAULT_PARAMS:
            entries = [*keys_of, *entries]
        else:
            entries.append({file: keys_of or None})
    return entries
