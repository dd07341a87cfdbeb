"""The stages that run now: their commands, one after the other for each, their time limits, logs and records."""

import os
import signal
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic

from tiffin.errors import StageFailed
from tiffin.pipeline._children import Child, Children, Usage
from tiffin.pipeline._command import command_of, ended_by_signal
from tiffin.pipeline._execution import Execution
from tiffin.pipeline._interrupts import Interrupts
from tiffin.pipeline._stage import Stage
from tiffin.pipeline._watch import Watcher
from tiffin.pipeline.runlog import Record, RunLog
from tiffin.pipeline.surroundings import Terminal

__all__ = ["Executions"]

PATIENCE_S = 10.0  # between the polite and the other end of a command that ran out of time


class Executions:
    """Runs the commands of many stages at once, or of one at a time on the terminal.

    Until `close`, signals are for the commands.
    """

    def __init__(
        self,
        root: str,
        *,
        log: RunLog,
        terminal: Terminal | None,
        environment: Mapping[str, str],
        watcher: Watcher,
        many: bool,
    ) -> None:
        """terminal: where output goes beside the log.  many: more than one stage may run."""
        self._root = root
        self._log = log
        self._terminal = terminal
        self._environment = environment
        self._watcher = watcher
        self._many = many
        self._children = Children()
        self._interrupts = Interrupts(self._children, many=many)
        self._attempts: dict[Child, _Attempt] = {}
        self._over_at_once: list[Execution] = []
        self._records: list[Record] = []  # that are not written down yet

        self._interrupts.catch()

    def close(self) -> None:
        """Make what still runs end, and leave signals to others again."""
        try:
            self._end_all()
        finally:
            self._write_records()
            self._children.close()
            self._interrupts.release()

    def __len__(self) -> int:
        return len(self._attempts) + len(self._over_at_once)

    @property
    def stopping(self) -> bool:
        """Whether somebody wants the run to end."""
        return self._interrupts.stopping

    def raise_if_stopped(self) -> None:
        """Raises KeyboardInterrupt if somebody wanted the run to end."""
        self._interrupts.raise_if_stopped()

    def log_of(self, stage: Stage) -> str:
        """Where the stage's log is, relative to the repository."""
        return self._log.path(stage)

    def start(self, execution: Execution) -> None:
        """Start an attempt that has begun."""
        self._watcher.running(execution.stage, self._log.path(execution.stage))
        attempt = _Attempt(execution, self._log)
        if execution.attempt > 1:
            attempt.note(f"attempt {execution.attempt} of {execution.demand.retries + 1}")
        self._next_command(attempt)

    def wait(self, until: float | None) -> list[Execution]:
        """The stages whose attempts are over, once there is one; [] when somebody wants the run to end, or at `until`.

        until: by the monotonic clock.
        """
        self._write_records()  # here it keeps no command waiting
        over = self._take_over()
        while not over and self._attempts:
            moments = [until, self._interrupts.due, *(attempt.due for attempt in self._attempts.values())]
            ended = self._children.wait(min((m for m in moments if m is not None), default=None), self._watcher.waiting)
            self._interrupts.act()
            self._end_overdue()
            for child in ended:
                attempt = self._attempts.pop(child)
                if self._went_on(attempt, child):
                    continue
                over.append(attempt.execution)
            if (until is not None and monotonic() >= until) or (self.stopping and not over and not self._attempts):
                break
        return over + self._take_over()

    def _take_over(self) -> list[Execution]:
        failed, self._over_at_once = self._over_at_once, []
        return failed

    def _next_command(self, attempt: "_Attempt") -> None:
        stage = attempt.execution.stage
        if not attempt.commands:
            self._over(attempt, None, 0)
            self._over_at_once.append(attempt.execution)
            return
        text = attempt.commands.popleft()
        environment = {**self._environment, **attempt.variables}
        command = command_of(stage, text, self._root, environment)
        self._watcher.command(text)
        attempt.note(text)
        own_group = self._many or attempt.execution.demand.timeout_s is not None
        try:
            child = self._children.start(command, log=attempt.log, terminal=self._terminal, own_group=own_group)
        except OSError as error:
            self._over(attempt, StageFailed(f"cannot run {stage.label}: {_why(error, command.directory, stage.wdir)}"))
            self._over_at_once.append(attempt.execution)
        else:
            attempt.current = text
            self._attempts[child] = attempt

    def _went_on(self, attempt: "_Attempt", child: Child) -> bool:
        """Take note of a command's end; whether another one of the stage follows."""
        attempt.usage = attempt.usage.plus(child.usage)
        code = child.code or 0
        if code == 0 and not attempt.killed and attempt.commands and not self.stopping:
            self._next_command(attempt)
            return True
        failure = None
        if attempt.killed:
            failure = StageFailed(
                f"timed out after {attempt.execution.demand.timeout_s:g} s: {attempt.current}",
                hint="the limit is `meta.tiffin.timeout` of the stage",
            )
        elif code != 0:
            failure = StageFailed(f"failed to run: {attempt.current}, exited with {code}", hint=ended_by_signal(code))
        elif attempt.commands:
            failure = StageFailed("interrupted")
        self._over(attempt, failure, code)
        return False

    def _over(self, attempt: "_Attempt", failure: StageFailed | None, code: int | None = None) -> None:
        execution = attempt.execution
        if failure is not None:
            stopped = self.stopping and not attempt.killed
            execution.fail(failure, "interrupted" if stopped else "timed out" if attempt.killed else "failed")
        attempt.close()
        self._records.append(
            Record(
                run=self._log.run,
                stage=execution.stage.address,
                attempt=execution.attempt,
                outcome=execution.outcome,
                code=code,
                started=attempt.started,
                ended=self._log.now(),
                cpu_s=attempt.usage.cpu_s,
                peak_memory=attempt.usage.memory,
                host=self._log.host,
                commands=tuple(execution.stage.commands),
                log=self._log.path(execution.stage),
                gpus=execution.gpus,
                reason=failure.message if failure is not None else None,
                final=self.stopping or not execution.may_try_again,
            )
        )

    def _write_records(self) -> None:
        records, self._records = self._records, []
        if records:
            self._log.add(records)

    def _end_overdue(self) -> None:
        for child, attempt in self._attempts.items():
            if attempt.due is not None and monotonic() >= attempt.due:
                child.signal(signal.SIGKILL if attempt.killed else signal.SIGTERM)
                attempt.killed, attempt.due = True, monotonic() + PATIENCE_S

    def _end_all(self) -> None:
        """An error of our own, in the middle of it all."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for child in self._children:
                child.signal(number)
            until = monotonic() + PATIENCE_S
            while len(self._children) and monotonic() < until:
                for child in self._children.wait(until):
                    attempt = self._attempts.pop(child)
                    self._over(attempt, StageFailed("the run ended"), child.code)


class _Attempt:
    """One attempt of one stage."""

    def __init__(self, execution: Execution, log: RunLog) -> None:
        self.execution = execution
        self.commands = deque(execution.stage.commands)
        self.current = ""
        self.log = log.open(execution.stage)
        self.started = log.now()
        self.usage = Usage()
        self.killed = False
        limit = execution.demand.timeout_s
        self.due = None if limit is None else monotonic() + limit
        self.variables = {"CUDA_VISIBLE_DEVICES": ",".join(execution.gpus)} if execution.gpus else {}

    def note(self, text: str) -> None:
        """Write a line of our own into the log."""
        with suppress(OSError):
            os.write(self.log, f"> {text}\n".encode("utf-8", "surrogateescape"))

    def close(self) -> None:
        os.close(self.log)


def _why(error: OSError, directory: str, wdir: str) -> str:
    if not os.path.isdir(directory):
        return f"its directory '{wdir}' does not exist"
    if isinstance(error, FileNotFoundError):
        return f"no shell '{error.filename}'"
    return error.strerror or str(error)
