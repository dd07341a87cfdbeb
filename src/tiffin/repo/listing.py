"""Experiments beside the commits they started from: `exp show`."""

import os
from collections.abc import Collection, Mapping, Sequence

from tiffin.errors import GitError, TiffinError
from tiffin.experiments import Executor, Failure, State, experiments_by_baseline, ref_name, state_of
from tiffin.experiments.queue import Task, TaskState
from tiffin.repo._repo import Repo
from tiffin.repo.asked import Revisions
from tiffin.repo.queueing import tasks
from tiffin.repo.revisions import WORKSPACE, States

__all__ = ["Revisions", "show"]


def show(
    repo: Repo,
    revisions: Revisions = Revisions(),  # noqa: B008
    *,
    workspace: bool = True,
    param_deps: bool = False,
    names: bool = True,
    without: Collection[TaskState] = (),
) -> list[State]:
    """The workspace, then commits with the experiments that started from them; nothing before the first commit.

    Of each commit: what runs from the queue, what is there, what waits, what failed; the newest first.
    Without revisions: HEAD.  names False: commits are not given the names of branches and tags.  without: leave out
    what waits, or what failed.
    """
    with States(repo) as states:
        if states.git.head() is None:
            return []
        wanted = revisions or revisions._replace(names=["HEAD"])
        commits = list(states.select(wanted))
        named: Mapping[str, str | None] = states.git.names(commits) if names else {}
        experiments = experiments_by_baseline(states.git)
        queue = [task for task in tasks(repo) if task.state not in without]
        executors = {task.execution.result_ref: task for task in queue if task.state == "Success" and task.execution}
        read = _Reader(states, repo, param_deps=param_deps)
        found = [read.workspace()] if workspace else []
        for commit in commits:
            ranges = [
                read.experiment(name, tip, commit, executors.get(ref_name(commit, name)))
                for name, tip in experiments.get(commit, {}).items()
            ]
            here = [task for task in queue if task.message.entry.baseline_rev == commit]
            running, waiting, failed = (
                [(read.task(task),) for task in here if task.state == state]
                for state in ("Running", "Queued", "Failed")
            )
            state = read.commit(commit, named.get(commit))
            found.append(state._replace(experiments=_ordered(running, ranges, waiting, failed)))
        return found


class _Reader:
    """Reads states, each commit once."""

    def __init__(self, states: States, repo: Repo, *, param_deps: bool) -> None:
        self._states = states
        self._repo = repo
        self._param_deps = param_deps

    def workspace(self) -> State:
        return state_of(self._states.workspace(), WORKSPACE, param_deps=self._param_deps)

    def commit(self, commit: str, name: str | None = None) -> State:
        time = self._states.commit(commit).time
        return state_of(self._states.at(commit), commit, name=name, time=time, param_deps=self._param_deps)

    def experiment(self, name: str, tip: str, baseline: str, task: Task | None) -> tuple[State, ...]:
        """An experiment's commits, the newest first.  task: by which it came from the queue."""
        newest, *others = [self.commit(commit) for commit in self._states.back_to(baseline, tip)] or [self.commit(tip)]
        return newest._replace(name=name, executor=_executor(task)), *others

    def task(self, task: Task) -> State:
        """An experiment of the queue that has no result: as it started, or while it runs, as it is."""
        name = task.message.entry.name
        try:
            state = self._running(task) or self.commit(task.commit)
        except GitError as error:
            state = State(task.commit, failure=Failure("GitError", error.message))
        if task.state == "Queued" and state.data is not None:
            state = state._replace(data=state.data._replace(metrics={}))  # those are of what it started from
        if task.state == "Failed":
            state = state._replace(failure=Failure("", "Experiment run failed"))
        return state._replace(rev=task.commit, name=name, executor=_executor(task))

    def _running(self, task: Task) -> State | None:
        """What the working tree of a task holds; None if it has none any more."""
        execution = task.execution
        if task.state != "Running" or execution is None:
            return None
        directory = os.path.dirname(os.path.join(execution.root_dir, execution.dvc_dir))
        try:
            with States(Repo.open(directory, self._repo.environment)) as states:
                return state_of(states.workspace(), task.commit, param_deps=self._param_deps)
        except (TiffinError, OSError):
            return None  # it went this moment


def _executor(task: Task | None) -> Executor | None:
    if task is None:
        return None
    state = task.state.lower()
    if task.state == "Queued":
        return Executor(state, "dvc-task", task.commit)
    execution, process = task.execution, task.process
    name = None if task.state == "Failed" else execution.location if execution is not None else "dvc-task"
    root = execution.root_dir if task.state == "Running" and execution is not None else None
    if process is None:
        return Executor(state, name, task.commit, root)
    return Executor(state, name, task.commit, root, process.stdout, process.pid, process.returncode)


def _ordered(*kinds: Sequence[tuple[State, ...]]) -> tuple[tuple[State, ...], ...]:
    return tuple(found for kind in kinds for found in sorted(kind, key=_age, reverse=True))


def _age(experiment: tuple[State, ...]) -> tuple[int, str]:
    newest = experiment[0]
    return (newest.data.time or 0) if newest.data is not None else 0, newest.rev
