"""Why a stage would run: each thing that changed, as it was and as it is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from tiffin import _native
from tiffin.formats.values import Content
from tiffin.index import Difference, Workspace, look_as_recorded
from tiffin.pipeline._project import Project, stage_params
from tiffin.pipeline._stage import Dependency, Output, Stage
from tiffin.pipeline._status import Changes, changes, looked_at
from tiffin.pipeline.runcache import RunCache, cacheable, earlier_run, outputs_in_store

__all__ = [
    "CommandReason",
    "Explanation",
    "ParameterReason",
    "PathReason",
    "PlainReason",
    "Reason",
    "UpstreamReason",
    "Verdict",
    "explain",
    "reasons",
]

_MISSING = ("deleted", "not in cache")

Verdict = Literal["runs", "may run", "restored", "recorded", "downloaded", "unchanged"]


class CommandReason(NamedTuple):
    """The command is another one."""

    old: str | tuple[str, ...]
    new: str | tuple[str, ...]


class PathReason(NamedTuple):
    """A dependency or output is not as it was recorded.

    path: relative to the repository.  state: a word of `status`.  files: what changed inside a directory, if that is
    known.
    """

    role: Literal["dependency", "output"]
    path: str
    state: str
    old: Content | None
    new: Content | None
    files: Difference | None = None


class ParameterReason(NamedTuple):
    """A parameter has another value, or its file is new or gone (name None)."""

    file: str
    name: str | None
    state: str
    old: Any = None
    new: Any = None


class UpstreamReason(NamedTuple):
    """A stage that is to run before writes what this one reads."""

    stage: Stage
    path: str


class PlainReason(NamedTuple):
    """What needs no more words."""

    kind: Literal["never ran", "always changed", "forced", "import changed"]


Reason = CommandReason | PathReason | ParameterReason | UpstreamReason | PlainReason


class Explanation(NamedTuple):
    """What `repro` would do with a stage, and all reasons for it.

    may run: only if a stage before it writes something new.  restored: an earlier run gave the results.
    recorded: data, or outputs of a frozen stage, are stored as they are.  downloaded: an import, from its source.
    """

    stage: Stage
    verdict: Verdict | None  # None: not asked
    reasons: tuple[Reason, ...]


def explain(
    project: Project,
    workspace: Workspace,
    order: Iterable[int],
    *,
    cache_directory: str | None,
    force: bool = False,
    force_downstream: bool = False,
    allow_missing: bool = False,
) -> list[Explanation]:
    """Say for each stage, visited in this order, what `repro` would do and why.  Nothing is run or written.

    cache_directory: where earlier runs are looked up; None: they do not count.
    """
    graph = project.graph
    numbers = list(order)
    look_as_recorded(workspace, looked_at(*(graph.stages[number] for number in numbers)))
    needs = graph.active_needs()
    earlier = None if cache_directory is None else RunCache(cache_directory)
    pending: dict[int, Mapping[str, Content]] = {}  # stages that would write -> what, where that is known
    forced = set(numbers) if force else set()
    found = []
    for number in numbers:
        stage = graph.stages[number]
        own = list(reasons(project, workspace, stage))
        if allow_missing:
            own = [reason for reason in own if not (isinstance(reason, PathReason) and reason.state in _MISSING)]
        if number in forced:
            own.append(PlainReason("forced"))
        writers = [need for need in needs[number] if need in pending]
        above = [
            UpstreamReason(graph.stages[need], path)
            for need in writers
            for path in _newly_written(stage, graph.stages[need], pending[need])
        ]
        rewritten = [out.path for need in writers for out in graph.stages[need].outs]
        own = [reason for reason in own if not _is_passing(reason, rewritten)]
        written = None if above or number in forced or not own else _earlier_outputs(project, workspace, stage, earlier)
        verdict = _verdict(stage, own, above, restored=written is not None)
        if verdict in ("runs", "may run", "restored", "downloaded"):
            pending[number] = written or {}
        if force_downstream and verdict not in ("unchanged", "may run"):
            forced.update(graph.needed_by[number])
        found.append(Explanation(stage, verdict, (*own, *above)))
    return found


def reasons(
    project: Project, workspace: Workspace, stage: Stage, changed: Changes | None = None, *, path: str | None = None
) -> Iterator[Reason]:
    """What changed since a stage last ran.

    changed: what `changes` found, if it was asked already.  path: only outputs at or above it.
    """
    if changed is None:
        changed = changes(project, workspace, stage, path=path)
    if changed.always:
        yield PlainReason("always changed")
    if changed.checksum:
        yield PlainReason("import changed")
    if stage.name is not None and stage.lock is None:
        yield PlainReason("never ran")
        # Nothing was recorded, so nothing can have changed; what is not there still matters.
        absent = {path: state for path, state in changed.deps.items() if state == "deleted"}
        yield from _paths(workspace, stage.deps, absent, "dependency")
        return
    if changed.command and stage.lock is not None:
        yield CommandReason(stage.lock.cmd, stage.cmd or "")
    yield from _paths(workspace, stage.deps, changed.deps, "dependency")
    if changed.params:
        yield from _parameters(project, stage, changed)
    yield from _paths(workspace, stage.outs, changed.outs, "output")


def _is_passing(reason: Reason, rewritten: Sequence[str]) -> bool:
    """Whether this is about a dependency that is to be written anew before the stage's turn comes."""
    if not isinstance(reason, PathReason) or reason.role != "dependency":
        return False
    return any(reason.path == path or reason.path.startswith(f"{path}/") for path in rewritten)


