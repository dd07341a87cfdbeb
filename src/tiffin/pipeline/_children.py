"""Commands that run, one or many at a time, and what is known of each when it ends."""

import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from time import monotonic
from typing import NamedTuple

from tiffin.pipeline._command import Command
from tiffin.pipeline._streams import Stream, streams
from tiffin.pipeline.surroundings import Terminal

__all__ = ["Child", "Children", "Usage"]

_LONGEST_S = 3600.0  # what the system takes for an answer
_POLL_S = 0.02  # where the system cannot say that a child has ended


class Usage(NamedTuple):
    """What a command used, with all programs it started and waited for.  memory: bytes of the largest of them."""

    cpu_s: float = 0.0
    memory: int = 0

    def plus(self, other: "Usage") -> "Usage":
        """Both, one after the other."""
        return Usage(self.cpu_s + other.cpu_s, max(self.memory, other.memory))


class Child:
    """One command.  code: how it ended, minus the signal that ended it; None while it runs."""

    def __init__(self, process: "subprocess.Popen[bytes]", *, leads: bool) -> None:
        self._process = process
        self._leads = leads
        self._told = False
        self.pid = process.pid
        self.code: int | None = None
        self.usage = Usage()

    def signal(self, number: int) -> None:
        """Send a signal to the command; if it has a group of its own, to all of that, and it ends with the last."""
        self._told = True
        with suppress(ProcessLookupError, PermissionError):
            if self._leads:
                os.killpg(self.pid, number)
            elif self.code is None:
                os.kill(self.pid, number)

    @property
    def gets_interrupts(self) -> bool:
        """Whether Ctrl-C on the terminal reaches it by itself."""
        return not self._leads

    def reap(self) -> bool:
        """Whether it has ended."""
        if self.code is None:
            self._wait()
        # A shell may go at once where the program it started is still saving its work.
        return self.code is not None and not (self._told and self._leads and _group_lives(self.pid))

    def _wait(self) -> None:
        try:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        except ChildProcessError:  # somebody else waited for it
            self._ended(255, Usage())
            return
        if pid:
            unit = 1 if sys.platform == "darwin" else 1024
            used = Usage(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit)
            self._ended(os.waitstatus_to_exitcode(status), used)

    def _ended(self, code: int, usage: Usage) -> None:
        self.code = self._process.returncode = code
        self.usage = usage


class Children:
    """The commands that run now.  Not for use by several threads."""

    def __init__(self) -> None:
        self._running: dict[int, Child] = {}  # descriptor that tells of the end, or minus the pid -> child
        self._streams: dict[int, Stream] = {}
        self._poll = select.poll()
        self._woken_by: int | None = None

    def __len__(self) -> int:
        return len(self._running)

    def __iter__(self) -> Iterator[Child]:
        return iter(list(self._running.values()))

    def wake_by(self, descriptor: int) -> None:
        """`wait` returns when this can be read, too: signals come that way."""
        self._woken_by = descriptor
        self._poll.register(descriptor, select.POLLIN)

    def start(self, command: Command, *, log: int, terminal: Terminal | None, own_group: bool) -> Child:
        """Start a command whose output goes to a log file, and to the terminal.

        own_group: it can be signalled with all it starts, and reads nothing from the terminal.
        Raises FileNotFoundError for a shell or a directory that is not there.
        """
        with streams(log, terminal) as (out, err, copied):

            def run(arguments: list[str]) -> "subprocess.Popen[bytes]":
                return subprocess.Popen(
                    arguments,
                    cwd=command.directory,
                    env=command.environment,
                    stdin=subprocess.DEVNULL if own_group else None,
                    stdout=out,
                    stderr=err,
                    process_group=0 if own_group else None,
                )

            process = _without_shell(run, command.words) or run(command.arguments)
        for stream in copied:
            self._streams[stream.source] = stream
            self._poll.register(stream.source, select.POLLIN)
        child = Child(process, leads=own_group)
        self._running[self._watch(child)] = child
        return child

    def wait(self, until: float | None = None, tick: Callable[[], float | None] | None = None) -> list[Child]:
        """Those that ended, once one has; [] when woken, or when the monotonic clock says `until`.

        tick: called now and then; gives the number of seconds after which it wants to be called again.
        """
        while self._running:
            again = tick() if tick is not None else None
            left = None if until is None else max(0.0, until - monotonic())
            ready = self._ready(min((s for s in (left, again) if s is not None), default=None))
            self._copy(ready)
            ended = self._ended(ready)
            if ended or self._woken_by in ready or (left is not None and monotonic() >= (until or 0)):
                return ended
        return []

    def close(self) -> None:
        """Let go of what still writes to the terminal although its command has ended."""
        for stream in list(self._streams.values()):
            self._drop(stream)

    def _watch(self, child: Child) -> int:
        try:
            descriptor = os.pidfd_open(child.pid)
        except (AttributeError, OSError):  # not on Linux, or an old one
            return -child.pid
        self._poll.register(descriptor, select.POLLIN)
        return descriptor

    def _ready(self, patience_s: float | None) -> set[int]:
        if any(key < 0 for key in self._running):
            patience_s = _POLL_S if patience_s is None else min(_POLL_S, patience_s)
        timeout_ms = None if patience_s is None else min(patience_s, _LONGEST_S) * 1000
        return {descriptor for descriptor, _ in self._poll.poll(timeout_ms)}

    def _copy(self, ready: set[int]) -> None:
        for descriptor in ready & self._streams.keys():
            if not self._streams[descriptor].copy():
                self._drop(self._streams[descriptor])

    def _ended(self, ready: set[int]) -> list[Child]:
        found = []
        for key, child in list(self._running.items()):
            if key not in ready and key >= 0:
                continue
            if child.reap():
                found.append(child)
            if child.code is not None:
                self._unwatch(key)
            if child.code is not None and child not in found:
                self._running[-child.pid] = child  # what is left of its group is asked for now and then
        if found:
            self._copy(set(self._streams))  # its last words
        return found

    def _unwatch(self, key: int) -> None:
        del self._running[key]
        if key >= 0:
            self._poll.unregister(key)
            os.close(key)

    def _drop(self, stream: Stream) -> None:
        self._poll.unregister(stream.source)
        del self._streams[stream.source]
        stream.close()


def _group_lives(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _without_shell(
    run: "Callable[[list[str]], subprocess.Popen[bytes]]", words: list[str] | None
) -> "subprocess.Popen[bytes] | None":
    """None where that cannot be: no program of that name, say, or a script that does not name its interpreter."""
    with suppress(OSError):
        return run(words) if words else None
    return None
