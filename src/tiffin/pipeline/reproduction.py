"""Reproducing a pipeline: run what changed, in order, and record it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from tiffin import _native
from tiffin.errors import MissingDependency, StageFailed, TiffinError
from tiffin.formats import Content, LockEntry, LockItem
from tiffin.fs import FileLock
from tiffin.index import Seen, Workspace, look_as_recorded, store_as_recorded
from tiffin.pipeline._bits import checkout_output, executables_now
from tiffin.pipeline._project import Project, stage_params
from tiffin.pipeline._stage import Stage
from tiffin.pipeline._status import Changes, absent_dependency, changes, looked_at
from tiffin.pipeline._watch import Silent, Watcher
from tiffin.pipeline.executables import ExecutableLists, with_executables
from tiffin.pipeline.recording import LockWriter, lock_entry, with_contents, write_dvc_file
from tiffin.pipeline.runcache import RunCache, cacheable, outputs_in_store, remember_run, same_inputs

if TYPE_CHECKING:
    from tiffin.pipeline._execution import Execution

__all__ = ["OnError", "Reproduction", "Runner", "Settings", "Silent", "Watcher"]

OnError = Literal["fail", "keep-going", "ignore"]


class Settings(NamedTuple):
    """How `repro` was asked to run."""

    force: bool = False
    force_downstream: bool = False
    dry: bool = False
    commit: bool = True
    run_cache: bool = True
    allow_missing: bool = False
    on_error: OnError = "fail"
    confirm: Callable[[Stage], bool] | None = None  # interactive: asked before each stage
    fetch: Callable[[Stage], None] | None = None  # --pull: get a stage's missing data first
    import_again: Callable[[Stage], None] | None = None  # bring an import from a URL to what is there now


class Reproduction(NamedTuple):
    """Which stages ran or were restored, which failed, and the metadata files that changed."""

    reproduced: list[Stage]
    failed: list[Stage]
    written: dict[str, bool]  # path -> whether it was new


class Runner:
    """Runs stages of one project in one workspace.

    lock: the repository lock, held by the caller; it is released while commands run.
    state: a directory of our own below .dvc/tmp.  ignore: keeps an output path out of Git.
    committed: whether a path is in Git exactly as it is on disk.
    """

    def __init__(
        self,
        project: Project,
        workspace: Workspace,
        *,
        cache_directory: str,
        state: str,
        lock: FileLock,
        environment: Mapping[str, str],
        ignore: Callable[[Sequence[str]], None],
        committed: Callable[[str], bool],
        watcher: Watcher,
    ) -> None:
        self._project = project
        self._workspace = workspace
        self._run_cache = RunCache(cache_directory)
        self._state = state
        self._lock = lock
        self._environment = environment
        self._ignore = ignore
        self._committed = committed
        self._watcher = watcher
        self._locks = LockWriter(workspace.root)
        self._executables = ExecutableLists(workspace.root)
        self._written: dict[str, bool] = {}
        self._outdated = False  # whether other code may have written to the workspace since it was looked at

    def reproduce(self, numbers: Iterable[int], settings: Settings) -> Reproduction:
        """Visit the stages in the given order; reproduce those that changed.

        Raises StageFailed for the first stage that fails, unless settings say to go on.  What was
        reproduced until then is recorded in any case.
        """
        graph = self._project.graph
        order = list(numbers)
        look_as_recorded(self._workspace, looked_at(*(graph.stages[number] for number in order)))
        done: list[Stage] = []
        failed: list[int] = []
        skipped: set[int] = set()
        forced: set[int] = set(order) if settings.force else set()
        with self._locks:
            for number in order:
                if number in skipped:
                    continue
                stage = graph.stages[number]
                try:
                    ran = self._visit(stage, settings._replace(force=number in forced))
                except TiffinError as error:
                    failed.append(number)
                    skipped |= self._after_failure(number, error, settings.on_error)
                    continue
                if ran:
                    done.append(stage)
                if settings.force_downstream and (ran or number in forced):
                    forced.update(graph.needed_by[number])
        self._workspace.flush()
        if failed and settings.on_error != "ignore":
            names = ", ".join(f"'{graph.stages[number].address}'" for number in failed)
            raise StageFailed(f"failed to reproduce {names}")
        written = {**self._written, **self._locks.written, **self._executables.written}
        return Reproduction(done, [graph.stages[n] for n in failed], written)

    def _after_failure(self, number: int, error: TiffinError, on_error: OnError) -> set[int]:
        stage = self._project.graph.stages[number]
        if on_error == "fail":
            raise StageFailed(f"failed to reproduce '{stage.address}': {error.message}", hint=error.hint) from error
        self._watcher.warning(f"'{stage.address}': {error.message}", error.hint)
        if on_error == "ignore":
            return set()
        dependents = set(self._project.graph.order([number], downstream=True)) - {number}
        if dependents:
            names = ", ".join(f"'{self._project.graph.stages[n].address}'" for n in sorted(dependents))
            self._watcher.warning(f"{names} will be skipped: they depend on '{stage.address}', which failed")
        return dependents

    def _visit(self, stage: Stage, settings: Settings) -> bool:
        if self._outdated:
            # A command ran since, and maybe for hours: the user may have gone on working.
            self._workspace.forget()
            look_as_recorded(self._workspace, looked_at(stage))
            self._outdated = False
        if not settings.force:
            found = changes(self._project, self._workspace, stage)
            if settings.allow_missing:
                found = _without_missing(found)
            if not found:
                self._watcher.unchanged(stage)
                return False
            if settings.fetch is not None and not _without_missing(found) and self._fetched(stage, settings.fetch):
                return False
        if settings.confirm is not None and not settings.confirm(stage):
            raise StageFailed("reproduction aborted by the user")
        if settings.import_again is not None and _comes_again(stage):
            self._import(stage, settings, settings.import_again)
        elif stage.is_data or stage.frozen:
            self._verify(stage, settings)
        else:
            self._run(stage, settings)
        if not settings.dry:
            self._watcher.finished(stage)
        return True

    def _fetched(self, stage: Stage, fetch: Callable[[Stage], None]) -> bool:
        try:
            fetch(stage)
            for out in stage.outs:
                if out.entry.cache and out.recorded is not None:
                    checkout_output(self._workspace, out, out.recorded)
        except TiffinError as error:
            self._watcher.warning(f"unable to pull data for '{stage.address}': {error.message}")
            return False
        return True

    def _import(self, stage: Stage, settings: Settings, import_again: Callable[[Stage], None]) -> None:
        self._watcher.verifying(stage)
        if not settings.dry:
            import_again(stage)
            self._written.setdefault(stage.file, False)

    def _verify(self, stage: Stage, settings: Settings) -> None:
        self._watcher.verifying(stage)
        if settings.dry:
            return
        absent = [out.path for out in stage.outs if not self._workspace.exists(out.path)]
        if absent:
            raise MissingDependency(f"missing data: {', '.join(absent)}", hint="get it with `tiffin pull`")
        deps = self._inputs(stage) or {}
        params = stage_params(self._project, stage, strict=True)
        self._record(stage, deps, params, self._save_outputs(stage, commit=settings.commit))

    def _run(self, stage: Stage, settings: Settings) -> None:
        if settings.dry:
            self._announce(stage)
            return
        if not settings.force and self._restore(stage, settings):
            return
        deps = self._inputs(stage)
        params = stage_params(self._project, stage, strict=True)
        execution = self._execution(stage)
        self._outdated = True
        self._locks.flush()
        try:
            execution.run()
            self._project.forget_values()
            deps, as_found = self._inputs_as_used(deps)
            contents = self._save_outputs(stage, commit=settings.commit)
        except BaseException:
            execution.name_what_is_aside()
            raise
        execution.discard_what_is_aside()
        entry = self._record(stage, deps, params, contents)
        # Which bytes the command read of an input that changed meanwhile is not known: such a run proves nothing.
        if settings.commit and as_found and stage_params(self._project, stage) == params:
            remember_run(self._run_cache, stage, entry, self._workspace)

    def _execution(self, stage: Stage) -> "Execution":
        # Late: subprocess and its like take 15 ms, which a run that finds nothing changed need not spend.
        from tiffin.pipeline._execution import Execution  # noqa: PLC0415

        return Execution(
            stage,
            self._workspace,
            state=self._state,
            lock=self._lock,
            environment=self._environment,
            committed=self._committed,
            watcher=self._watcher,
        )

    def _announce(self, stage: Stage) -> None:
        self._watcher.running(stage)
        for line in stage.commands:
            self._watcher.command(line)

    def _restore(self, stage: Stage, settings: Settings) -> bool:
        if not cacheable(stage):
            return False
        entry = self._earlier_run(stage, settings)
        contents = outputs_in_store(stage, entry, self._workspace) if entry else None
        if entry is None or contents is None or self._lacks_bits(stage, contents):
            return False
        self._watcher.restored(stage)
        for out in stage.outs:
            checkout_output(self._workspace, out, contents[out.path], force=True)
        self._ignore([out.path for out in stage.outs if out.entry.cache])
        self._record_entry(stage, entry)
        return True

    def _lacks_bits(self, stage: Stage, contents: Mapping[str, Content]) -> bool:
        """Whether executable bits are wanted that nobody recorded: the run cache, whose files are DVC's, has none."""
        return self._workspace.executables and any(
            out.executable is None and contents[out.path].is_dir for out in stage.outs
        )

    def _earlier_run(self, stage: Stage, settings: Settings) -> LockEntry | None:
        deps = self._inputs(stage, strict=False)
        if deps is None:
            return None
        wanted = LockEntry(
            cmd=stage.cmd or "",
            deps=tuple(LockItem(dep.entry.path, deps[dep.path].content) for dep in stage.deps),
            params=stage_params(self._project, stage, strict=True),
            outs=tuple(LockItem(out.entry.path, Content(None)) for out in stage.outs),
        )
        if stage.lock is not None and same_inputs(wanted, stage.lock):
            return stage.lock
        return self._run_cache.find(wanted) if settings.run_cache else None

    def _inputs(self, stage: Stage, *, strict: bool = True) -> dict[str, Seen] | None:
        seen = look_as_recorded(self._workspace, {dep.path: dep.recorded for dep in stage.deps})
        absent = [path for path, found in seen.items() if found is None]
        if absent and strict:
            raise absent_dependency(stage, absent[0])
        return None if absent else {path: found for path, found in seen.items() if found is not None}

    def _inputs_as_used(self, before: dict[str, Seen] | None) -> tuple[dict[str, Seen], bool]:
        """The inputs to record after a run, and whether what was there before is there still.

        A file edited while the command ran is recorded as the command found it.  New files in a
        directory (compiled Python, say) belong to what the run left there, as in DVC.
        """
        used = before or {}
        as_found = True
        self._workspace.forget(used)
        after = look_as_recorded(self._workspace, {path: seen.content for path, seen in used.items()})
        for path, seen in used.items():
            now = after[path]
            if now is None:
                as_found = False
                continue
            if now.content.oid == seen.content.oid:
                continue
            if seen.table is not None and now.table is not None and not _native.diff(seen.table, now.table).modified:
                used = {**used, path: now}
            else:
                as_found = False
                self._watcher.warning(f"'{path}' changed while the stage ran; it is recorded as it was before")
        return used, as_found

    def _save_outputs(self, stage: Stage, *, commit: bool) -> dict[str, Content]:
        self._workspace.forget([out.path for out in stage.outs])
        absent = [out.path for out in stage.outs if not self._workspace.exists(out.path)]
        if absent:
            raise StageFailed(
                f"output '{absent[0]}' does not exist", hint=f"the command of {stage.label} must write it"
            )
        self._ignore([out.path for out in stage.outs if out.entry.cache])
        stored = {out.path: out.recorded for out in stage.outs if out.entry.cache and commit}
        contents = store_as_recorded(self._workspace, stored)
        rest = {out.path: out.recorded for out in stage.outs if out.path not in contents}
        seen = look_as_recorded(self._workspace, rest)
        return {**contents, **{path: found.content for path, found in seen.items() if found is not None}}

    def _record(
        self,
        stage: Stage,
        deps: Mapping[str, Seen],
        params: Mapping[str, Mapping[str, Any]],
        contents: Mapping[str, Content],
    ) -> LockEntry:
        if stage.dvc_file is not None:
            by_entry = {out.entry.path: contents[out.path] for out in stage.outs}
            bits = {out.entry.path: executables_now(self._workspace, out, contents[out.path]) for out in stage.outs}
            filled = with_executables(with_contents(stage.dvc_file, by_entry), bits)
            if write_dvc_file(self._workspace.root, stage.file, filled):
                self._written.setdefault(stage.file, False)
            return LockEntry(cmd=stage.cmd or "")
        entry = lock_entry(stage, {path: seen.content for path, seen in deps.items()}, params, contents)
        self._executables.record(stage, self._workspace, contents)
        self._record_entry(stage, entry)
        return entry

    def _record_entry(self, stage: Stage, entry: LockEntry) -> None:
        self._locks.add(stage, entry)


def _comes_again(stage: Stage) -> bool:
    """Whether this is an import from a URL that follows its source, or was never downloaded."""
    recorded = stage.outs[0].recorded if stage.outs else None
    return stage.is_import and bool(stage.deps) and not (stage.frozen and recorded is not None and recorded.oid)


def _without_missing(found: Changes) -> Changes:
    return found._replace(
        deps={path: state for path, state in found.deps.items() if state != "deleted"},
        outs={path: state for path, state in found.outs.items() if state not in ("deleted", "not in cache")},
    )
