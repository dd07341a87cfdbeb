"""Ctrl-C and its like while commands run: the commands are told to end, and what they finished is kept."""

import os
import signal
import threading
from time import monotonic
from types import FrameType
from typing import Any

from tiffin.pipeline._children import Children

__all__ = ["PATIENCE_S", "Interrupts"]

PATIENCE_S = (10.0, 5.0)  # after SIGINT, then after SIGTERM; then comes SIGKILL
STEPS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Catches signals while commands run.

    One command at a time decides itself what Ctrl-C means, as in DVC: it gets it from the terminal, and how it ends
    counts.  Of several, all are told to end, ever more plainly: at once by a further Ctrl-C, or after a while.
    SIGTERM and SIGHUP end one or many.
    """

    def __init__(self, children: Children, *, many: bool) -> None:
        self._children = children
        self._many = many
        self._step = 0
        self._next_at: float | None = None
        self._came: int | None = None  # the signal to end by
        self._handled = self._noted = 0
        self._before: dict[int, Any] = {}
        self._pipe: tuple[int, int] | None = None
        self._wakeup_before = -1

    @property
    def stopping(self) -> bool:
        """Whether nothing new is to be started."""
        return self._step > 0

    @property
    def due(self) -> float | None:
        """When `act` wants to be called without a new signal, by the monotonic clock."""
        return self._next_at

    def catch(self) -> None:
        """From now on signals are for the commands."""
        if threading.current_thread() is threading.main_thread():
            reading, writing = self._pipe = os.pipe()
            os.set_blocking(reading, False)
            os.set_blocking(writing, False)
            self._wakeup_before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
            self._children.wake_by(reading)
            for number in CAUGHT:
                if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGINT:
                    self._before[number] = signal.signal(number, self._note)

    def release(self) -> None:
        """Signals do what they did before; one that was to end the process ends it now."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._pipe is not None:
            signal.set_wakeup_fd(self._wakeup_before)
            for descriptor in self._pipe:
                os.close(descriptor)
        if self._came is not None and self._came != signal.SIGINT:
            os.kill(os.getpid(), self._came)

    def act(self) -> None:
        """Tell the commands what came, or that time is up."""
        if self._pipe is not None:
            _empty(self._pipe[0])
        while self._handled < self._noted:
            self._handled += 1
            self._escalate()
        if self._next_at is not None and monotonic() >= self._next_at:
            self._escalate()

    def raise_if_stopped(self) -> None:
        """Raises KeyboardInterrupt if the run was to end."""
        if self._step:
            raise KeyboardInterrupt

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGINT:
            self._came = number
        if not len(self._children):
            raise KeyboardInterrupt
        if self._many or number != signal.SIGINT:
            self._noted += 1
            return
        for child in self._children:
            if not child.gets_interrupts:
                child.signal(number)

    def _escalate(self) -> None:
        first = STEPS[0] if self._came in (None, signal.SIGINT) else STEPS[1]
        number = max(STEPS[min(self._step, 2)], first, key=STEPS.index)
        self._step = STEPS.index(number) + 1
        for child in self._children:
            child.signal(number)
        self._next_at = monotonic() + PATIENCE_S[self._step - 1] if self._step <= len(PATIENCE_S) else None


def _empty(descriptor: int) -> None:
    try:
        while os.read(descriptor, 512):
            pass
    except BlockingIOError:
        return
