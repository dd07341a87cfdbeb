"""Models that learn from all examples at once, in memory."""

from abc import abstractmethod
from array import array
from collections.abc import Callable
from time import perf_counter

from tiffin._native.learning import ChunkDamaged
from tiffin.errors import ConfigError, TrainingError
from tiffin.models import Model
from tiffin.stream import Cache
from tiffin.train._data import Data, Readable, format_or, names_of, place_of
from tiffin.train._examples import Array, Examples, Reading, gathered
from tiffin.train._slices import check_slices, slices_of
from tiffin.train._trained import Evaluation, Options, Pass, Progress, Slices, Trained

__all__ = ["Whole"]


class Whole(Trained):
    """A model that is asked and taught by arrays; files are read into them first."""

    def __init__(self, model: Model, data_format: str, *, state: bool = True, trained_rows: int = 0) -> None:
        super().__init__(model, data_format, state=state, trained_rows=trained_rows)
        self._last: Reading | None = None

    @abstractmethod
    def learn_examples(
        self,
        examples: Examples,
        valid: Examples | None = None,
        *,
        passes: int = 1,
        threads: int = 0,
        deterministic: bool = False,
    ) -> Evaluation:
        """Learn from examples, of which there is at least one.  valid: held-out ones.  What the last pass came to."""

    @abstractmethod
    def predict_examples(self, examples: Examples, *, scores: bool = False, threads: int = 0) -> Array:
        """One prediction an example, (n,) float32; (n, outputs) where there are several."""

    def learn(self, data: Data, options: Options, progress: Progress | None = None) -> Pass:
        if options.negatives < 1:
            raise ConfigError(
                f"a score of {self.model.score} learns from all examples, found negatives={options.negatives:g}"
            )
        begun = perf_counter()
        known = options.data_format or format_or(data, self.data_format)
        valid = None
        if options.valid:
            valid = self._gathered(options.valid, known, options.threads, options.max_bad).examples
        from_cache = self.cache is not None and self.cache.is_there
        try:
            reading = self._gathered(data, known, options.threads, options.max_bad, progress, cache=self.cache)
        except ChunkDamaged:
            from_cache = False
            if self.cache is not None:
                self.cache.discard()
            reading = self._gathered(data, known, options.threads, options.max_bad, progress)
        if not reading.examples.size:
            raise TrainingError(f"there is no example in {', '.join(names_of(data))}")
        read = perf_counter()
        learned = self.learn_examples(
            reading.examples, valid, threads=options.threads, deterministic=options.deterministic
        )
        done = perf_counter()
        return Pass(
            learned._replace(bad_rows=reading.bad_rows),
            done - begun,
            reading.bytes,
            len(reading.examples.keys),
            read_s=0.0,
            parse_s=read - begun,
            learn_s=done - read,
            wait_s=0.0,
            from_cache=from_cache,
        )

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
        given, known = self._given(data, data_format, threads, max_bad)
        examples = self._gathered(given, known, threads, max_bad, progress, labels=False).examples
        take(array("f", self.predict_examples(examples, scores=scores, threads=threads).tobytes()))

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
        return self._compared(given, known, threads, max_bad, progress)[0]

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
        check_slices(self, most)
        given, known = self._given(data, data_format, threads, max_bad)
        whole, scores = self._compared(given, known, threads, max_bad, progress)
        loss = self.model.loss
        return slices_of(self, whole, scores, given, known, column, loss=loss, most=most, max_bad=max_bad)

    def _compared(
        self, data: Data, data_format: str, threads: int, max_bad: int, progress: Progress | None
    ) -> tuple[Evaluation, Array]:
        """How good predictions are, and their scores."""
        reading = self._gathered(data, data_format, threads, max_bad, progress)
        if not reading.examples.size:
            raise TrainingError(f"there is no example in {', '.join(names_of(data))}")
        scores = self.predict_examples(reading.examples, scores=True, threads=threads)
        found = reading.examples.compared(scores, self.model.loss)
        return found._replace(bad_rows=reading.bad_rows), scores

    def skipped(self, data: Data) -> list[str]:
        bad = self._last.bad if self._last is not None else ()
        known = format_or(data, self.data_format)
        return [f"{place_of(data, known, file, line)}: {what}" for file, line, _, what in bad]

    @property
    def bad_rows(self) -> int:
        return self._last.bad_rows if self._last is not None else 0

    def _gathered(
        self,
        data: Data,
        data_format: str,
        threads: int,
        max_bad: int,
        progress: Progress | None = None,
        *,
        labels: bool = True,
        cache: Cache | None = None,
    ) -> Reading:
        found = gathered(
            data,
            data_format,
            self.model,
            labels=labels,
            threads=threads,
            max_bad=max_bad,
            cache=cache,
            progress=progress,
        )
        nothing = found.examples.part(0, 0)
        self._last = found._replace(examples=nothing)  # they are large
        return found
