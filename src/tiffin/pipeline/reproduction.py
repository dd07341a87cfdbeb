"""Reproducing a pipeline: run what changed, in order or side by side, and record it."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from tiffin.errors import MissingDependency, StageFailed, TiffinError
from tiffin.formats.values import Content
from tiffin.fs import FileLock
from tiffin.index import Seen, Workspace, look_as_recorded, store_as_recorded
from tiffin.pipeline._bits import checkout_output, executables_now
from tiffin.pipeline._course import Course, OnError, Settings
from tiffin.pipeline._inputs import inputs, inputs_as_used, written_at
from tiffin.pipeline._project import Project, stage_params
from tiffin.pipeline._results import Results
from tiffin.pipeline._stage import Stage
from tiffin.pipeline._status import Changes, changes, looked_at
from tiffin.pipeline._watch import Silent, Watcher
from tiffin.pipeline.executables import ExecutableLists, with_executables
from tiffin.pipeline.recording import lock_entry, with_contents, write_dvc_file
from tiffin.pipeline.runcache import RunCache, cacheable, earlier_run, outputs_in_store, store_for_run_cache
from tiffin.pipeline.surroundings import Surroundings, Terminal

if TYPE_CHECKING:
    from tiffin.pipeline._execution import Execution
    from tiffin.pipeline._executions import Executions
    from tiffin.pipeline.resources import Demand
    from tiffin.pipeline.rwlock import Claims

__all__ = ["OnError", "Reproduction", "Runner", "Settings", "Silent", "Surroundings", "Terminal", "Watcher"]

# Commands in whose text one of these stands see in dvc.lock all that ran before them.
_THAT_LOOK = ("dvc", "tiffin")
_Found = Literal["unchanged", "done", "runs", "waits"]


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
        surroundings: Surroundings,
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
        self._surroundings = surroundings
        self._ignore = ignore
        self._committed = committed
        self._watcher = watcher
        self._executables = ExecutableLists(workspace.root)
        self._written: dict[str, bool] = {}
        self._executions: Executions | None = None  # once a stage runs
        self._claims: Claims | None = None
        self._fresh: set[str] = set()  # outputs that were looked at since commands last had the time to change any

    def reproduce(self, numbers: Iterable[int], settings: Settings) -> Reproduction:
        """Visit the stages in the given order, and reproduce those that changed.

        With several jobs at once, a stage is visited as soon as what it needs is there.  Raises StageFailed for the
        first stage that fails, unless settings say to go on, and KeyboardInterrupt if the run was told to end.  What
        was reproduced until then is recorded in any case.
        """
        graph = self._project.graph
        order = list(numbers)
        course = Course(order, graph.active_needs() if settings.jobs > 1 else None, settings, self._demands(order))
        self._results = Results(
            graph,
            course.plan,
            self._workspace,
            state=self._state,
            run_cache=self._run_cache,
            ignore=self._ignore,
        )
        look_as_recorded(self._workspace, looked_at(*(graph.stages[number] for number in order)))
        try:
            self._start_ready(course)
            while self._executions:
                self._finish_ended(self._executions, course)
                self._start_ready(course)
        finally:
            try:
                self._results.close()
            finally:
                self._close()
        if self._executions is not None:
            self._executions.raise_if_stopped()
        self._workspace.flush()
        return self._outcome(course)

    def _close(self) -> None:
        if self._executions is not None:
            self._executions.close()
        if self._claims is not None:
            self._claims.close()

    def _outcome(self, course: Course) -> Reproduction:
        stages = self._project.graph.stages
        if course.failure is not None:
            raise course.failure
        if course.failed and course.settings.on_error != "ignore":
            names = ", ".join(f"'{stages[number].address}'" for number in course.in_order(course.failed))
            raise StageFailed(f"failed to reproduce {names}")
        written = {**self._written, **self._results.written, **self._executables.written}
        done, failed = ([stages[number] for number in course.in_order(some)] for some in (course.done, course.failed))
        return Reproduction(done, failed, written)

    def _demands(self, order: Sequence[int]) -> "dict[int, Demand]":
        """What stages ask for; those that ask for nothing are left out.  Raises SchemaError."""
        stages = self._project.graph.stages
        asking = [number for number in order if stages[number].meta is not None and stages[number].name is not None]
        if not asking:
            return {}
        from tiffin.pipeline.resources import demand_of  # noqa: PLC0415 - few pipelines ask for anything

        return {
            number: demand_of(stages[number], self._project.pipeline_file(stages[number].file)) for number in asking
        }

    def _start_ready(self, course: Course) -> None:
        """Visit all stages that may be visited now, as far as there is room for those that have to run."""
        waiting = []
        while course.failure is None and self._has_room(course.settings.jobs):
            number = course.plan.next()
            if number is None:
                break
            try:
                found = self._visit(number, course)
            except TiffinError as error:
                self._failed(number, error, course)
                continue
            if found == "waits":
                waiting.append(number)
            elif found != "runs":
                self._finished(number, course, ran=found == "done")
        course.plan.put_back(waiting)

    def _has_room(self, jobs: int) -> bool:
        return self._executions is None or (len(self._executions) < jobs and not self._executions.stopping)

    def _finish_ended(self, executions: "Executions", course: Course) -> None:
        """Wait until attempts are over, and take their results."""
        if self._claims is not None:
            self._claims.settle()
        self._results.settle_if_due()
        self._fresh.clear()
        with self._lock.released():
            over = executions.wait(self._results.due)
        for execution in over:
            self._end(executions, execution, course)

    def _end(self, executions: "Executions", execution: "Execution", course: Course) -> None:
        stage, failure = execution.stage, execution.failure
        try:
            if failure is not None and execution.may_try_again and not executions.stopping:
                self._watcher.failed(stage, failure.message, executions.log_of(stage), again=True)
                execution.begin(self._workspace, self._committed)
                executions.start(execution)
                return
            self._let_go(execution, course)
            if failure is not None and execution.outcome != "interrupted":
                self._watcher.failed(stage, failure.message, executions.log_of(stage), again=False)
            self._take_results(execution, course.settings)
        except TiffinError as error:
            if execution.outcome != "interrupted":
                self._failed(execution.number, error, course)
        else:
            self._watcher.finished(stage)
            self._finished(execution.number, course, ran=True)

    def _let_go(self, execution: "Execution", course: Course) -> None:
        if self._claims is not None:
            self._claims.ended(execution.claim)
        course.give_back(execution.number)

    def _finished(self, number: int, course: Course, *, ran: bool) -> None:
        if ran:
            course.done.append(number)
        if course.settings.force_downstream and (ran or number in course.forced):
            course.forced.update(self._project.graph.needed_by[number])
        course.plan.finished(number)

    def _failed(self, number: int, error: TiffinError, course: Course) -> None:
        stage, on_error = self._project.graph.stages[number], course.settings.on_error
        if on_error == "fail" and course.failure is None:
            course.failure = StageFailed(f"failed to reproduce '{stage.address}': {error.message}", hint=error.hint)
            course.failure.__cause__ = error
            return
        self._watcher.warning(f"'{stage.address}': {error.message}", error.hint)
        course.failed.append(number)
        if on_error == "ignore":
            course.plan.finished(number)
        elif on_error == "keep-going":
            course.plan.skip([number])
            self._skip_dependents(number, course)

    def _skip_dependents(self, number: int, course: Course) -> None:
        graph = self._project.graph
        dependents = set(graph.order([number], downstream=True)) - {number}
        if dependents:
            names = ", ".join(f"'{graph.stages[n].address}'" for n in sorted(dependents))
            self._watcher.warning(
                f"{names} will be skipped: they depend on '{graph.stages[number].address}', which failed"
            )
        course.plan.skip(dependents)

    def _visit(self, number: int, course: Course) -> _Found:
        stage, settings = self._project.graph.stages[number], course.settings
        if self._executions is not None:
            # Commands ran since, and maybe for hours: the user may have gone on working.
            paths = looked_at(stage)
            self._workspace.forget([path for path in paths if path not in self._fresh])
            look_as_recorded(self._workspace, paths)
            self._project.forget_values()
        forced = number in course.forced
        if not forced:
            found = changes(self._project, self._workspace, stage)
            if settings.allow_missing:
                found = _without_missing(found)
            if not found:
                self._watcher.unchanged(stage)
                return "unchanged"
            if settings.fetch is not None and not _without_missing(found) and self._fetched(stage, settings.fetch):
                return "unchanged"
        if not course.confirmed(number, stage):
            raise StageFailed("reproduction aborted by the user")
        if settings.import_again is not None and _comes_again(stage):
            self._import(stage, settings, settings.import_again)
        elif stage.is_data or stage.frozen:
            self._verify(stage, settings)
        elif settings.dry:
            self._announce(stage)
        elif forced or not self._restore(stage, settings):
            return self._run(number, stage, course)
        if not settings.dry:
            self._watcher.finished(stage)
        return "done"

    def _refuse_in_use(self, stage: Stage) -> None:
        """Raise LockHeld where another process is at work on what is about to be written."""
        directory = os.path.dirname(self._state)
        if os.path.lexists(f"{directory}/rwlock"):
            from tiffin.pipeline.rwlock import refuse_in_use  # noqa: PLC0415 - few repositories have one

            refuse_in_use(directory, [os.path.join(self._workspace.root, out.path) for out in stage.outs], self._lock)

    def _fetched(self, stage: Stage, fetch: Callable[[Stage], None]) -> bool:
        try:
            fetch(stage)
            self._refuse_in_use(stage)
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
        deps = inputs(self._workspace, stage)
        params = stage_params(self._project, stage, strict=True)
        self._record(stage, deps, params, self._save_outputs(stage, commit=settings.commit))

    def _run(self, number: int, stage: Stage, course: Course) -> _Found:
        from tiffin.pipeline._execution import Execution, Inputs  # noqa: PLC0415 - subprocess and its like: 15 ms

        times = written_at(self._workspace, (dep.path for dep in stage.deps))  # before the files are looked at
        deps = inputs(self._workspace, stage)
        found = Inputs(deps, stage_params(self._project, stage, strict=True), times)
        gpus = course.share(number, stage, self._surroundings.budget)
        if gpus is None:
            return "waits"
        root = self._workspace.root
        demand = course.demands.get(number)
        execution = Execution(number, stage, found, demand=demand, gpus=gpus, root=root, state=self._state)
        executions, claims = self._tools(course.settings)
        if any(tool in line for line in stage.commands for tool in _THAT_LOOK):
            self._results.settle()
        try:
            claims.take(execution.claim)
        except BaseException:
            course.give_back(number)
            raise
        try:
            execution.begin(self._workspace, self._committed)
            executions.start(execution)
        except BaseException:
            self._let_go(execution, course)
            execution.name_what_is_aside(self._watcher)
            raise
        return "runs"

    def _tools(self, settings: Settings) -> "tuple[Executions, Claims]":
        """Made when the first stage runs: a run that finds nothing changed need not load them."""
        if self._executions is None or self._claims is None:
            from tiffin.pipeline._executions import Executions  # noqa: PLC0415 - as above
            from tiffin.pipeline.runlog import RunLog  # noqa: PLC0415 - as above
            from tiffin.pipeline.rwlock import Claims  # noqa: PLC0415 - as above

            self._workspace.put_off_saving()
            around = self._surroundings
            many = settings.jobs > 1
            self._claims = Claims(os.path.dirname(self._state), self._lock)
            self._executions = Executions(
                self._workspace.root,
                log=RunLog(self._workspace.root, self._state, now=around.now, host=around.host),
                terminal=None if many else around.terminal,
                environment=self._environment,
                watcher=self._watcher,
                many=many,
            )
        return self._executions, self._claims

    def _take_results(self, execution: "Execution", settings: Settings) -> None:
        stage, params = execution.stage, execution.inputs.params
        try:
            deps, as_found = self._inputs_used(execution)
            contents = self._save_outputs(stage, commit=settings.commit)
        except BaseException:
            execution.name_what_is_aside(self._watcher)
            raise
        # Which bytes the command read of an input that changed meanwhile is not known: such a run proves nothing.
        proven = settings.commit and as_found and stage_params(self._project, stage) == params
        remember = proven and store_for_run_cache(stage, self._workspace)
        self._record(stage, deps, params, contents, remember=remember, afterwards=execution.discard_what_is_aside)

    def _inputs_used(self, execution: "Execution") -> tuple[dict[str, Seen], bool]:
        """As `inputs_as_used`.  Raises StageFailed if the commands failed."""
        if execution.failure is not None:
            raise execution.failure
        self._project.forget_values()
        given = execution.inputs
        return inputs_as_used(self._workspace, given.deps, given.times, self._watcher.warning)

    def _announce(self, stage: Stage) -> None:
        self._watcher.running(stage)
        for line in stage.commands:
            self._watcher.command(line)

    def _restore(self, stage: Stage, settings: Settings) -> bool:
        if not cacheable(stage):
            return False
        runs = self._run_cache if settings.run_cache else None
        entry = earlier_run(self._project, self._workspace, stage, runs, strict=True)
        contents = outputs_in_store(stage, entry, self._workspace) if entry else None
        if entry is None or contents is None or self._lacks_bits(stage, contents):
            return False
        self._refuse_in_use(stage)
        self._watcher.restored(stage)
        for out in stage.outs:
            checkout_output(self._workspace, out, contents[out.path], force=True)
        self._results.add(stage, entry)
        return True

    def _lacks_bits(self, stage: Stage, contents: Mapping[str, Content]) -> bool:
        """Whether executable bits are wanted that nobody recorded: the run cache, whose files are DVC's, has none."""
        return self._workspace.executables and any(
            out.executable is None and contents[out.path].is_dir for out in stage.outs
        )

    def _save_outputs(self, stage: Stage, *, commit: bool) -> dict[str, Content]:
        self._workspace.forget([out.path for out in stage.outs])
        self._fresh.update(out.path for out in stage.outs)
        absent = [out.path for out in stage.outs if not self._workspace.exists(out.path)]
        if absent:
            raise StageFailed(
                f"output '{absent[0]}' does not exist", hint=f"the command of {stage.label} must write it"
            )
        stored = {out.path: out.recorded for out in stage.outs if out.entry.cache and commit}
        contents = store_as_recorded(self._workspace, stored, wait=stage.dvc_file is not None)
        rest = {out.path: out.recorded for out in stage.outs if out.path not in contents}
        seen = look_as_recorded(self._workspace, rest)
        return {**contents, **{path: found.content for path, found in seen.items() if found is not None}}

    def _record(
        self,
        stage: Stage,
        deps: Mapping[str, Seen],
        params: Mapping[str, Mapping[str, Any]],
        contents: Mapping[str, Content],
        *,
        remember: bool = False,
        afterwards: Callable[[], None] | None = None,
    ) -> None:
        if stage.dvc_file is not None:
            self._ignore([out.path for out in stage.outs if out.entry.cache])
            by_entry = {out.entry.path: contents[out.path] for out in stage.outs}
            bits = {out.entry.path: executables_now(self._workspace, out, contents[out.path]) for out in stage.outs}
            filled = with_executables(with_contents(stage.dvc_file, by_entry), bits)
            if write_dvc_file(self._workspace.root, stage.file, filled):
                self._written.setdefault(stage.file, False)
            if afterwards is not None:
                afterwards()
            return
        self._executables.record(stage, self._workspace, contents)
        entry = lock_entry(stage, {path: seen.content for path, seen in deps.items()}, params, contents)
        self._results.add(stage, entry, remember=remember, afterwards=afterwards)


def _comes_again(stage: Stage) -> bool:
    """Whether this is an import from a URL that follows its source, or was never downloaded."""
    recorded = stage.outs[0].recorded if stage.outs else None
    return stage.is_import and bool(stage.deps) and not (stage.frozen and recorded is not None and recorded.oid)


def _without_missing(found: Changes) -> Changes:
    return found._replace(
        deps={path: state for path, state in found.deps.items() if state != "deleted"},
        outs={path: state for path, state in found.outs.items() if state not in ("deleted", "not in cache")},
    )
