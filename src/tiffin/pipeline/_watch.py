"""What a run tells whoever watches it."""

from typing import Protocol

from tiffin.pipeline._stage import Stage

__all__ = ["Silent", "Watcher"]


class Watcher(Protocol):
    """Called from the running thread, in order.  Implementations must not raise."""

    def unchanged(self, stage: Stage) -> None:
        """Nothing changed: the stage is skipped."""
        ...

    def running(self, stage: Stage, log: str | None = None) -> None:
        """The stage's commands are about to run.  log: the file their output goes to, relative to the repository."""
        ...

    def command(self, line: str) -> None:
        """This command runs next (or would, in a dry run)."""
        ...

    def waiting(self) -> float | None:
        """Commands are running; after how many seconds to call again, None for when something happened."""
        ...

    def restored(self, stage: Stage) -> None:
        """The run cache has the results: they are checked out instead."""
        ...

    def verifying(self, stage: Stage) -> None:
        """Data without a command is stored as it is."""
        ...

    def finished(self, stage: Stage) -> None:
        """The stage was reproduced and recorded."""
        ...

    def failed(self, stage: Stage, reason: str, log: str | None, *, again: bool) -> None:
        """An attempt to run the stage failed.  log: its file, from the root; again: another attempt follows."""
        ...

    def warning(self, text: str, hint: str | None = None) -> None:
        """Something to know that does not stop the run."""
        ...


class Silent:
    """Watches and says nothing."""

    def unchanged(self, stage: Stage) -> None: ...
    def running(self, stage: Stage, log: str | None = None) -> None: ...
    def command(self, line: str) -> None: ...
    def waiting(self) -> float | None: ...
    def restored(self, stage: Stage) -> None: ...
    def verifying(self, stage: Stage) -> None: ...
    def finished(self, stage: Stage) -> None: ...
    def failed(self, stage: Stage, reason: str, log: str | None, *, again: bool) -> None: ...
    def warning(self, text: str, hint: str | None = None) -> None: ...
