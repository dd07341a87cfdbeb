"""The contract of all models: what training makes and predicting needs."""
# ruff: noqa: ARG002 - what not every engine can do is refused here, whatever is asked

import os
from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable, Mapping, Sequence
from math import isnan, nan
from typing import Any, NamedTuple

from tiffin.errors import ConfigError, TrainingError
from tiffin.models import Manifest, Model, labels_of, outputs_of
from tiffin.stream import Cache, Order
from tiffin.train._data import Data, Readable, errors_of, format_or, readable

__all__ = [
    "DTYPES",
    "STAGES",
    "Evaluation",
    "Options",
    "Pass",
    "Progress",
    "Slice",
    "Slices",
    "Trained",
    "bottleneck_of",
    "check_bounds",
    "check_dtype",
    "check_negatives",
    "errors_of",
    "evaluation_fields",
    "evaluation_from",
    "evaluation_of",
    "format_or",
    "queued_in",
    "with_tasks",
]

Progress = Callable[[int, int], object]  # told rows and bytes, about twenty times a second

DTYPES = ("float32", "float16", "int8")  # in which numbers may be kept
MOST_THREADS = 4096
LEAST_NEGATIVES = 1e-4  # those that stay weigh its inverse, and with much more one example decides all
STAGES = ("read", "parse", "learn", "wait")
BOUND = 0.5  # from this part of the time on, a stage is what the others wait for


class Evaluation(NamedTuple):
    """How good the predictions for some rows are.  All figures respect weights; None: not known, or without sense.

    loss: mean, in the unit of the model's loss.  Of the logistic loss only: log_loss: the same; auc: where there are
    both labels; base_rate: share of positive labels; pr_auc: area under the curve of precision over recall, as average
    precision; calibration_error: expected calibration error over 15 bins of equal weight; mean_prediction.
    Of softmax only: accuracy: the part whose label is the most probable class.
    tasks: of several labels each, by its name; loss is then the mean over all of them, and rows all rows.
    """

    rows: int
    loss: float
    auc: float | None
    base_rate: float | None
    bad_rows: int
    log_loss: float | None = None
    pr_auc: float | None = None
    calibration_error: float | None = None
    mean_prediction: float | None = None
    accuracy: float | None = None
    tasks: Mapping[str, "Evaluation"] | None = None


class Slice(NamedTuple):
    """The rows that have one value in a column.

    value: "" where the column was empty.  missed: so many of its rows, at most, were counted among the others.
    """

    value: str
    missed: int
    found: Evaluation


class Slices(NamedTuple):
    """Predictions compared with labels by the value of a column.

    whole: all rows.  slices: of the values with most rows, largest first.  others: the rows of all other values; None
    if there are none.
    """

    whole: Evaluation
    slices: list[Slice]
    others: Evaluation | None


class Pass(NamedTuple):
    """One pass over the training data.

    learned: the loss of each row before the model learned from it.  seconds: by the clock.  read_s, parse_s, learn_s,
    wait_s: of all threads together.  from_cache: whether the examples were there already, and only had to be unpacked.
    held_out: what was predicted afterwards, if anything was.  queued: how many parsed blocks, or batches, waited on
    average when one was taken to learn from.
    """

    learned: Evaluation
    seconds: float
    bytes: int
    features: int
    read_s: float
    parse_s: float
    learn_s: float
    wait_s: float
    from_cache: bool = False
    held_out: Evaluation | None = None
    queued: float = 0.0

    @property
    def rows_per_s(self) -> float:
        return self.learned.rows / self.seconds if self.seconds > 0 else 0.0

    @property
    def stages(self) -> dict[str, float]:
        """Seconds of all threads in each."""
        return {"read": self.read_s, "parse": self.parse_s, "learn": self.learn_s, "wait": self.wait_s}

    @property
    def bottleneck(self) -> str:
        """What most of the time went into."""
        return bottleneck_of(self.stages)


def queued_in(totals: Mapping[str, float]) -> float:
    """How many waited on average, of totals that are a sum over all that were taken."""
    return totals["queued"] / totals["taken"] if totals["taken"] else 0.0


def bottleneck_of(stages: Mapping[str, float]) -> str:
    """What most of the time went into, such as "parse-bound 71%".  stages: seconds of all threads in each."""
    name, most = max(stages.items(), key=lambda stage: stage[1])
    if most <= 0:
        return "no work"
    share = most / sum(stages.values())
    return f"{name}-bound {share:.0%}" if share >= BOUND else f"balanced ({name} {share:.0%})"


