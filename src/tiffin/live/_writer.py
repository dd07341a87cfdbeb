"""Everything a run logs on its way to disk: buffered by the caller's thread, written by one thread of its own.

The caller appends to `rows` and, where `armed` is false, calls `arm`: that is all a logged metric costs.
The thread wakes, waits until a second has passed since it last wrote, and writes everything there is.

What must stay true:
- `rows` and `_published` are only appended to by callers and only taken from under `_lock`; append, slice and delete
  are each one atomic operation, so a caller never waits for the disk.
- `armed` is cleared before the rows are taken: a row that is not taken finds it cleared and arms again.
- The thread knows the writer but not the `Live` object, so that a forgotten `Live` can be collected and flushed.
"""

import os
import threading
import time
import warnings
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from tiffin.errors import LiveError, TiffinError, TransferError
from tiffin.live._dvcyaml import Sections, update_dvcyaml
from tiffin.live._files import encode_json, replace_file
from tiffin.live._metric import Metric, Row
from tiffin.live._report import Report, Status
from tiffin.live._vscode import mark_step_completed

__all__ = ["MOST_ROWS", "Published", "Writer"]

INTERVAL_S: Final = 1.0
REPORT_SHARE: Final = 20  # a report that took t seconds to write is not written again for 20 t
MOST_ROWS: Final = 65_536  # waiting rows; past that the caller writes them itself


class Published(NamedTuple):
    """The state after a step: the summary, a copy, and the step that was completed, if any."""

    summary: dict[str, Any]
    step: int | None


