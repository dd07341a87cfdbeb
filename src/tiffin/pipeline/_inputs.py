"""What a stage depends on, before and after its commands ran."""

import os
from collections.abc import Callable, Iterable, Mapping

from tiffin import _native
from tiffin.errors import MissingDependency
from tiffin.index import Seen, Workspace, look_as_recorded
from tiffin.pipeline._stage import Stage
from tiffin.pipeline._status import absent_dependency

__all__ = ["inputs", "inputs_as_used", "inputs_if_there", "written_at"]


def inputs(workspace: Workspace, stage: Stage) -> dict[str, Seen]:
    """The dependencies as they are.  Raises MissingDependency."""
    seen = look_as_recorded(workspace, {dep.path: dep.recorded for dep in stage.deps})
    absent = [path for path, found in seen.items() if found is None]
    if absent:
        raise absent_dependency(stage, absent[0])
    lost = [f"{path}/{name}" for path, found in seen.items() if found is not None for name in found.lost]
    if lost:
        raise MissingDependency(
            f"'{lost[0]}', which {stage.label} depends on, is a link to an object that is not in the cache",
            hint="get it with `tiffin pull`",
        )
    return {path: found for path, found in seen.items() if found is not None}


def inputs_if_there(workspace: Workspace, stage: Stage) -> dict[str, Seen] | None:
    """The dependencies as they are; None if one is absent."""
    try:
        return inputs(workspace, stage)
    except MissingDependency:
        return None


def written_at(workspace: Workspace, paths: Iterable[str]) -> dict[str, int]:
    """When files were last written to; what is no file is left out."""
    found = {}
    for path in paths:
        at = os.path.join(workspace.root, path)
        if "://" not in path and os.path.isfile(at):
            found[path] = os.stat(at).st_mtime_ns
    return found


def inputs_as_used(
    workspace: Workspace, before: dict[str, Seen], times: Mapping[str, int], warn: Callable[[str], None]
) -> tuple[dict[str, Seen], bool]:
    """The inputs to record after a run, and whether the command can have seen nothing else.

    times: `written_at` from before.

    A file edited while the command ran is recorded as the command found it.  New files in a
    directory (compiled Python, say) belong to what the run left there, as in DVC.
    """
    used, as_found = before, True
    workspace.forget(used)
    after = look_as_recorded(workspace, {path: seen.content for path, seen in used.items()})
    now_times = written_at(workspace, times)
    for path, seen in before.items():
        now = after[path]
        if now is None:
            as_found = False
        elif now.content.oid != seen.content.oid:
            if seen.table is not None and now.table is not None and not _native.diff(seen.table, now.table).modified:
                used = {**used, path: now}
            else:
                as_found = False
                warn(f"'{path}' changed while the stage ran; it is recorded as it was before")
        elif now_times.get(path) != times.get(path):
            as_found = False
            warn(f"'{path}' was written to while the stage ran; it is as it was, but may have been another meanwhile")
    return used, as_found
