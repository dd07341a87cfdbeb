"""The queue of experiments: files below .dvc/tmp/exps, which DVC's workers and ours share.

celery/broker/in/FILE                  waits; FILE sorts by when it was queued
celery/broker/processed/FILE           a worker took it, by renaming: one of them succeeds
celery/result/celery-task-meta-ID      how that ended: {"status": "SUCCESS" | "FAILURE", "task_id": ID, ...}
run/COMMIT/                            the run, see _execution.py
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal, NamedTuple
from uuid import uuid4

from tiffin.experiments._execution import DONE, FAILED_RUN, PREPARING, RUNNING, Execution, Process, RunFiles
from tiffin.experiments._message import Entry, Message, pack_message, unpack_message
from tiffin.experiments._options import OPTIONS_FILE, pack_options, unpack_options
from tiffin.experiments._stash import FAILED, QUEUED, Stashed, drop, push, stashed
from tiffin.fs import FileLock, remove_quietly, write_atomically

__all__ = [
    "DONE",
    "FAILED",
    "FAILED_RUN",
    "OPTIONS_FILE",
    "PREPARING",
    "QUEUED",
    "RUNNING",
    "Entry",
    "Execution",
    "Message",
    "Process",
    "Queue",
    "RunFiles",
    "Stashed",
    "Taken",
    "Task",
    "TaskState",
    "drop",
    "pack_options",
    "push",
    "stashed",
    "unpack_options",
]

TaskState = Literal["Running", "Queued", "Failed", "Success"]
_END = ".celery.msg"
_LARGEST = 1 << 20
_ORDER: tuple[TaskState, ...] = ("Running", "Queued", "Failed", "Success")


class Task(NamedTuple):
    """A queued experiment, and how it stands.

    file: of its message.  execution, process: None if they did not begin.
    """

    message: Message
    file: str
    state: TaskState
    execution: Execution | None = None
    process: Process | None = None

    @property
    def commit(self) -> str:
        """The stashed commit, by which DVC knows it."""
        return self.message.entry.stash_rev

    @property
    def name(self) -> str:
        """The experiment's; for one without, the beginning of its commit."""
        return self.message.entry.name or self.commit[:7]


class Taken(NamedTuple):
    """A task that a worker has.  lock: a descriptor; the task runs for as long as any process has it open."""

    message: Message
    lock: int


class Queue:
    """The queue below a directory.  All of it can be read and changed by several processes at once."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._waiting = os.path.join(directory, "celery/broker/in")
        self._taken = os.path.join(directory, "celery/broker/processed")
        self._results = os.path.join(directory, "celery/result")

    def put(self, message: Message, milliseconds: int) -> None:
        """Queue an experiment.  milliseconds: since the machine began, the clock by which DVC's are in order."""
        for directory in (self._waiting, self._taken, self._results):
            os.makedirs(directory, exist_ok=True)
        delivery = str(uuid4())
        # Workers read all they find there: it must be whole when it appears.
        path = os.path.join(self.directory, "celery", delivery)
        write_atomically(path, pack_message(message, delivery=delivery))
        os.replace(path, os.path.join(self._waiting, f"{milliseconds}_{delivery}{_END}"))

    def tasks(self) -> list[Task]:
        """All, as DVC orders them: what runs, what waits, what failed, what succeeded."""
        # In this order, so that what is taken meanwhile is seen twice rather than not at all.
        waiting = [Task(message, file, "Queued") for file, message in self._messages(self._waiting)]
        taken = {file: self._stand(file, message) for file, message in self._messages(self._taken)}
        found = [*taken.values(), *(task for task in waiting if task.file not in taken)]
        return sorted(found, key=lambda task: _ORDER.index(task.state))

    def waiting(self) -> bool:
        """Whether anything waits."""
        return any(True for _ in self._messages(self._waiting))

    @contextmanager
    def take(self) -> Iterator[Taken | None]:
        """The task that waits longest, which is this process's as long as the context lasts; None for no task."""
        for file, message in self._messages(self._waiting):
            run = self.run(message.entry.stash_rev)
            os.makedirs(run.directory, exist_ok=True)
            lock = FileLock(run.lock)
            with lock.if_free() as free:
                if free and self._rename(file):
                    yield Taken(message, lock.descriptor)
                    return
                if free:
                    remove_quietly(run.lock)  # DVC's worker may have been faster, and has no lock
        yield None

    def finish(self, message: Message, *, ok: bool, when: str) -> None:
        """Say that a task that was taken is over.  when: as ISO 8601."""
        result: dict[str, Any] = {
            "status": "SUCCESS" if ok else "FAILURE",
            "result": None,
            "traceback": None,
            "children": [],
            "date_done": when,
            "task_id": message.id,
        }
        os.makedirs(self._results, exist_ok=True)
        write_atomically(self._result(message), json.dumps(result), durable=False)

    def has_ended(self, message: Message) -> bool:
        """Whether somebody said that a task that was taken is over."""
        return os.path.exists(self._result(message))

    def remove(self, task: Task) -> bool:
        """Take a task out; one that waits may have been taken meanwhile: False, and it stays."""
        place = self._waiting if task.state == "Queued" else self._taken
        try:
            os.unlink(os.path.join(place, task.file))
        except FileNotFoundError:
            return False
        remove_quietly(self._result(task.message))
        return True

    def run(self, commit: str) -> RunFiles:
        """The files of a task's run."""
        return RunFiles(os.path.join(self.directory, "run", commit))

    def _stand(self, file: str, message: Message) -> Task:
        run = self.run(message.entry.stash_rev)
        execution, process = run.execution(), run.process()
        state: TaskState = "Running"
        if self.has_ended(message) or not _is_at_work(run, process):
            good = execution is not None and execution.result_hash is not None and execution.result_ref is not None
            state = "Success" if good else "Failed"
        return Task(message, file, state, execution, process)

    def _rename(self, file: str) -> bool:
        with suppress(FileNotFoundError):
            os.rename(os.path.join(self._waiting, file), os.path.join(self._taken, file))
            return True
        return False  # another worker was faster

    def _messages(self, directory: str) -> Iterator[tuple[str, Message]]:
        try:
            names = sorted(os.listdir(directory))
        except FileNotFoundError:
            return
        for name in names:
            if not name.endswith(_END):
                continue
            try:
                with open(os.path.join(directory, name), "rb") as file:
                    message = unpack_message(file.read(_LARGEST))
            except FileNotFoundError:
                continue
            if message is not None:
                yield name, message

    def _result(self, message: Message) -> str:
        return os.path.join(self._results, f"celery-task-meta-{message.id}")


def _is_at_work(run: RunFiles, process: Process | None) -> bool:
    """Whether somebody is at a task that has not ended."""
    if os.path.lexists(run.lock):
        return FileLock(run.lock).holder() is not None
    # DVC's worker has no lock.  It prepares, runs a process, and collects: only of the second can be said that it died.
    return process is None or process.returncode is not None or process.lives
