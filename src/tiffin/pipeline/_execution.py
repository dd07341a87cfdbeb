"""One run of a stage's commands, with its old outputs out of the way."""

import os
from collections.abc import Callable, Mapping

from tiffin.fs import FileLock
from tiffin.index import Workspace
from tiffin.pipeline._aside import Aside
from tiffin.pipeline._command import run_command
from tiffin.pipeline._stage import Stage
from tiffin.pipeline._watch import Watcher
from tiffin.pipeline.rwlock import holding

__all__ = ["Execution"]


class Execution:
    """Runs one stage.

    Old outputs that are stored or committed are removed first; those that are nowhere else are set aside.
    state, lock, environment, committed, watcher: as for Runner.
    """

    def __init__(
        self,
        stage: Stage,
        workspace: Workspace,
        *,
        state: str,
        lock: FileLock,
        environment: Mapping[str, str],
        committed: Callable[[str], bool],
        watcher: Watcher,
    ) -> None:
        self._stage = stage
        self._workspace = workspace
        self._lock = lock
        self._environment = environment
        self._committed = committed
        self._watcher = watcher
        self._shared = os.path.dirname(state)
        self._aside = Aside(workspace.root, state)

    def run(self) -> None:
        """Clear the outputs and run the commands, the repository lock released.

        Raises LockHeld, before anything is touched, if another process is at work on these paths; StageFailed.
        """
        root = self._workspace.root
        outs = [os.path.join(root, out.path) for out in self._stage.outs]
        deps = [os.path.join(root, dep.path) for dep in self._stage.deps]
        with holding(self._shared, f"repro {self._stage.address}", read=deps, write=outs):
            self._clear_outputs()
            self._watcher.running(self._stage)
            for line in self._stage.commands:
                self._watcher.command(line)
                with self._lock.released():
                    run_command(self._stage, line, root, self._environment)

    def name_what_is_aside(self) -> None:
        """The run failed: tell where the old outputs are."""
        for path in self._aside.paths:
            where = self._aside.where(path)
            self._watcher.warning(
                f"the earlier '{path}' is stored nowhere else; it was set aside as '{where}'",
                f"bring it back with `mv {where} {path}`",
            )

    def discard_what_is_aside(self) -> None:
        """The run succeeded: it wrote anew what it was run to replace."""
        self._aside.discard()

    def _clear_outputs(self) -> None:
        workspace = self._workspace
        for out in self._stage.outs:
            at = os.path.join(workspace.root, out.path)
            if not os.path.lexists(at):
                continue
            if out.entry.persist:
                # A linked output shares its bytes with the store: writing through the link would corrupt them.
                workspace.unprotect(out.path)
            elif workspace.saved(out.path) or self._committed(out.path):
                workspace.remove(out.path)
            else:
                self._aside.take(out.path)
            os.makedirs(os.path.dirname(at), exist_ok=True)
        workspace.forget([out.path for out in self._stage.outs])
