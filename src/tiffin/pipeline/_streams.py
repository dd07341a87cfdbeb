"""Where a command's output goes: into its stage's log file, and on to the terminal where one command runs at a time."""

import fcntl
import os
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tiffin.pipeline.surroundings import Terminal

__all__ = ["Stream", "streams"]

CHUNK = 1 << 16


class Stream:
    """What one command writes to one descriptor, copied to another and into the log."""

    def __init__(self, source: int, target: int, log: int) -> None:
        """Takes over `source` and `log`, which are closed at the end."""
        self.source = source
        self._target = target
        self._log = log
        os.set_blocking(source, False)

    def copy(self) -> bool:
        """Copy what is there; False once nothing can come any more."""
        while True:
            try:
                chunk = os.read(self.source, CHUNK)
            except BlockingIOError:
                return True
            except OSError:  # a terminal that nobody writes to any longer
                return False
            if not chunk:
                return False
            _write(self._log, chunk)
            with suppress(OSError):  # whoever read it has gone: the command need not
                _write(self._target, chunk)

    def close(self) -> None:
        os.close(self.source)
        os.close(self._log)


@contextmanager
def streams(log: int, terminal: Terminal | None) -> Iterator[tuple[int, int, list[Stream]]]:
    """The descriptors to start a command with, for its output and its errors, and what has to be copied meanwhile.

    Without a terminal all goes into the log directly.  The descriptors are closed when the command has started.
    """
    if terminal is None:
        yield log, log, []
        return
    made: list[Stream] = []
    ends: list[int] = []
    try:
        # One channel for one place keeps the order of what is written there.
        for target in [terminal.out] if _same_place(*terminal) else [terminal.out, terminal.err]:
            source, end = _channel(target)
            ends.append(end)
            made.append(Stream(source, target, os.dup(log)))
        yield ends[0], ends[-1], made
    except BaseException:
        for stream in made:
            stream.close()
        raise
    finally:
        for end in ends:
            os.close(end)


def _channel(target: int) -> tuple[int, int]:
    """A pipe; before a terminal a terminal, so that programs show there what they show on one."""
    if not os.isatty(target):
        return os.pipe2(os.O_CLOEXEC) if hasattr(os, "pipe2") else os.pipe()
    source, end = os.openpty()
    settings = termios.tcgetattr(end)
    settings[1] &= ~termios.OPOST  # the real terminal does that
    termios.tcsetattr(end, termios.TCSANOW, settings)
    with suppress(OSError):
        fcntl.ioctl(end, termios.TIOCSWINSZ, fcntl.ioctl(target, termios.TIOCGWINSZ, bytes(8)))
    return source, end


def _same_place(one: int, other: int) -> bool:
    here, there = os.fstat(one), os.fstat(other)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            _wait_until_writable(descriptor)


def _wait_until_writable(descriptor: int) -> None:
    from select import select  # noqa: PLC0415 - few terminals refuse to wait

    select([], [descriptor], [])
