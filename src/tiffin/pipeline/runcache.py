"""The run cache: what a stage with the same command, dependencies and parameters gave before.

<cache>/runs/<2>/<key>/<value>   a lock entry as YAML
key    := SHA-256 of the entry with outs reduced to their paths
value  := SHA-256 of the whole entry
"""

import os

from tiffin.errors import FormatError
from tiffin.formats import lock
from tiffin.formats.values import Content, LockEntry, LockItem
from tiffin.fs import write_atomically
from tiffin.index import Workspace
from tiffin.pipeline._inputs import inputs_if_there
from tiffin.pipeline._project import Project, stage_params
from tiffin.pipeline._stage import Stage

__all__ = ["RunCache", "cacheable", "earlier_run", "outputs_in_store", "remember_run", "store_for_run_cache"]


def cacheable(stage: Stage) -> bool:
    """Whether the stage's results can be told from its inputs: it has all three, and keeps no old output."""
    if stage.is_callback or stage.always_changed or not stage.cmd:
        return False
    if not stage.outs or not (stage.deps or stage.params):
        return False
    # What is at a URL has no id that would tell one content from another for good.
    return not any(out.entry.persist for out in stage.outs) and not any("://" in dep.path for dep in stage.deps)


class RunCache:
    """Entries below `cache_directory`/runs, shared by everyone who shares the cache."""

    def __init__(self, cache_directory: str) -> None:
        self._root = f"{cache_directory}/runs"

    def find(self, wanted: LockEntry) -> LockEntry | None:
        """The newest entry with the same command, dependencies, parameters and output paths."""
        key = lock.run_cache_key(wanted)
        for path in _newest_first(f"{self._root}/{key[:2]}/{key}"):
            entry = _read(path)
            # DVC's key leaves out whatever is called "size" or "nfiles", parameters of that name too.
            if entry is not None and _same_inputs(entry, wanted):
                return entry
        return None

    def save(self, entry: LockEntry, text: str | None = None) -> None:
        """Remember a run.  text: the entry as YAML, where that is known already."""
        key = lock.run_cache_key(entry)
        path = f"{self._root}/{key[:2]}/{key}/{lock.run_cache_value(entry)}"
        body = text if text is not None else lock.dump_entry(entry)
        if not _holds(path, body):
            write_atomically(path, body, durable=False)


def _same_inputs(one: LockEntry, other: LockEntry) -> bool:
    """Whether two runs had the same command, dependencies and parameters."""

    def ids(entry: LockEntry) -> dict[str, str | None]:
        return {item.path: item.content.oid for item in entry.deps}

    return one.cmd == other.cmd and ids(one) == ids(other) and one.params == other.params


def earlier_run(
    project: Project, workspace: Workspace, stage: Stage, cache: RunCache | None, *, strict: bool = False
) -> LockEntry | None:
    """The run with these inputs: the recorded one, or one the cache remembers (None: it is not asked).

    strict: a parameter that is not there is an error.
    """
    deps = inputs_if_there(workspace, stage)
    if deps is None:
        return None
    wanted = LockEntry(
        cmd=stage.cmd or "",
        deps=tuple(LockItem(dep.entry.path, deps[dep.path].content) for dep in stage.deps),
        params=stage_params(project, stage, strict=strict),
        outs=tuple(LockItem(out.entry.path, Content(None)) for out in stage.outs),
    )
    if stage.lock is not None and _same_inputs(wanted, stage.lock):
        return stage.lock
    return cache.find(wanted) if cache is not None else None


def outputs_in_store(stage: Stage, entry: LockEntry, workspace: Workspace) -> dict[str, Content] | None:
    """The contents an entry gives the stage's outputs, by repository path, if all of them can be checked out."""
    recorded = {item.path: item.content for item in entry.outs}
    contents = {out.path: recorded.get(out.entry.path) for out in stage.outs}
    found: dict[str, Content] = {}
    for path, content in contents.items():
        store = workspace.like(content).store
        if content is None or not content.oid or not store.has(content.oid):
            return None
        if content.is_dir and store.lacks_any(store.manifest(content.oid)):
            return None
        found[path] = content
    return found


def store_for_run_cache(stage: Stage, workspace: Workspace) -> bool:
    """Whether the run cache may have a run of the stage: its results can be told from its inputs.

    Metrics and plots kept in Git are stored then, so that the run cache can bring them back.
    """
    if not cacheable(stage) or _plain_uncached(stage):
        return False
    workspace.store_all([out.path for out in stage.outs if not out.entry.cache], wait=False)
    return True


def remember_run(cache: RunCache, stage: Stage, entry: LockEntry, workspace: Workspace) -> None:
    """Put a run into the run cache, if it may be there."""
    if store_for_run_cache(stage, workspace):
        workspace.sync()
        cache.save(entry)


def _plain_uncached(stage: Stage) -> bool:
    return any(not out.entry.cache and out.entry.kind == "out" for out in stage.outs)


def _newest_first(directory: str) -> list[str]:
    try:
        times = {entry.path: entry.stat().st_mtime for entry in os.scandir(directory) if _is_value(entry.name)}
    except FileNotFoundError:
        return []
    return sorted(times, key=times.__getitem__, reverse=True)


def _is_value(name: str) -> bool:
    return len(name) == 64  # what a killed process left half-written has a longer name


def _holds(path: str, body: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read() == body.encode("utf-8")
    except OSError:
        return False


def _read(path: str) -> LockEntry | None:
    try:
        with open(path, encoding="utf-8") as file:
            return lock.parse_entry(file.read(), path)
    except (FormatError, UnicodeDecodeError, OSError):
        return None  # torn by a crash, or not ours: as good as absent