class Options(NamedTuple):
    """How training goes on.

    threads: 0 for one a processor.  deterministic: the same bits for any number of threads.  max_bad: lines that are no
    examples and may be skipped.  negatives: the part of the negative examples that is learned from, which then have
    their weight divided by it.  valid: held-out files, for models that end a pass when these get no better.

    cache: the directory where parsed examples stay for later runs; with none they stay from pass to pass.
    checkpoint: the directory of what a run that is ended early goes on from; one is written every so many seconds.
    resume: go on from there, if there is anything.
    """

    passes: int = 1
    threads: int = 0
    deterministic: bool = False
    max_bad: int = 0
    data_format: str | None = None
    cache: str | None = None
    checkpoint: str | None = None
    checkpoint_every_s: float = 60.0
    resume: bool = False
    negatives: float = 1.0
    valid: Data = ()


class Trained(ABC):
    """A model that can be asked, saved, and trained further.

    One implementation an engine: what runs the terms of the model's score.  state: whether what further training needs
    is there.
    """

    def __init__(self, model: Model, data_format: str, *, state: bool = True, trained_rows: int = 0) -> None:
        self.model = model
        self.data_format = data_format
        self.state = state
        self.trained_rows = trained_rows
        self.passes: list[Pass] = []
        self.cache: Cache | None = None  # where `learn` finds and keeps parsed examples
        self.order = Order(model.time) if model.time else None  # of the rows that `learn` reads

    @property
    def about(self) -> dict[str, Any]:
        """What it is beside its `model`, as JSON can hold it."""
        return {}

    @property
    def algorithm(self) -> Any:
        """The Algorithm that learns it, and is needed to load it; None: that is tiffin itself."""
        return None

    @property
    def course(self) -> dict[str, Any]:
        """What training depends on beside `model` and `about`, as JSON can hold it."""
        return {}

    @property
    def loss(self) -> str | None:
        """What scores are measured by; None: by losses of its own."""
        return self.model.loss

    @property
    def outputs(self) -> int:
        """How many numbers a prediction has: with softmax, the probability of each class."""
        return outputs_of(self.model)

    @property
    def output_names(self) -> tuple[str, ...]:
        """What they are called: score; score_0 and so on of classes; score_LABEL of several tasks."""
        if self.outputs == 1:
            return ("score",)
        names = labels_of(self.model)
        return tuple(f"score_{name}" for name in (names if len(names) == self.outputs else range(self.outputs)))

    @abstractmethod
    def learn(self, data: Data, options: Options, progress: Progress | None = None) -> Pass:
        """One pass over the data.  Raises FormatError, TrainingError."""

    def so_far(self) -> Evaluation | None:
        """What the pass under way has come to; None if it does not say.  `progress` may call this."""
        return None

    def stages_so_far(self) -> dict[str, float] | None:
        """Seconds of all threads in each stage of the pass under way; None as above."""
        return None

    @property
    def learns_on(self) -> bool:
        """Whether it goes on learning while `progress` is told: other threads do that."""
        return True

    @property
    def has_snapshots(self) -> bool:
        """Whether it can be written down in the middle of a pass: those that can say how."""
        return type(self).snapshot is not Trained.snapshot

    def snapshot(self, directory: str) -> tuple[Manifest, dict[str, Any]]:
        """Write the parts of the model as they are in the middle of a pass: `progress` may call this.

        What it is, and how far the pass is, in what JSON can hold.  Raises OSError.
        """
        raise TrainingError(f"a model whose score is {self.model.score} has no checkpoints")

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Make the next pass the rest of the one in which this snapshot was taken.  Raises ValueError, KeyError."""
        raise TrainingError(f"a model whose score is {self.model.score} has no checkpoints")

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
        """One prediction a row, in order: probabilities, expected counts or values; or scores, such as logits.

        With several `outputs` each row has so many numbers, one after the other.

        Features that the model never saw have no weight.  Lines that are skipped have no prediction.
        Raises FormatError for one too many.
        """
        found = array("f")
        self.predict_each(
            data,
            found.extend,
            scores=scores,
            data_format=data_format,
            threads=threads,
            max_bad=max_bad,
            progress=progress,
        )
        return found

    @abstractmethod
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
        """Hand predictions over as they come, in order: `predict` for files whose predictions need not fit in memory.

        take: is called with one part after the other, from any thread.  An exception of it rises here.
        """

    @abstractmethod
    def evaluate(
        self,
        data: Readable,
        *,
        data_format: str | None = None,
        threads: int = 0,
        max_bad: int = 0,
        progress: Progress | None = None,
    ) -> Evaluation:
        """Compare predictions with the labels of the data, without learning from it."""

    @abstractmethod
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
        """As `evaluate`, and for each of the `most` most frequent values of a column.

        column: as the format calls it (docs/formats/examples.md).  Raises ConfigError where there is no such column,
        UsageError for a model with several scores, or with a loss of its own.
        """

    @abstractmethod
    def skipped(self, data: Data) -> list[str]:
        """The first rows that the last pass over these data skipped, each as place and reason."""

    @property
    @abstractmethod
    def bad_rows(self) -> int:
        """How many lines the last pass skipped."""

    @abstractmethod
    def save(self, directory: str, *, state: bool = True, dtype: str = "float32") -> None:
        """Write the model.

        state: with what further training needs.  dtype: how numbers are kept; in float16 and int8 there is no state.
        Raises TargetError if something is in the way, ConfigError for a dtype that this model does not have.
        """

    def _given(self, data: Readable, data_format: str | None, threads: int, max_bad: int) -> tuple[Data, str]:
        """The data, and their format: as it was said, as names of files say, or as that of training.

        Raises ConfigError, UsageError.
        """
        check_bounds(threads, max_bad)
        given = readable(data)
        return given, data_format or format_or(given, self.data_format)

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle and copy: the files of its directory."""
        from tempfile import TemporaryDirectory  # noqa: PLC0415 - slow to import

        with TemporaryDirectory(prefix="tiffin-") as folder:
            self.save(f"{folder}/model")
            files = {}
            for found in os.scandir(f"{folder}/model"):
                with open(found.path, "rb") as file:
                    files[found.name] = file.read()
            return _from_files, (files, None if self.algorithm is None else type(self.algorithm))


