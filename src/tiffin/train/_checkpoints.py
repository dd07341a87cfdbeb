"""When a run writes checkpoints, and which one it goes on from (docs/formats/checkpoint.md)."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

from tiffin.errors import FormatError, TrainingError, TransferError, UsageError
from tiffin.fs import FileLock, remove_tree
from tiffin.train._checkpoint import UNFINISHED, Checkpoint, normal, read_checkpoint, write_checkpoint
from tiffin.train._trained import Trained

__all__ = ["Checkpoints", "remove_checkpoints"]

NAME = re.compile(r"checkpoint-(\d{6,})")
LOCK = "lock"
KEPT = 2  # the newest may turn out to be damaged
SHARE = 50  # training goes on for so many times as long as the last checkpoint stopped it: 2 % at most


class Checkpoints:
    """Those of one run, in a directory of their own.

    run: what the run was asked for; only one that is asked for the same goes on from them.  every_s: how far apart they
    are at least.  fault: why the last one could not be written.
    """

    def __init__(self, directory: str, run: Mapping[str, Any], every_s: float) -> None:
        self.fault: str | None = None
        self.lock = FileLock(os.path.join(directory, LOCK))
        self._directory = directory
        self._damaged: set[str] = set()  # names of those that `last` passed over
        self._run = normal(run)
        self._every_s = every_s
        self._next = monotonic() + every_s

    def check_none(self) -> None:
        """Raises UsageError if there are any."""
        if _names(self._directory):
            raise UsageError(
                f"there are checkpoints in '{self._directory}'",
                hint="go on from them with --resume, or remove the directory to begin anew",
            )

    def last(self) -> Checkpoint | None:
        """The newest one that is whole; None if there are none.

        Raises FormatError if none is whole, TrainingError if it is of another run.
        """
        fault = None
        for _, name in reversed(_names(self._directory)):
            try:
                found = read_checkpoint(os.path.join(self._directory, name))
            except FormatError as error:
                fault = fault or error
                self._damaged.add(name)
                continue
            self._check(found)
            return found
        if fault is not None:
            raise fault
        return None

    def tick(self, trained: Trained) -> None:
        """Write one if it is time."""
        if monotonic() >= self._next:
            self.write(trained)

    def write(self, trained: Trained) -> None:
        """Write one.  If that cannot be done, the one before is still there, and training goes on."""
        begun = monotonic()
        try:
            paused_s = self._write(trained)
        except (OSError, TransferError) as error:
            what = error.message if isinstance(error, TransferError) else error.strerror or error
            self.fault = f"a checkpoint could not be written: {what}"
            paused_s = monotonic() - begun
        ended = monotonic()
        self._next = ended + max(self._every_s, SHARE * (paused_s if trained.learns_on else ended - begun))

    def _write(self, trained: Trained) -> float:
        """Seconds that its snapshot took."""
        names = _names(self._directory)
        number = names[-1][0] + 1 if names else 1
        paused_s = write_checkpoint(os.path.join(self._directory, f"checkpoint-{number:06d}"), self._run, trained)
        whole = [name for _, name in names if name not in self._damaged]
        for name in [*self._damaged, *whole[: 1 - KEPT]]:
            remove_tree(os.path.join(self._directory, name))
        return paused_s

    def _check(self, found: Checkpoint) -> None:
        for name in {**found.run, **self._run}:
            theirs, ours = found.run.get(name), self._run.get(name)
            if theirs != ours:
                raise TrainingError(
                    f"'{found.directory}' is of another run: its {name} was {theirs}, and here it is {ours}",
                    hint="ask for the same as that run, or remove its checkpoints to begin anew",
                )


def remove_checkpoints(directory: str) -> None:
    """Remove all checkpoints: the model that they led to is kept elsewhere."""
    with suppress(OSError):
        for name in os.listdir(directory):
            if NAME.fullmatch(name.removesuffix(UNFINISHED)):
                remove_tree(os.path.join(directory, name))
        os.unlink(os.path.join(directory, LOCK))
        os.rmdir(directory)  # unless something else is in it


def _names(directory: str) -> list[tuple[int, str]]:
    """Number and name of each, the oldest first."""
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return []
    return sorted((int(match[1]), name) for name in names if (match := NAME.fullmatch(name)))
