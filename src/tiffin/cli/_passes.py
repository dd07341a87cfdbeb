"""What `tiffin train` says and keeps pass after pass."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tiffin.cli._training import loss_text, tell_skipped
from tiffin.cli._ui import Ui
from tiffin.errors import FormatError, TargetError
from tiffin.models import read_manifest
from tiffin.train import Counts, Evaluation, Pass, Trained, bottleneck_of, evaluation_fields
from tiffin.train import Data as Examples

if TYPE_CHECKING:
    from tiffin.live import Live

__all__ = ["Asked", "Bar", "Passes", "best_of", "figures_of"]


class Bar(Protocol):
    """What shows how far training is."""

    def __call__(self, files: int, size: int, /) -> None: ...
    def note(self, text: Callable[[], str]) -> None:
        """What to say beside it, made when it is drawn."""

    def hide(self) -> None:
        """Leave the line to others until the next move."""

    def expect_in_all(self, files: int, size: int) -> None:
        """How many there will be, now that it is known better."""


class Asked(NamedTuple):
    """What matters here of what was asked.

    data: what is learned from.  patience: passes in a row that end it when they are no better.  evaluate: predicts the
    held-out files; None: there are none.
    """

    data: Examples
    out: str
    passes: int
    patience: int
    slim: bool
    evaluate: Callable[[Trained], Evaluation] | None


class Passes:
    """With held-out files, the model that does best on them is the one that is kept."""

    def __init__(self, ui: Ui, asked: Asked, bar: Bar, live: "Live | None") -> None:
        self._ui = ui
        self._asked = asked
        self._bar = bar
        self._live = live
        self._begun: float | None = None  # the pass under way
        self._logged = 0  # passes that `live` knows
        self._told = 0  # rows when it was first heard of: a run that is resumed begins with some

    def moved(self, trained: Trained, rows: int, size: int) -> None:
        """In the middle of a pass."""
        if self._begun is None:
            self._begun, self._told = perf_counter(), rows
        rate = (rows - self._told) / max(perf_counter() - self._begun, 1e-9)
        self._bar.note(lambda: f"{rate:,.0f} rows/s, {_so_far(trained)}")
        before = trained.passes
        self._bar(sum(done.learned.rows for done in before) + rows, sum(done.bytes for done in before) + size)

    def after_pass(self, trained: Trained) -> bool:
        """Whether another pass may help."""
        number, done = len(trained.passes), trained.passes[-1]
        self._bar.hide()
        rate = f" ({done.rows_per_s:,.0f} rows/s, {done.bottleneck})"
        self._ui.write(f"pass {number}: {loss_text(done.learned, rate)}")
        if number == 1:
            tell_skipped(self._ui, trained.skipped(self._asked.data))
        self._begun = None
        self._bar.expect_in_all(self._asked.passes * done.learned.rows, self._asked.passes * done.bytes)
        goes_on = True
        if self._asked.evaluate is not None:
            found = self._asked.evaluate(trained)
            self._ui.write(f"held out: {loss_text(found)}")
            best = best_of(trained.passes)
            trained.passes[-1] = done._replace(held_out=found)
            is_best = best_of(trained.passes) == number
            goes_on = number - best_of(trained.passes) < self._asked.patience
            if is_best or not self._has(trained, best):
                trained.save(self._asked.out, state=not self._asked.slim)
            elif not goes_on and number < self._asked.passes:
                self._ui.write(f"no better than after pass {best}, whose model is kept")
        if self._live is not None:
            for earlier in trained.passes[self._logged :]:  # several, once, where a run was resumed
                _log(self._live, earlier)
        self._logged = number
        return goes_on

    def _has(self, trained: Trained, number: int) -> bool:
        """Whether the model that is kept is that of a pass: a run that is resumed may have to begin without it."""
        with suppress(TargetError, FormatError):
            return read_manifest(self._asked.out).trained_rows == _rows_after(trained, number)
        return False


def best_of(passes: Sequence[Pass]) -> int:
    """The number of the pass after which held-out files were predicted best; the last one where there are none."""
    losses = [(done.held_out.loss, number) for number, done in enumerate(passes, 1) if done.held_out is not None]
    return min(losses)[1] if losses else len(passes)


def _rows_after(trained: Trained, number: int) -> int:
    """How many rows the model had learned from after that pass."""
    return trained.trained_rows - sum(done.learned.rows for done in trained.passes[number:])


def figures_of(trained: Trained, counts: Counts | None = None) -> dict[str, Any]:
    """Those of the model that is kept, for metrics.json; and what was counted in all passes."""
    number = best_of(trained.passes)
    done = trained.passes[number - 1]
    found: dict[str, Any] = {
        "rows": _rows_after(trained, number),
        "passes": number,
        "train": {
            **evaluation_fields(done.learned),
            "rows_per_s": done.rows_per_s,
            "bottleneck": done.bottleneck,
            "thread_s": done.stages,
            "queued": done.queued,
        },
    }
    if done.held_out is not None:
        found["valid"] = evaluation_fields(done.held_out)
    if counts is not None and (counted := counts.fields()):
        found["counted"] = counted
    return found


def _so_far(trained: Trained) -> str:
    found, stages = trained.so_far(), trained.stages_so_far()
    if found is None or not found.rows:
        return ""
    auc = "" if found.auc is None else f", AUC {found.auc:.5f}"
    return f"loss {found.loss:.5f}{auc}" + ("" if stages is None else f", {bottleneck_of(stages)}")


def _log(live: "Live", done: Pass) -> None:
    """One step."""
    for name, found in (("train", done.learned), ("valid", done.held_out)):
        if found is None:
            continue
        tasks = {f"{name}/tasks/{task.replace('/', '_')}": one for task, one in (found.tasks or {}).items()}
        for place, one in {name: found, **tasks}.items():
            live.log_metric(f"{place}/loss", one.loss)
            if one.auc is not None:
                live.log_metric(f"{place}/auc", one.auc)
    live.log_metric("train/rows_per_s", done.rows_per_s, plot=False)
    live.next_step()
