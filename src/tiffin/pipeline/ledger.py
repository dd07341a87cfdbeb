"""What stages gave, on its way to dvc.lock: in the journal at once, settled together now and then."""

from collections.abc import Callable, Sequence

from tiffin.formats import lock
from tiffin.formats.values import LockEntry
from tiffin.index import Workspace
from tiffin.pipeline import ahead
from tiffin.pipeline._project import lock_path
from tiffin.pipeline._stage import Stage
from tiffin.pipeline.ahead import Turns
from tiffin.pipeline.journal import Finished, Journal, digest
from tiffin.pipeline.recording import LockWriter
from tiffin.pipeline.runcache import RunCache

__all__ = ["Ledger"]


class Ledger:
    """Settling waits for the disk once for all stages that finished since, and only then is anything named.

    Objects come before dvc.lock and the run cache, which name them; the journal goes last.
    """

    def __init__(
        self,
        workspace: Workspace,
        turns: Turns,
        *,
        state: str,
        run_cache: RunCache,
        ignore: Callable[[Sequence[str]], None],
    ) -> None:
        self._workspace = workspace
        self._turns = turns
        self._state = state
        self._run_cache = run_cache
        self._ignore = ignore
        self._ahead = ahead.load(state)
        self._locks = LockWriter(workspace.root, turns.rank, self._ahead)
        self._journal = Journal(state)
        self._open: list[tuple[int, Finished, LockEntry]] = []
        self._afterwards: list[Callable[[], None]] = []

    @property
    def written(self) -> dict[str, bool]:
        """The dvc.lock files that were written, and whether each was new."""
        return self._locks.written

    @property
    def due(self) -> float | None:
        """When `settle` should be called, by the monotonic clock; None if all is settled."""
        return self._locks.due

    def add(
        self, stage: Stage, entry: LockEntry, *, remember: bool, afterwards: Callable[[], None] | None = None
    ) -> None:
        """Take what a stage gave.

        remember: whether the run cache is to have it.  afterwards: called once settled.
        """
        kept = [out.path for out in stage.outs if out.entry.cache]
        text = lock.dump_entry(entry)
        finished = Finished(lock_path(stage.file), stage.name or "", digest(stage.lock), text, kept, remember)
        self._journal.add(finished)
        self._locks.add(stage, entry)
        self._open.append((self._turns.rank(finished.lock, finished.stage), finished, entry))
        if afterwards is not None:
            self._afterwards.append(afterwards)

    def settle(self) -> None:
        """Bring all of it to where it belongs."""
        if not self._open:
            return
        self._workspace.sync()
        settled = sorted(self._open, key=lambda item: item[0])
        self._ignore([path for _, finished, _ in settled for path in finished.ignore])
        self._locks.flush()
        self._note_ahead()
        for _, finished, entry in settled:
            if finished.remember:
                self._run_cache.save(entry, finished.entry)
        self._journal.clear()
        self._workspace.flush()
        self._open.clear()
        while self._afterwards:
            self._afterwards.pop()()

    def close(self) -> None:
        """Settle; what cannot be settled stays in the journal."""
        try:
            self.settle()
        finally:
            self._journal.close()

    def _note_ahead(self) -> None:
        early = dict(self._ahead)
        for path, names in self._locks.loose.items():
            found = {name: self._turns.is_ahead(path, name) for name in names}
            before = self._ahead.get(path, ())
            early[path] = [
                name for name, is_ahead in found.items() if is_ahead or (is_ahead is None and name in before)
            ]
        ahead.save(self._state, early)
