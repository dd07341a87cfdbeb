"""Linear models and factorisation machines, by the native engine."""

from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import isfinite
from time import perf_counter
from typing import TYPE_CHECKING, Any

from tiffin._native.learning import ChunkDamaged, Learner
from tiffin.errors import ConfigError, FormatError, TrainingError
from tiffin.models import Manifest, Model, count_in, finite_numbers, outputs_of, write_model
from tiffin.train._data import Data, Readable, diverged, errors_of, examples, format_or, names_of, place_of
from tiffin.train._slices import check_slices
from tiffin.train._table_errors import no_memory, table_errors
from tiffin.train._trained import (
    DTYPES,
    STAGES,
    Evaluation,
    Options,
    Pass,
    Progress,
    Slice,
    Slices,
    Trained,
    check_dtype,
    evaluation_of,
    queued_in,
    with_tasks,
)

if TYPE_CHECKING:
    from tiffin.train._examples import Array, Examples

__all__ = ["Sparse", "load", "new", "new_learner"]

MOST_KEYS = 1 << 40  # of an exact table
_SIGHTINGS = "sightings.npy"

# What the native engine calls the scores that it knows.
_KERNELS = {"linear": "linear", "linear + fm": "fm", "linear + ffm": "ffm"}


class Sparse(Trained):
    """A model whose parameters are rows of one table."""

    def __init__(self, model: Model, data_format: str, *, state: bool = True, trained_rows: int = 0) -> None:
        super().__init__(model, data_format, state=state, trained_rows=trained_rows)
        self.learner = new_learner(model)
        self._begun = 0.0  # of the last pass, by the clock of perf_counter
        self._goes_on = False

    def learn(self, data: Data, options: Options, progress: Progress | None = None) -> Pass:
        goes_on, self._goes_on = self._goes_on, False
        if not goes_on:
            self._begun = perf_counter()
        from_cache = self.cache is not None and self.cache.is_there
        with errors_of(data, options.data_format or format_or(data, self.data_format)):
            try:
                self._learn(data, options, progress, goes_on=goes_on)
            except ChunkDamaged:
                from_cache = False
                if self.cache is not None:
                    self.cache.discard()
                self._learn(data, options, progress, goes_on=True)  # the rest of the pass, from text
        totals = self.learner.totals()
        size, features = int(totals["bytes"]), int(totals["features"])
        read_s, parse_s, learn_s, wait_s = self.stages_so_far().values()
        seconds = perf_counter() - self._begun
        queued = queued_in(totals)
        return Pass(self.so_far(), seconds, size, features, read_s, parse_s, learn_s, wait_s, from_cache, queued=queued)

    def _learn(self, data: Data, options: Options, progress: Progress | None, *, goes_on: bool) -> None:
        known = options.data_format or format_or(data, self.data_format)
        # What is skipped is not parsed, and so it cannot be kept.
        found = (
            examples(data, known, self.model, order=self.order)
            if self.cache is None
            else self.cache.rows(whole=not goes_on)
        )
        with found as rows, table_errors(self.model):
            self.learner.run(
                rows,
                threads=options.threads,
                deterministic=options.deterministic,
                max_bad=options.max_bad,
                go_on=goes_on,
                negatives=options.negatives,
                progress=progress,
            )

    def so_far(self) -> Evaluation:
        found = evaluation_of(self.learner.totals(), self.model.loss)
        return with_tasks(found, self.learner.task_totals(), self.model) if self._has_tasks else found

    def stages_so_far(self) -> dict[str, float]:
        totals = self.learner.totals()
        return {stage: totals[f"{stage}_s"] for stage in STAGES}

    @property
    def _has_tasks(self) -> bool:
        return self.outputs > 1 and self.model.loss != "softmax"

    def snapshot(self, directory: str) -> tuple[Manifest, dict[str, Any]]:
        with self._paused():
            manifest = self._write_parts(directory, state=True)
            state = self.learner.pass_state
        return manifest, {**state, "seconds": perf_counter() - self._begun}

    def go_on(self, state: Mapping[str, Any]) -> None:
        self.learner.pass_state = dict(state)
        self._begun = perf_counter() - state["seconds"]
        self._goes_on = True

    @contextmanager
    def _paused(self) -> Iterator[None]:
        """Between two blocks, so that the table and the state of the pass fit each other."""
        try:
            self.learner.pause()  # an interrupt comes right after it, and then it has begun
            yield
        finally:
            self.learner.resume()

    def learn_examples(
        self, examples: "Examples", *, passes: int = 1, threads: int = 0, deterministic: bool = False
    ) -> Evaluation:
        """Learn from arrays, over and over; what the last pass came to, each example before it was learned from."""
        with errors_of(["examples"]), table_errors(self.model):
            for _ in range(passes):
                self.learner.run_matrix(*examples, threads=threads, deterministic=deterministic)
        return self.so_far()

    def predict_examples(self, examples: "Examples", *, scores: bool = False, threads: int = 0) -> "Array":
        """One prediction an example, (n,) float32; (n, outputs) where there are several."""
        begins, keys, values, *_ = examples
        with errors_of(["examples"]), table_errors(self.model):
            found: Array = self.learner.predict_matrix(begins, keys, values, scores=scores, threads=threads)
        return found if self.outputs == 1 else found.reshape(-1, self.outputs)

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
        with (
            errors_of(given, known),
            examples(given, known, self.model, labels=False) as rows,
            table_errors(self.model),
        ):
            self.learner.predict(
                rows,
                lambda part: take(array("f", part)),
                scores=scores,
                threads=threads,
                max_bad=max_bad,
                progress=progress,
            )

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
        with errors_of(given, known), examples(given, known, self.model) as rows, table_errors(self.model):
            self.learner.run(rows, learn=False, threads=threads, max_bad=max_bad, progress=progress)
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
        check_slices(self, most)
        given, known = self._given(data, data_format, threads, max_bad)
        with (
            errors_of(given, known),
            examples(given, known, self.model, by=column) as rows,
            table_errors(self.model),
        ):
            named, others = self.learner.compare(rows, most, threads=threads, max_bad=max_bad, progress=progress)
        return Slices(
            self._whole(given),
            [Slice(value, missed, evaluation_of(figures, self.model.loss)) for value, missed, figures in named],
            evaluation_of(others, self.model.loss) if others["rows"] else None,
        )

    def skipped(self, data: Data) -> list[str]:
        known = format_or(data, self.data_format)
        return [f"{place_of(data, known, file, line)}: {what}" for file, line, _, what in self.learner.bad_rows()]

    @property
    def bad_rows(self) -> int:
        return int(self.learner.totals()["bad_rows"])

    def save(self, directory: str, *, state: bool = True, dtype: str = "float32") -> None:
        kept = state and self.state
        check_dtype(dtype, state=kept)
        write_model(directory, lambda place: self._write_parts(place, state=kept, dtype=dtype))

    def _write_parts(self, directory: str, *, state: bool, dtype: str = "float32") -> Manifest:
        parts = self.write_parts(directory, state=state, dtype=dtype)
        return Manifest(self.model, self.data_format, state, self.trained_rows, parts)

    def write_parts(self, directory: str, *, state: bool, dtype: str = "float32") -> dict[str, Any]:
        """Write the arrays into a directory; what the manifest says of them."""
        try:
            with table_errors(self.model):
                sightings = self.learner.save_sightings(f"{directory}/{_SIGHTINGS}") if state else None
                rows = self.learner.save(directory, state, sightings is not None)
        except OverflowError:
            raise diverged() from None
        except ValueError as error:  # of rows that stay in their files, and are looked through now
            raise FormatError(f"this model is damaged: {error}", path=directory) from error
        if not all(map(isfinite, self.learner.bias)):
            raise diverged()
        parts: dict[str, Any] = {"bias": self.learner.bias, "rows": rows}
        if sightings is not None:
            parts["sightings"] = sightings
        return parts if dtype == "float32" else {**parts, **_narrow(directory, dtype, latent=self.model.k > 0)}

    def read_parts(self, directory: str, parts: Mapping[str, Any], *, mapped: bool = False) -> None:
        """Read what `write_parts` wrote.  Raises FormatError, and ValueError, KeyError, TypeError for strange parts."""
        model = self.model
        bias = finite_numbers(parts, "bias", 3 * self.outputs)
        rows = count_in(parts, "rows", MOST_KEYS if model.table == "exact" else 1 << model.bits)
        dtype = str(parts.get("dtype", DTYPES[0]))
        (scale,) = finite_numbers({"scale": [parts["weights_scale"]]}, "scale", 1) if dtype == "int8" else (1.0,)
        state = self.state and dtype == DTYPES[0]
        sightings = parts.get("sightings") if state else None
        try:
            with table_errors(model):
                if sightings is not None:
                    self.learner.load_sightings(f"{directory}/{_SIGHTINGS}", sightings)
                self.learner.load(
                    directory,
                    rows,
                    state=state,
                    ages=sightings is not None,
                    dtype=dtype,
                    weights_scale=scale,
                    mapped=mapped,
                )
        except ValueError as error:
            raise FormatError(f"this model is damaged: {error}", path=directory) from error
        except OSError as error:
            raise FormatError(f"this model is damaged: {error.strerror}: {error.filename}", path=directory) from error
        self.learner.bias = bias

    def _whole(self, data: Data) -> Evaluation:
        """What the last pass over these data came to.  Raises TrainingError if there was nothing in them."""
        found = self.so_far()
        if found.rows == 0:
            raise TrainingError(f"there is no example in {', '.join(names_of(data))}")
        return found