class Writer:
    """Writes metric rows, metrics.json, dvc.yaml and the report; from its thread, or at once by `flush`."""

    def __init__(self, *, metrics_file: str, dvc_file: str, signal_file: str | None, report: Report | None) -> None:
        self.rows: list[Row] = []
        self.armed = False
        self.troubled = False  # `raise_failure` has something to say
        self._metrics_file = metrics_file
        self._dvc_file = dvc_file
        self._signal_file = signal_file
        self._report = report
        self._published: deque[Published] = deque(maxlen=1)
        self._summary: Published | None = None  # taken, and not on disk yet
        # All of them, in order: where a new section lands in dvc.yaml depends on those before it.
        self._sections: deque[Sections] = deque()
        self._unwritten: dict[str, Metric] = {}
        self._failure: OSError | TiffinError | None = None
        self._ignored: OSError | TiffinError | None = None
        self._writing = self._again = False
        self._written_at = self._report_at = -INTERVAL_S * 1000
        self._report_cost = 0.0
        self._used = False
        self._thread: threading.Thread | None = None
        # Reentrant: a signal handler may call `end` while the main thread is writing.
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        _writers.add(self)

    def arm(self) -> None:
        """Make sure that what waits is written: now if the last writing is a second ago, else when it is."""
        self.armed = self._used = True
        if self._thread is None or not self._thread.is_alive():
            self._start()
        self._wake.set()

    def publish(self, published: Published) -> None:
        """Have the next writing put this into metrics.json."""
        self._published.append(published)

    def configure(self, sections: Sections) -> None:
        """Have the next writing put these files into dvc.yaml."""
        self._sections.append(sections)

    def flush(self, *, report: Status | None = None) -> None:
        """Write everything that waits, and the report if a status for it is given.

        Raises TransferError where a file could not be written, LiveError where the summary has no JSON form; what
        could be written is written.  Warns where dvc.yaml could not be updated: that must not end a training.
        """
        with self._lock:
            self._used = True
            self._failure = None
            self._write_all()
            if report is not None:
                self._attempt(self._write_report, report)
        self.raise_failure()

    def raise_failure(self) -> None:
        """Raise what stopped the last writing, once; warn where only dvc.yaml could not be updated."""
        self.troubled = False
        ignored, self._ignored = self._ignored, None
        if ignored is not None:
            warnings.warn(f"Live could not update {self._dvc_file}: {ignored}", stacklevel=4)
        failure, self._failure = self._failure, None
        if isinstance(failure, OSError):
            raise TransferError(
                f"cannot write {failure.filename or 'what was logged'}: {failure.strerror or failure}",
                hint="what could not be written is kept and tried again with the next step",
            ) from failure
        if failure is not None:
            raise failure

    def stop(self) -> None:
        """End the thread.  Logging again starts another one."""
        thread, self._thread = self._thread, None
        self._stopping.set()
        self._wake.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        self._stopping = threading.Event()
        self.armed = False

    def close(self) -> None:
        """Write what waits and end the thread; for the end of the process, where nobody can act on a failure."""
        if not self._used:
            return
        self.stop()
        with self._lock:
            self._write_all()
            if self._report is not None and (self._report.running or self._report.changed):
                self._attempt(self._write_report, "finished")

    def after_fork(self) -> None:
        """In the child: what waited is the parent's to write, and its thread and locks are not here."""
        self.rows.clear()
        self._published.clear()
        self._summary = None
        self._sections.clear()
        for metric in self._unwritten.values():
            metric.forget()
        self._unwritten.clear()
        self.armed = self._used = self._writing = False
        self._thread = None
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._stopping = threading.Event()

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, args=(self._wake, self._stopping), name="tiffin-live", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return  # the interpreter is going down: `close` writes the rest
        self._thread = thread

    def _run(self, wake: threading.Event, stopping: threading.Event) -> None:
        while not stopping.is_set():
            wake.wait()
            if stopping.wait(max(0.0, self._written_at + INTERVAL_S - time.monotonic())):
                return
            wake.clear()
            self.armed = False
            # `stop` may be called by a signal handler whose thread holds the lock: then there is nothing to wait for.
            while not self._lock.acquire(timeout=INTERVAL_S / 10):
                if stopping.is_set():
                    return
            try:
                self._write_all()
                self._write_report_when_due()
            finally:
                self._lock.release()

    def _write_all(self) -> None:
        # A signal handler or a collection may come here while this thread is writing: the outer call goes round again.
        self._again = True
        if self._writing:
            return
        self._writing = True
        try:
            while self._again:
                self._again = False
                self._take_summary()
                self._take_rows()
                self._attempt(self._write_rows)
                self._attempt(self._write_summary)
                self._write_sections()
                self._written_at = time.monotonic()
        finally:
            self._writing = False

    def _attempt(self, write: Callable[..., None], *arguments: Any) -> None:
        # A full disk must not end the thread: the failure is raised in the caller's next step, where it can be seen.
        try:
            write(*arguments)
        except (OSError, TiffinError) as error:
            self._failure = self._failure or error
            self.troubled = True

    def _take_summary(self) -> None:
        # Before the rows, which its caller appended earlier: what is on disk never speaks of a step whose rows are not.
        if self._published:
            self._summary = self._published.pop()

    def _take_rows(self) -> None:
        count = len(self.rows)
        batch = self.rows[:count]
        del self.rows[:count]
        for metric, step, value, stamp in batch:
            metric.add(step, value, stamp)
            self._unwritten[metric.name] = metric
        if self._report is not None:
            self._report.add_rows(batch)

    def _write_rows(self) -> None:
        for metric in list(self._unwritten.values()):
            metric.write()
            del self._unwritten[metric.name]

    def _write_summary(self) -> None:
        published = self._summary
        if published is None:
            return
        if self._report is not None:
            self._report.set_summary(published.summary)
        try:
            content = encode_json(published.summary)
        except (TypeError, ValueError) as error:
            self._summary = None
            raise LiveError(f"the summary cannot be stored in {self._metrics_file}: {error}") from None
        replace_file(self._metrics_file, content)
        self._summary = None
        if self._signal_file is not None and published.step is not None:
            mark_step_completed(self._signal_file, published.step)

    def _write_sections(self) -> None:
        while self._sections:
            try:
                update_dvcyaml(self._dvc_file, self._sections.popleft())
            except (OSError, TiffinError) as error:
                self._ignored = error
                self.troubled = True

    def _write_report(self, status: Status) -> None:
        if self._report is None:
            return
        begun = time.monotonic()
        self._report.write(status)
        self._report_at = time.monotonic()
        self._report_cost = self._report_at - begun

    def _write_report_when_due(self) -> None:
        if self._report is None or not self._report.changed:
            return
        pause = max(INTERVAL_S, REPORT_SHARE * self._report_cost)
        if time.monotonic() >= self._report_at + pause:
            self._attempt(self._write_report, "running")
        else:
            self.armed = True
            self._wake.set()


_writers: weakref.WeakSet[Writer] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for writer in list(_writers):
        writer.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
