"""What changed since a stage last ran."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tiffin.errors import MissingDependency
from tiffin.formats import dvcfile
from tiffin.formats.values import Content
from tiffin.index import Workspace, look_as_recorded
from tiffin.pipeline._bits import bits_changed
from tiffin.pipeline._project import Project, stage_params
from tiffin.pipeline._stage import Output, Stage, is_dataset

__all__ = ["NOT_IN_CACHE", "Changes", "absent_dependency", "changes", "looked_at", "output_state", "same"]

DELETED, MODIFIED, NEW, NOT_IN_CACHE = "deleted", "modified", "new", "not in cache"
OUT_OF_SYNC = "not in sync"  # a data set that is not pinned as it is described


class Changes(NamedTuple):
    """Paths are relative to the repository, states are the words of `status`.

    params: file -> "new" (never recorded), "deleted" (no such file) or key -> state.
    """

    deps: Mapping[str, str]
    params: Mapping[str, str | Mapping[str, str]]
    outs: Mapping[str, str]
    command: bool = False
    checksum: bool = False
    always: bool = False

    def __bool__(self) -> bool:
        return bool(self.deps or self.params or self.outs or self.command or self.checksum or self.always)


def looked_at(*stages: Stage, frozen: bool = False) -> dict[str, Content | None]:
    """All paths that `changes` will look at, with what is recorded there; looking at many at once is much cheaper.

    frozen: also the dependencies of frozen stages, which `changes` leaves alone.
    """
    awake = [stage for stage in stages if frozen or not stage.frozen]
    paths: dict[str, Content | None] = {dep.path: dep.recorded for stage in awake for dep in stage.deps}
    return paths | {out.path: out.recorded for stage in stages for out in stage.outs}


def changes(project: Project, workspace: Workspace, stage: Stage, *, path: str | None = None) -> Changes:
    """Compare a stage with the workspace; path: only outputs at or above it."""
    outs = stage.outs if path is None else [out for out in stage.outs if _at_or_above(out.path, path)]
    return Changes(
        deps={} if stage.frozen else _dep_states(workspace, stage),
        params={} if stage.frozen else _param_states(project, stage),
        outs={out.path: state for out in outs if (state := output_state(workspace, out))},
        command=stage.command_changed,
        checksum=_is_another_import(stage),
        always=stage.is_callback or stage.always_changed,
    )


def absent_dependency(stage: Stage, path: str) -> MissingDependency:
    """The error for a stage that cannot run without a dependency that is not there."""
    if is_dataset(path):
        name = path.removeprefix("ds://").partition("/")[0]
        message = f"data set '{name}' of {stage.label} is not pinned as it is described"
        return MissingDependency(message, hint=f"run `tiffin dataset update {name}` first")
    hint = "if it is tracked, get it with `tiffin pull` or `tiffin checkout`"
    return MissingDependency(f"dependency '{path}' of {stage.label} does not exist", hint=hint)


def output_state(workspace: Workspace, output: Output) -> str | None:
    """deleted, modified, new or not in cache; None if the output is as recorded."""
    recorded = output.recorded
    workspace = workspace.like(recorded)
    if recorded is not None and recorded.oid and output.entry.cache and not workspace.stores(output.path, recorded):
        return NOT_IN_CACHE
    seen = workspace.look(output.path)
    if seen is None:
        return DELETED
    if not same(seen.content, recorded):
        return MODIFIED
    return MODIFIED if bits_changed(workspace, output, seen) else None


def same(now: Content, recorded: Content | None) -> bool:
    """Whether a path holds the bytes that were recorded.  As in DVC, the executable bit does not count.

    What is at a URL is not read: its store says whether it is another.
    """
    if recorded is None or now.oid != recorded.oid:
        return False
    return now.oid is not None or all(now.extra.get(key) == recorded.extra.get(key) for key in ("checksum", "dataset"))


def _is_another_import(stage: Stage) -> bool:
    """Whether an import's checksum is not that of what the file says: it was edited, or never carried out."""
    if not stage.is_import or stage.dvc_file is None:
        return False
    return stage.dvc_file.md5 != dvcfile.stage_checksum(stage.dvc_file)


def _dep_states(workspace: Workspace, stage: Stage) -> dict[str, str]:
    seen = look_as_recorded(workspace, {dep.path: dep.recorded for dep in stage.deps})
    states = {}
    for dependency in stage.deps:
        now = seen[dependency.path]
        if now is None:
            states[dependency.path] = OUT_OF_SYNC if is_dataset(dependency.path) else DELETED
        elif is_dataset(dependency.path) and (dependency.recorded is None or not dependency.recorded.extra):
            states[dependency.path] = NEW
        elif not same(now.content, dependency.recorded):
            states[dependency.path] = MODIFIED
    return states


def _param_states(project: Project, stage: Stage) -> dict[str, str | Mapping[str, str]]:
    if not stage.params:
        return {}
    current = stage_params(project, stage)
    states: dict[str, str | Mapping[str, str]] = {}
    for entry in stage.params:
        path = stage.params_path(entry)
        recorded = stage.recorded_params(entry)
        if entry.file not in current:
            states[path] = DELETED
        elif recorded is None:
            states[path] = NEW
        elif changed := _key_states(entry.keys, current[entry.file], recorded):
            states[path] = changed
    return states


def _key_states(
    keys: tuple[str, ...] | None, current: Mapping[str, Any], recorded: Mapping[str, Any]
) -> dict[str, str]:
    states = {}
    for key in keys if keys is not None else dict.fromkeys([*current, *recorded]):
        if key not in current:
            states[key] = DELETED
        elif key not in recorded:
            states[key] = NEW
        elif not _equal(current[key], recorded[key]):
            states[key] = MODIFIED
    return states


def _equal(current: Any, recorded: Any) -> bool:
    # Python params may hold tuples, which the lock file records as lists.
    return bool(current == recorded) or (isinstance(current, tuple) and list(current) == recorded)


def _at_or_above(output: str, path: str) -> bool:
    return output == path or path.startswith(f"{output}/") or output.startswith(f"{path}/")