def _narrow(directory: str, dtype: str, *, latent: bool) -> dict[str, Any]:
    """Write the arrays in fewer bytes; what the manifest says of them."""
    from tiffin.train import _narrow as arrays  # noqa: PLC0415 - it needs NumPy, an extra

    scale = arrays.narrow(f"{directory}/weights.npy", dtype)
    if latent:
        arrays.narrow_rows(f"{directory}/latent.npy", dtype)
    return {"dtype": dtype, **({"weights_scale": scale} if dtype == "int8" else {})}


def new(model: Model, data_format: str) -> Sparse:
    """One that has learned nothing yet.  Raises ConfigError, TrainingError."""
    _kernel(model)
    if "ffm" in model.score and model.fields == 0:
        if data_format != "criteo":
            raise ConfigError(
                f"an ffm model needs to know how many fields there are, and {data_format} files do not say it",
                hint="say it with --set fields=N",
            )
        model = model._replace(fields=39)
    return Sparse(model, data_format)


def load(directory: str, manifest: Manifest, *, mapped: bool = False) -> Sparse:
    """One that was saved.  mapped: its rows stay in their files.

    Raises FormatError, and ValueError, KeyError, TypeError for parts that make no sense.
    """
    model = manifest.model
    if ("fm" in model.score) != (model.k > 0) or ("ffm" in model.score) != (model.fields > 0):
        raise ValueError(f"a score of {model.score} with k={model.k} and fields={model.fields}")
    found = Sparse(model, manifest.data_format, state=manifest.state, trained_rows=manifest.trained_rows)
    found.read_parts(directory, manifest.parts, mapped=mapped)
    return found


def new_learner(model: Model) -> Learner:
    """The native form of a model, empty.

    Raises ConfigError for a score that it cannot add up, TrainingError if there is no memory for its table.
    """
    kernel = _kernel(model)
    latent = (model.latent_optimizer, model.latent_alpha, model.latent_beta, model.latent_l1, model.latent_l2)
    try:
        return Learner(
            kernel,
            model.loss,
            (model.optimizer, model.alpha, model.beta, model.l1, model.l2),
            latent,
            size=model.k,
            fields=model.fields,
            first=model.first,
            seed=model.seed,
            unit_length=model.unit_length,
            heads=outputs_of(model),
            decay=model.decay,
            bits=model.bits,
            exact=model.table == "exact",
            admit=model.admit,
            ttl=model.ttl,
            memory=model.memory,
            spill=model.spill,
        )
    except MemoryError:
        raise no_memory(model) from None


def _kernel(model: Model) -> str:
    if model.score not in _KERNELS:
        raise ConfigError(f"a score of {model.score} cannot be learned", hint=f"there are {', '.join(_KERNELS)}")
    return _KERNELS[model.score]
