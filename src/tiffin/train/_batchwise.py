"""Models that learn a batch at a time, in Python: all of the contract but what happens to one batch."""

import signal
import threading
from abc import abstractmethod
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from tiffin._native.learning import Batch, BatchReader, ChunkDamaged, RowsSource, ScoreTotals
from tiffin.errors import ConfigError, FormatError, TrainingError, UsageError
from tiffin.models import Manifest, Model, count_in, write_model
from tiffin.tables import Floats, LocalTable, Sparse, Table
from tiffin.train._data import Data, Readable, diverged, errors_of, examples, format_or, names_of, place_of
from tiffin.train._narrow import narrow_rows
from tiffin.train._slices import check_slices, slices_of
from tiffin.train._table_errors import table_errors
from tiffin.train._trained import (
    DTYPES,
    STAGES,
    Evaluation,
    Options,
    Pass,
    Progress,
    Slices,
    Trained,
    check_dtype,
    evaluation_of,
    queued_in,
    with_tasks,
)

__all__ = ["Batchwise", "Runner", "Scored"]

_NONE = np.empty(0, np.float32)
_UNREAD = dict.fromkeys(("bad_rows", "bytes", "features", "read_s", "parse_s", "taken", "queued"), 0.0)
_TICK_S = 0.05  # between two words of progress
_LEAST_WIDTH = 8  # of a row whose numbers are kept as bytes


class Scored(NamedTuple):
    """What a batch came to before it was learned from.

    scores (n,), or (n, outputs) where there are several: in the scale of the loss.  losses (n,): those that count where
    the model has none of the known losses.
    """

    scores: Floats
    losses: Floats | None = None


class Runner:
    """What is done with one batch.  Its sparse parameters are tables; how dense ones are kept is its own affair.

    loss: what scores are measured by; None: by the losses that come with them.  outputs: scores of an example.
    """

    def __init__(
        self, tables: dict[str, Sparse], *, loss: str | None, rows: int, fields: int, seed: int, outputs: int = 1
    ) -> None:
        self.tables = {name: self._table(declared, seed + at) for at, (name, declared) in enumerate(tables.items())}
        self.kinds = list(tables.values())
        self.loss = loss
        self.rows = rows
        self.fields = fields
        self.seed = seed
        self.outputs = outputs

    def _table(self, declared: Sparse, seed: int) -> Table:
        """An empty one."""
        return LocalTable(declared, seed)

    @abstractmethod
    def run(self, batch: Batch, seen: int, *, learn: bool) -> Scored:
        """Score a batch, and then learn from it.  seen: examples that were learned from before."""

    def end_pass(self) -> None:
        """All was learned from once."""
        for table in self.tables.values():
            table.end_pass()

    @abstractmethod
    def save_dense(self, directory: str, *, state: bool) -> dict[str, Any]:
        """Write the dense parameters; what `load_dense` needs to know of them.

        Raises OverflowError for numbers beyond all bounds, ConfigError for what no file keeps.
        """

    @abstractmethod
    def load_dense(self, directory: str, parts: Any, *, state: bool) -> None:
        """What was saved.  Raises ValueError, KeyError, TypeError, OSError."""