def _verdict(stage: Stage, own: Sequence[Reason], above: Sequence[Reason], *, restored: bool) -> Verdict:
    if not own:
        return "may run" if above else "unchanged"
    if stage.is_data or stage.frozen:
        return "downloaded" if stage.is_import and not stage.frozen and stage.deps else "recorded"
    return "restored" if restored else "runs"


def _paths(
    workspace: Workspace,
    entries: Sequence[Dependency] | Sequence[Output],
    states: Mapping[str, str],
    role: Literal["dependency", "output"],
) -> Iterator[PathReason]:
    recorded = {entry.path: entry.recorded for entry in entries}
    seen = look_as_recorded(workspace, {path: recorded.get(path) for path in states})
    for path, state in states.items():
        old, now = recorded.get(path), seen[path]
        files = None
        if old is not None and old.is_dir and now is not None and now.table is not None:
            store = workspace.like(old).store
            if store.has(old.oid or ""):
                inside = _native.diff(store.manifest(old.oid or ""), now.table)
                files = Difference(inside.added, inside.modified, inside.deleted)
        yield PathReason(role, path, state, old, now.content if now else None, files)


def _parameters(project: Project, stage: Stage, changed: Changes) -> Iterator[ParameterReason]:
    current = stage_params(project, stage)
    for entry in stage.params:
        path = stage.params_path(entry)
        states = changed.params.get(path)
        if states is None:
            continue
        if isinstance(states, str):
            yield ParameterReason(path, None, states)
            continue
        now, then = current.get(entry.file, {}), stage.recorded_params(entry) or {}
        # A parameter that came or went shows the one value it has.
        for name, state in states.items():
            yield ParameterReason(path, name, state, then.get(name), now.get(name))


def _newly_written(stage: Stage, above: Stage, known: Mapping[str, Content]) -> list[str]:
    """The outputs of a stage above that this one reads, but those known to become what was read last time."""
    paths = []
    for dependency in stage.deps:
        for out in above.outs:
            if not _overlap(dependency.path, out.path) or out.path in paths:
                continue
            becomes = known.get(out.path) if out.path == dependency.path else None
            if becomes is None or dependency.recorded is None or becomes.oid != dependency.recorded.oid:
                paths.append(out.path)
    return paths


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _earlier_outputs(
    project: Project, workspace: Workspace, stage: Stage, earlier: RunCache | None
) -> dict[str, Content] | None:
    """What an earlier run with these inputs wrote, if all of it is in the store."""
    if stage.is_data or stage.frozen or not cacheable(stage):
        return None
    entry = earlier_run(project, workspace, stage, earlier)
    return outputs_in_store(stage, entry, workspace) if entry is not None else None
