"""What one revision holds: parameters, metrics, dependencies, outputs."""

from collections.abc import Mapping
from typing import NamedTuple

from tiffin.errors import TiffinError
from tiffin.experiments._reading import Failure, Reading, View, failure_of, metrics_of, params_of
from tiffin.formats.values import Content
from tiffin.pipeline import Dependency, Output, Stage

__all__ = ["Data", "DependencyState", "Executor", "OutputState", "State", "state_of"]


class DependencyState(NamedTuple):
    """A dependency as it was when its stage last ran."""

    hash: str | None
    size: int | None
    nfiles: int | None


class OutputState(NamedTuple):
    """An output as its stage last wrote it; is_data_source: tracked by hand, no command writes it."""

    hash: str | None
    size: int | None
    nfiles: int | None
    use_cache: bool
    is_data_source: bool


class Data(NamedTuple):
    """time: seconds since 1970 of the commit, None for the workspace.  All maps are by path."""

    time: int | None
    params: Mapping[str, Reading]
    metrics: Mapping[str, Reading]
    deps: Mapping[str, DependencyState]
    outs: Mapping[str, OutputState]


class Executor(NamedTuple):
    """Who runs, or ran, an experiment from the queue.

    state: "running", "queued", "success" or "failed".  root: its working tree while it runs.  log: what it writes to.
    """

    state: str
    name: str | None
    task_id: str
    root: str | None = None
    log: str | None = None
    pid: int | None = None
    returncode: int | None = None


class State(NamedTuple):
    """A revision: "workspace" or a commit id, and what it holds, or why it cannot be read.

    name: a branch, a tag, or that of the experiment.  experiments: those that started here, newest first, each
    with the commits it consists of, newest first (one, unless an old DVC with checkpoints wrote it).
    executor: of an experiment that went through the queue.
    """

    rev: str
    name: str | None = None
    data: Data | None = None
    failure: Failure | None = None
    experiments: tuple[tuple["State", ...], ...] = ()
    executor: Executor | None = None


def state_of(
    view: View, rev: str, *, name: str | None = None, time: int | None = None, param_deps: bool = False
) -> State:
    """Read one revision.  param_deps: only parameters that stages depend on."""
    try:
        return State(rev, name, _data(view, time, param_deps=param_deps))
    except (TiffinError, OSError) as error:
        return State(rev, name, failure=failure_of(error))


def _data(view: View, time: int | None, *, param_deps: bool) -> Data:
    stages = view.project.stages
    return Data(
        time,
        params=params_of(view, deps=param_deps),
        metrics=metrics_of(view),
        deps={dep.path: _dependency(dep) for stage in stages for dep in stage.deps if _is_local(dep)},
        outs={out.path: _output(stage, out) for stage in stages for out in stage.outs if out.entry.kind == "out"},
    )


def _is_local(dependency: Dependency) -> bool:
    return not {"repo", "db", "dataset"}.intersection(dependency.entry.extra)


def _dependency(dependency: Dependency) -> DependencyState:
    return DependencyState(*_known(dependency.recorded))


def _output(stage: Stage, output: Output) -> OutputState:
    known = _known(output.recorded)
    return OutputState(*known, use_cache=output.entry.cache, is_data_source=stage.is_data)


def _known(recorded: Content | None) -> tuple[str | None, int | None, int | None]:
    return (None, None, None) if recorded is None else (recorded.oid, recorded.size, recorded.nfiles)