def _from_files(files: dict[str, bytes], algorithm: type[Any] | None = None) -> Trained:
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - slow to import

    from tiffin.train._engines import load  # noqa: PLC0415 - it knows the engines, which are Trained

    with TemporaryDirectory(prefix="tiffin-") as folder:
        for name, body in files.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(body)
        return load(folder, algorithm=algorithm)


def check_dtype(dtype: str, *, state: bool, known: tuple[str, ...] = DTYPES) -> None:
    """Raises ConfigError where a model cannot be kept so."""
    if dtype not in known:
        raise ConfigError(f"numbers of this model are kept as {' or '.join(known)}, found {dtype!r}")
    if dtype != DTYPES[0] and state:
        raise ConfigError(
            f"a model that goes on is kept as {DTYPES[0]}, found {dtype!r}", hint="save it without its state"
        )


def check_bounds(threads: int, max_bad: int) -> None:
    """Raises ConfigError for a number that means nothing."""
    if not 0 <= threads <= MOST_THREADS:
        raise ConfigError(f"threads go from 0, for one a processor, to {MOST_THREADS}, found {threads}")
    if not 0 <= max_bad < 1 << 63:
        raise ConfigError(f"bad lines that may be skipped are counted from 0 on, found {max_bad}")


def check_negatives(part: float, loss: str | None, labels: int = 1) -> None:
    """Raises ConfigError unless this part of the negative examples can stand for all."""
    if part < 1 and labels > 1:
        raise ConfigError(f"of {labels} labels there are no negatives that could be left out")
    if not LEAST_NEGATIVES <= part <= 1:
        raise ConfigError(f"the part of negatives goes from {LEAST_NEGATIVES:g} to 1, found {part:g}")
    if part < 1 and loss != "logistic":
        raise ConfigError(f"the {loss} loss knows no negatives, so none can be left out")


def evaluation_fields(found: Evaluation) -> dict[str, Any]:
    """What is known of it, as JSON can hold it."""
    fields = {name: value for name, value in found._asdict().items() if value is not None}
    if found.tasks is not None:
        fields["tasks"] = {name: evaluation_fields(one) for name, one in found.tasks.items()}
    return fields


def evaluation_from(fields: Mapping[str, Any]) -> Evaluation:
    """The way back."""
    tasks = {name: evaluation_from(one) for name, one in fields.get("tasks", {}).items()}
    return Evaluation(**{"auc": None, "base_rate": None, **fields, "tasks": tasks or None})


def with_tasks(whole: Evaluation, tasks: Sequence[Mapping[str, float]], model: Model) -> Evaluation:
    """The same with what each task came to."""
    if not tasks:
        return whole
    found = {name: evaluation_of(one, model.loss) for name, one in zip(labels_of(model), tasks, strict=True)}
    return whole._replace(
        auc=None, base_rate=None, pr_auc=None, calibration_error=None, mean_prediction=None, tasks=found
    )


def evaluation_of(figures: Mapping[str, float], loss: str) -> Evaluation:
    """What the native module counted; figures: sums, and NaN for what is not known."""
    rows, bad_rows = int(figures["rows"]), int(figures.get("bad_rows", 0))
    weight = figures["weight"]
    mean = figures["loss"] / weight if weight > 0 else nan
    found = Evaluation(rows, mean, None, None, bad_rows)
    if weight <= 0:
        return found
    if loss == "softmax":
        return found._replace(accuracy=figures["correct"] / weight)
    if loss != "logistic":
        return found
    return found._replace(
        auc=_known(figures["auc"]),
        base_rate=figures["positive_weight"] / weight,
        log_loss=mean,
        pr_auc=_known(figures["average_precision"]),
        calibration_error=_known(figures["calibration_error"]),
        mean_prediction=figures["predicted_weight"] / weight,
    )


def _known(value: float) -> float | None:
    return None if isnan(value) else value