class Batchwise(Trained):
    """A model that a runner learns."""

    def __init__(
        self, model: Model, data_format: str, runner: Runner, *, state: bool = True, trained_rows: int = 0
    ) -> None:
        super().__init__(model, data_format, state=state, trained_rows=trained_rows)
        self.runner = runner
        self._course = _Course(runner)
        self._begun = 0.0  # of the last pass, by the clock of perf_counter
        self._goes_on = False
        self._is_cut_off = False  # in the middle of a batch, by an interrupt
        self._bad: list[tuple[int, int, int, str]] = []
        self._read: Mapping[str, float] = _UNREAD

    def learn(self, data: Data, options: Options, progress: Progress | None = None) -> Pass:
        goes_on, self._goes_on = self._goes_on, False
        if not goes_on:
            self._begun, self._course = perf_counter(), _Course(self.runner)
        from_cache = self.cache is not None and self.cache.is_there
        try:
            self._learn(data, options, progress)
        except ChunkDamaged:
            from_cache = False
            if self.cache is not None:
                self.cache.discard()
            self._learn(data, options, progress)  # the rest of the pass, from text
        size, features = int(self._read["bytes"]), int(self._read["features"])
        read_s, parse_s, learn_s, wait_s = self.stages_so_far().values()
        seconds = perf_counter() - self._begun
        queued = queued_in(self._read)
        return Pass(self.so_far(), seconds, size, features, read_s, parse_s, learn_s, wait_s, from_cache, queued=queued)

    def _learn(self, data: Data, options: Options, progress: Progress | None) -> None:
        known = options.data_format or format_or(data, self.data_format)
        found = examples(data, known, self.model, order=self.order) if self.cache is None else self.cache.rows()
        with errors_of(data, known), found as rows:
            self._with_batches(
                rows,
                lambda reader: self._go_through(reader, progress),
                threads=options.threads,
                max_bad=options.max_bad,
                negatives=options.negatives,
            )

    def learn_batches(self, found: Iterable[Batch]) -> Evaluation:
        """One pass over batches; each example is scored before it is learned from."""
        self._course = _Course(self.runner)
        self._go_through(found)
        return self.so_far()

    def _go_through(self, found: Iterable[Batch], progress: Progress | None = None) -> None:
        """Learn from the batches that the pass under way has not been through yet."""
        course = self._course
        passed, told = 0, 0.0
        for batch in found:
            passed += len(batch)
            if passed <= course.rows:
                continue
            if passed - len(batch) < course.rows:
                raise TrainingError(
                    "the examples are in other batches than before, so training cannot go on from there"
                )
            begun = perf_counter()
            with self._undivided():
                course.add(self._run(batch, self.trained_rows + course.rows, learn=True), batch)
            now = perf_counter()
            course.seconds += now - begun
            if progress is not None and now - told > _TICK_S:
                told = now
                self._read = found.totals() if isinstance(found, BatchReader) else _UNREAD
                progress(course.rows, int(self._read["bytes"]))
        with self._undivided(), table_errors(*self.runner.kinds):
            if not course.has_ended:
                self.runner.end_pass()
                course.has_ended = True

    def score_batches(self, found: Iterable[Batch], take: Callable[[Floats], object] | None = None) -> Evaluation:
        """Score batches; take: is given the scores of each."""
        self._course = _Course(self.runner)
        for batch in found:
            scored = self._run(batch, self.trained_rows, learn=False)
            self._course.add(scored, batch)
            if take is not None:
                take(scored.scores)
        return self.so_far()

    def _run(self, batch: Batch, seen: int, *, learn: bool) -> Scored:
        with table_errors(*self.runner.kinds):
            scored = self.runner.run(batch, seen, learn=learn)
        if not np.isfinite(scored.scores).all():
            raise TrainingError(
                f"the scores grew beyond all numbers in one of the examples up to {self._course.rows + len(batch):,}",
                hint="learn more slowly with a smaller alpha, or bring the values of features nearer to 1",
            )
        return scored

    @contextmanager
    def _undivided(self) -> Iterator[None]:
        """An interrupt comes after this, so that all parts of the model are of the same batch.

        But a second one comes at once.
        """
        came: list[int] = []

        def note(number: int, frame: FrameType | None) -> None:
            came.append(number)
            if len(came) > 1:
                signal.default_int_handler(number, frame)

        is_kept_back = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if is_kept_back:
            signal.signal(signal.SIGINT, note)
        self._is_cut_off = True
        try:
            yield
            self._is_cut_off = False
        finally:
            if is_kept_back:
                signal.signal(signal.SIGINT, signal.default_int_handler)
        if came:
            raise KeyboardInterrupt

    @property
    def outputs(self) -> int:
        return self.runner.outputs

    @property
    def loss(self) -> str | None:
        return self.runner.loss

    @property
    def course(self) -> dict[str, Any]:
        runner = self.runner
        return {"loss": runner.loss, "examples of a batch": runner.rows, "seed": runner.seed, "outputs": runner.outputs}

    def so_far(self) -> Evaluation:
        return self._course.evaluation(self.bad_rows, self.model)

    def stages_so_far(self) -> dict[str, float]:
        # Threads that parse wait until there is room: learning is what they wait for, and is counted.
        found = (self._read["read_s"], self._read["parse_s"], self._course.seconds, 0.0)
        return dict(zip(STAGES, found, strict=True))

    @property
    def learns_on(self) -> bool:
        return False

    def snapshot(self, directory: str) -> tuple[Manifest, dict[str, Any]]:
        if self._is_cut_off:
            raise InterruptedError("a batch was cut off")
        manifest = self._write_parts(directory, state=True)
        return manifest, {**self._course.state, "seconds": perf_counter() - self._begun}

    def go_on(self, state: Mapping[str, Any]) -> None:
        self._course.state = state
        self._begun = perf_counter() - state["seconds"]
        self._goes_on = True

    def predict_each(
        self,
        data: Readable,
        take: Callable[["array[float]"], object],
        *,
        scores: bool = False,
        data_format: str | None = None,
        threads: int = 0,
        max_bad: int = 0,
        progress: Progress | None = None,
    ) -> None:
        def hand_over(found: Floats) -> None:
            take(array("f", (found if scores else self.means(found)).tobytes()))

        given, known = self._given(data, data_format, threads, max_bad)
        self._score(given, known, threads, max_bad, progress, take=hand_over, labels=False)

    def evaluate(
        self,
        data: Readable,
        *,
        data_format: str | None = None,
        threads: int = 0,
        max_bad: int = 0,
        progress: Progress | None = None,
    ) -> Evaluation:
        given, known = self._given(data, data_format, threads, max_bad)
        self._score(given, known, threads, max_bad, progress)
        return self._whole(given)

    def evaluate_by(
        self,
        data: Readable,
        column: str,
        *,
        most: int = 20,
        data_format: str | None = None,
        threads: int = 0,
        max_bad: int = 0,
        progress: Progress | None = None,
    ) -> Slices:
        loss = self.runner.loss
        if loss is None:
            raise UsageError("a model with a loss of its own cannot be evaluated by column")
        check_slices(self, most)
        given, known = self._given(data, data_format, threads, max_bad)
        parts = [_NONE]
        self._score(given, known, threads, max_bad, progress, take=parts.append)
        whole, scores = self._whole(given), np.concatenate(parts)
        fields = self.runner.fields
        return slices_of(
            self, whole, scores, given, known, column, loss=loss, most=most, fields=fields, max_bad=max_bad
        )

    def _whole(self, data: Data) -> Evaluation:
        """What the last pass over these data came to.  Raises TrainingError if there was nothing in them."""
        found = self.so_far()
        if found.rows == 0:
            raise TrainingError(f"there is no example in {', '.join(names_of(data))}")
        return found

    def skipped(self, data: Data) -> list[str]:
        known = format_or(data, self.data_format)
        return [f"{place_of(data, known, file, line)}: {what}" for file, line, _, what in self._bad]

    @property
    def bad_rows(self) -> int:
        return int(self._read["bad_rows"])

    def save(self, directory: str, *, state: bool = True, dtype: str = "float32") -> None:
        kept = state and self.state
        check_dtype(dtype, state=kept)
        write_model(directory, lambda place: self._write_parts(place, state=kept, dtype=dtype))

    def _write_parts(self, directory: str, *, state: bool, dtype: str = "float32") -> Manifest:
        tables, sightings = {}, {}
        try:
            with table_errors(*self.runner.kinds):
                for name, table in self.runner.tables.items():
                    tables[name] = table.save(directory, f"table_{name}", state=state)
                    if state and (found := table.save_sightings(directory, f"table_{name}")) is not None:
                        sightings[name] = found
            dense = self.runner.save_dense(directory, state=state)
        except OverflowError:
            raise diverged() from None
        except ValueError as error:  # of rows that stay in their files, and are looked through now
            raise FormatError(f"this model is damaged: {error}", path=directory) from error
        parts = {**self.about, "tables": tables, "dense": dense}
        if sightings:
            parts["sightings"] = sightings
        if dtype != DTYPES[0]:
            for name in tables:
                if f"{name}_scale" in tables:
                    raise ConfigError(
                        f"with a table '{name}' and one '{name}_scale' numbers are kept as float32", hint="rename one"
                    )
            parts["dtypes"] = {name: _narrowed(dtype, table) for name, table in self.runner.tables.items()}
            for name, its in parts["dtypes"].items():
                narrow_rows(f"{directory}/table_{name}.npy", its)
        return Manifest(self.model, self.data_format, state, self.trained_rows, parts)

    def read(self, directory: str, parts: Any, *, mapped: bool = False) -> None:
        """What was saved.  mapped: rows stay in their files.

        Raises FormatError; ValueError, KeyError, TypeError for parts that make no sense.
        """
        counts = {name: count_in(parts["tables"], name, 1 << 40) for name in self.runner.tables}
        try:
            with table_errors(*self.runner.kinds):
                sightings = parts.get("sightings", {}) if self.state else {}
                dtypes = parts.get("dtypes", {})
                if not isinstance(sightings, Mapping) or not isinstance(dtypes, Mapping):
                    raise TypeError("'sightings' or 'dtypes' is no mapping")
                for name, table in self.runner.tables.items():
                    place, found = f"table_{name}", sightings.get(name)
                    if found is not None:
                        table.load_sightings(directory, place, found)
                    table.load(
                        directory,
                        place,
                        counts[name],
                        state=self.state,
                        ages=found is not None,
                        dtype=str(dtypes.get(name, DTYPES[0])),
                        mapped=mapped,
                    )
            self.runner.load_dense(directory, parts["dense"], state=self.state)
        except ValueError as error:
            raise FormatError(f"this model is damaged: {error}", path=directory) from error
        except OSError as error:
            raise FormatError(f"this model is damaged: {error.strerror}: {error.filename}", path=directory) from error

    def means(self, scores: Floats) -> Floats:
        """The predictions that scores stand for."""
        loss = self.runner.loss
        found: Floats = scores if loss is None else ScoreTotals(loss, self.runner.outputs).means(scores.reshape(-1))
        return found.reshape(scores.shape)

    def _score(
        self,
        data: Data,
        data_format: str,
        threads: int,
        max_bad: int,
        progress: Progress | None,
        *,
        take: Callable[[Floats], object] | None = None,
        labels: bool = True,
    ) -> None:
        def told(reader: BatchReader) -> Iterator[Batch]:
            rows = 0
            for batch in reader:
                yield batch
                rows += len(batch)
                if progress is not None:
                    progress(rows, int(reader.totals()["bytes"]))

        with errors_of(data, data_format), examples(data, data_format, self.model, labels=labels) as found:
            self._with_batches(
                found,
                lambda reader: self.score_batches(told(reader), take),
                labels=labels,
                threads=threads,
                max_bad=max_bad,
            )

    def _with_batches(
        self,
        rows: RowsSource,
        work: Callable[[BatchReader], object],
        *,
        labels: bool = True,
        threads: int,
        max_bad: int,
        negatives: float = 1.0,
    ) -> None:
        runner = self.runner
        reader = BatchReader(
            rows,
            rows=runner.rows,
            labels=runner.loss if labels else None,
            outputs=runner.outputs,
            fields=runner.fields,
            threads=threads,
            max_bad=max_bad,
            negatives=negatives,
            seed=runner.seed,
        )
        try:
            work(reader)
            self._bad, self._read = reader.bad_rows(), reader.totals()
        finally:
            reader.close()


