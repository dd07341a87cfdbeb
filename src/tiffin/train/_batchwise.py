"""Models that learn a batch at a time, in Python: all of the contract but what happens to one batch."""

from abc import abstractmethod
from array import array
from collections.abc import Iterable
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from tiffin._native.learning import Batch, BatchReader, ScoreTotals
from tiffin.errors import FormatError, TrainingError
from tiffin.models import Manifest, Model, count_in, write_model
from tiffin.tables import Floats, LocalTable, Sparse
from tiffin.train._data import Data, Readable, errors_of, examples, format_or, names_of, place_of
from tiffin.train._trained import (
    DTYPES,
    Evaluation,
    Options,
    Pass,
    Progress,
    Trained,
    check_dtype,
    evaluation_of,
)

__all__ = ["Batchwise", "Runner", "Scored"]

_NONE = np.empty(0, np.float32)
_TICK_S = 0.05  # between two words of progress


class Scored(NamedTuple):
    """What a batch came to before it was learned from.

    scores (n,): in the scale of the loss.  losses (n,): those that count where the model has none of the known losses.
    """

    scores: Floats
    losses: Floats | None = None


class Runner:
    """What is done with one batch.  Its sparse parameters are tables; how dense ones are kept is its own affair.

    loss: what scores are measured by; None: by the losses that come with them.
    """

    def __init__(self, tables: dict[str, Sparse], *, loss: str | None, rows: int, fields: int, seed: int) -> None:
        self.tables = {name: LocalTable(declared, seed + at) for at, (name, declared) in enumerate(tables.items())}
        self.loss = loss
        self.rows = rows
        self.fields = fields

    @abstractmethod
    def run(self, batch: Batch, seen: int, *, learn: bool) -> Scored:
        """Score a batch, and then learn from it.  seen: examples that were learned from before."""

    @abstractmethod
    def save_dense(self, directory: str, *, state: bool) -> dict[str, Any]:
        """Write the dense parameters; what `load_dense` needs to know of them."""

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
        self._totals = _Totals(runner.loss)
        self._bad: list[tuple[int, int, int, str]] = []
        self._read: dict[str, float] = {"bad_rows": 0}

    def learn(self, data: Data, options: Options, progress: Progress | None = None) -> Pass:
        if options.checkpoint is not None:
            raise TrainingError(f"a model whose score is {self.model.score} has no checkpoints")
        if options.negatives < 1:
            raise TrainingError(f"a model whose score is {self.model.score} learns from all negatives")
        begun = perf_counter()
        known = options.data_format or format_or(data, self.data_format)
        self._over(data, known, options.threads, options.max_bad, progress, learn=True)
        seconds = perf_counter() - begun
        return Pass(
            self._evaluation(),
            seconds,
            int(self._read["bytes"]),
            int(self._read["features"]),
            self._read["read_s"],
            self._read["parse_s"],
            self._totals.seconds,
            0.0,
        )

    def predict(
        self,
        data: Readable,
        *,
        scores: bool = False,
        data_format: str | None = None,
        threads: int = 0,
        max_bad: int = 0,
        progress: Progress | None = None,
    ) -> "array[float]":
        given, known = self._given(data, data_format, threads, max_bad)
        found = self._over(given, known, threads, max_bad, progress, labels=False)
        return array("f", (found if scores else self.means(found)).tobytes())

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
        self._over(given, known, threads, max_bad, progress)
        found = self._evaluation()
        if found.rows == 0:
            raise TrainingError(f"there is no example in {', '.join(names_of(given))}")
        return found

    def skipped(self, data: Data) -> list[str]:
        known = format_or(data, self.data_format)
        return [f"{place_of(data, known, file, line)}: {what}" for file, line, _, what in self._bad]

    @property
    def bad_rows(self) -> int:
        return int(self._read["bad_rows"])

    def save(self, directory: str, *, state: bool = True, dtype: str = "float32") -> None:
        check_dtype(dtype, state=False, known=DTYPES[:1])
        kept = state and self.state

        def write_parts(place: str) -> Manifest:
            tables = {
                name: table.save(place, f"table_{name}", state=kept) for name, table in self.runner.tables.items()
            }
            parts = {**self.parts(), "tables": tables, "dense": self.runner.save_dense(place, state=kept)}
            return Manifest(self.model, self.data_format, kept, self.trained_rows, parts)

        write_model(directory, write_parts)

    def read(self, directory: str, parts: Any) -> None:
        """What was saved.  Raises FormatError; ValueError, KeyError, TypeError for parts that make no sense."""
        counts = {name: count_in(parts["tables"], name, 1 << 32) for name in self.runner.tables}
        try:
            for name, table in self.runner.tables.items():
                table.load(directory, f"table_{name}", counts[name], state=self.state)
            self.runner.load_dense(directory, parts["dense"], state=self.state)
        except ValueError as error:
            raise FormatError(f"this model is damaged: {error}", path=directory) from error
        except OSError as error:
            raise FormatError(f"this model is damaged: {error.strerror}: {error.filename}", path=directory) from error

    def parts(self) -> dict[str, Any]:
        """What the manifest says beside tables and dense parameters."""
        return {}

    def over(self, found: Iterable[Batch], *, learn: bool = False, progress: Progress | None = None) -> Floats:
        """Go over batches; the scores of all of them, but where it is learned from them."""
        self._totals = _Totals(self.runner.loss)
        rows, told = 0, 0.0
        scores = []
        for batch in found:
            begun = perf_counter()
            scored = self.runner.run(batch, self.trained_rows + rows, learn=learn)
            rows += len(batch)
            if not np.isfinite(scored.scores).all():
                raise TrainingError(
                    f"the scores grew beyond all numbers in one of the examples up to {rows:,}",
                    hint="learn more slowly with a smaller alpha, or bring the values of features nearer to 1",
                )
            self._totals.add(scored, batch)
            if not learn:
                scores.append(scored.scores)
            now = perf_counter()
            self._totals.seconds += now - begun
            if progress is not None and now - told > _TICK_S:
                told = now
                progress(rows, int(found.totals()["bytes"]) if isinstance(found, BatchReader) else 0)
        return np.concatenate([_NONE, *scores])

    def means(self, scores: Floats) -> Floats:
        """The predictions that scores stand for."""
        return scores if self.runner.loss is None else ScoreTotals(self.runner.loss).means(scores)

    def _over(
        self,
        data: Data,
        data_format: str,
        threads: int,
        max_bad: int,
        progress: Progress | None,
        *,
        learn: bool = False,
        labels: bool = True,
    ) -> Floats:
        order = self.order if learn else None
        with errors_of(data, data_format), examples(data, data_format, self.model, labels=labels, order=order) as rows:
            found = BatchReader(
                rows,
                rows=self.runner.rows,
                labels=self.runner.loss if labels else None,
                fields=self.runner.fields,
                threads=threads,
                max_bad=max_bad,
            )
            try:
                scores = self.over(found, learn=learn, progress=progress)
                self._bad, self._read = found.bad_rows(), found.totals()
            finally:
                found.close()
        return scores

    def _evaluation(self) -> Evaluation:
        return self._totals.evaluation(self.bad_rows)


class _Totals:
    """How good the scores of a pass are, and how long it took to compute them."""

    def __init__(self, loss: str | None) -> None:
        self.seconds = 0.0
        self._loss = loss
        self._native = ScoreTotals(loss or "logistic")
        self._rows, self._weight, self._sum = 0, 0.0, 0.0  # of losses that came with the scores

    def add(self, scored: Scored, batch: Batch) -> None:
        weights = batch.weights
        self._native.add(scored.scores, batch.labels, _NONE if weights is None else weights)
        if self._loss is None and scored.losses is not None:
            self._rows += len(batch)
            self._weight += float(len(batch) if weights is None else weights.sum())
            self._sum += float((scored.losses if weights is None else scored.losses * weights).sum(dtype=np.float64))

    def evaluation(self, bad_rows: int) -> Evaluation:
        totals = {**self._native.totals(), "bad_rows": bad_rows}
        found = evaluation_of(totals, self._loss or "logistic")
        if self._loss is not None:
            return found
        loss = self._sum / self._weight if self._weight > 0 else float("nan")
        return found._replace(rows=self._rows, loss=loss, base_rate=None)