def _narrowed(dtype: str, table: Table) -> str:
    """How the numbers of a table are kept: with few of them the scale of a row would take more than it saves."""
    return "float16" if table.width < _LEAST_WIDTH else dtype


class _Course:
    """How far a pass is: the examples it has been through, how good their scores are, and how long that took.

    has_ended: whether it has been through all.
    """

    def __init__(self, runner: Runner) -> None:
        self.rows = 0
        self.seconds = 0.0
        self.has_ended = False
        self._loss = runner.loss
        self._tasks = 1 if runner.loss == "softmax" else runner.outputs
        self._native = ScoreTotals(runner.loss or "logistic", runner.outputs)
        self._weight, self._sum = 0.0, 0.0  # of losses that came with the scores

    def add(self, scored: Scored, batch: Batch) -> None:
        weights = batch.weights
        self.rows += len(batch)
        if batch.tasks == self._tasks:  # else labels were not asked for
            self._native.add(scored.scores.reshape(-1), batch.labels, _NONE if weights is None else weights)
        if self._loss is None and scored.losses is not None:
            self._weight += float(len(batch) if weights is None else weights.sum())
            self._sum += float((scored.losses if weights is None else scored.losses * weights).sum(dtype=np.float64))

    def evaluation(self, bad_rows: int, model: Model) -> Evaluation:
        totals = {**self._native.totals(), "bad_rows": bad_rows}
        found = evaluation_of(totals, self._loss or "logistic")
        if self._loss is not None:
            return with_tasks(found, self._native.task_totals(), model)
        loss = self._sum / self._weight if self._weight > 0 else float("nan")
        return found._replace(rows=self.rows, loss=loss, base_rate=None)

    @property
    def state(self) -> Mapping[str, Any]:
        """As JSON can hold it."""
        return {
            "rows": self.rows,
            "learn_s": self.seconds,
            "has_ended": self.has_ended,
            "losses": [self._weight, self._sum],
            "totals": self._native.state,
        }

    @state.setter
    def state(self, state: Mapping[str, Any]) -> None:
        self.rows, self.seconds, self.has_ended = int(state["rows"]), float(state["learn_s"]), bool(state["has_ended"])
        self._weight, self._sum = map(float, state["losses"])
        self._native.state = dict(state["totals"])
