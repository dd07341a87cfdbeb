"""A model with its table in memory: what training makes and predicting needs."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tiffin._native.learning import BadRows, Diverged, Learner
from tiffin.errors import ConfigError, FormatError, TrainingError, UsageError
from tiffin.models import Manifest, Model, read_manifest, write_model
from tiffin.stream import FORMATS, format_of, opened

__all__ = [
    "Evaluation",
    "Pass",
    "Progress",
    "Trained",
    "check_bounds",
    "errors_of",
    "evaluation_of",
    "format_or",
    "load",
    "new_learner",
]

Progress = Callable[[int, int], object]  # told rows and bytes, about twenty times a second

MOST_THREADS = 4096
BOUND = 0.5  # from this part of the time on, a stage is what the others wait for


class Evaluation(NamedTuple):
    """How good the predictions for some rows are.

    loss: mean, weighted, in the unit of the model's loss.  auc: of the logistic loss, where there are both labels.
    """

    rows: int
    loss: float
    auc: float | None
    mean_label: float | None
    bad_rows: int


class Pass(NamedTuple):
    """One pass over the training data.

    learned: the loss of each row before the model learned from it.  seconds: by the clock.  read_s, parse_s, learn_s,
    wait_s: of all threads together.
    """

    learned: Evaluation
    seconds: float
    bytes: int
    features: int
    read_s: float
    parse_s: float
    learn_s: float
    wait_s: float

    @property
    def rows_per_s(self) -> float:
        return self.learned.rows / self.seconds if self.seconds > 0 else 0.0

    @property
    def bottleneck(self) -> str:
        """What most of the time went into, such as "parse-bound 71 %"."""
        parts = {"read": self.read_s, "parse": self.parse_s, "learn": self.learn_s, "wait": self.wait_s}
        whole = sum(parts.values())
        name, most = max(parts.items(), key=lambda part: part[1])
        if whole <= 0:
            return "no work"
        share = most / whole
        return f"{name}-bound {share:.0%}" if share >= BOUND else f"balanced ({name} {share:.0%})"


class Trained:
    """A model that can be asked, saved, and trained further."""

    def __init__(self, model: Model, learner: Learner, data_format: str, *, state: bool, trained_rows: int = 0) -> None:
        self.model = model
        self.learner = learner
        self.data_format = data_format
        self.state = state  # whether the optimisers' state is there
        self.trained_rows = trained_rows
        self.passes: list[Pass] = []

    def predict(
        self,
        paths: Sequence[str],
        *,
        scores: bool = False,
        data_format: str | None = None,
        threads: int = 0,
        max_bad: int = 0,
        progress: Progress | None = None,
    ) -> "array[float]":
        """One prediction a row, in order: probabilities, expected counts or values; or scores, such as logits.

        Features that the model never saw have no weight.  Lines that are skipped have no prediction.
        Raises FormatError for one too many.
        """
        known = data_format or format_or(paths, self.data_format)
        check_bounds(threads, max_bad)
        with errors_of(paths), opened(paths) as source:
            found = self.learner.predict(
                source, known, scores=scores, threads=threads, max_bad=max_bad, progress=progress
            )
        return array("f", found)

    def evaluate(
        self,
        paths: Sequence[str],
        *,
        data_format: str | None = None,
        threads: int = 0,
        max_bad: int = 0,
        progress: Progress | None = None,
    ) -> Evaluation:
        """Compare predictions with the labels of the data, without learning from it."""
        known = data_format or format_or(paths, self.data_format)
        check_bounds(threads, max_bad)
        with errors_of(paths), opened(paths) as source:
            self.learner.run(source, known, learn=False, threads=threads, max_bad=max_bad, progress=progress)
        found = evaluation_of(self.learner, self.model)
        if found.rows == 0:
            raise TrainingError(f"there is no example in {', '.join(paths)}")
        return found

    def skipped(self, paths: Sequence[str]) -> list[str]:
        """The first lines that the last pass over these files skipped, each as place and reason."""
        return [f"{paths[file]}:{line}: {what}" for file, line, _, what in self.learner.bad_rows()]

    def save(self, directory: str, *, state: bool = True) -> None:
        """Write the model; state: with what further training needs.  Raises TargetError if something is in the way."""
        kept = state and self.state
        write_model(
            directory,
            lambda place: self.learner.save(place, kept),
            lambda rows: Manifest(self.model, self.data_format, self.learner.bias, rows, kept, self.trained_rows),
        )

    def __reduce__(self) -> tuple[Callable[[dict[str, bytes]], "Trained"], tuple[dict[str, bytes]]]:
        """For pickle and copy: the files of its directory."""
        with TemporaryDirectory(prefix="tiffin-") as folder:
            self.save(f"{folder}/model")
            return _from_files, ({file.name: file.read_bytes() for file in Path(folder, "model").iterdir()},)


def _from_files(files: dict[str, bytes]) -> Trained:
    with TemporaryDirectory(prefix="tiffin-") as folder:
        for name, body in files.items():
            Path(folder, name).write_bytes(body)
        return load(folder)


def load(directory: str) -> Trained:
    """A model from its directory.  Raises TargetError if there is none, FormatError if it is damaged."""
    manifest = read_manifest(directory)
    learner = new_learner(manifest.model)
    try:
        learner.load(directory, manifest.rows, manifest.state)
    except ValueError as error:
        raise FormatError(f"this model is damaged: {error}", path=directory) from error
    except OSError as error:
        raise FormatError(f"this model is damaged: {error.strerror}: {error.filename}", path=directory) from error
    learner.bias = manifest.bias
    return Trained(
        manifest.model, learner, manifest.data_format, state=manifest.state, trained_rows=manifest.trained_rows
    )


def new_learner(model: Model) -> Learner:
    """The native form of a model, empty.  Raises TrainingError if there is no memory for its table."""
    latent = (model.latent_optimizer, model.latent_alpha, model.latent_beta, model.latent_l1, model.latent_l2)
    try:
        return Learner(
            model.score,
            model.loss,
            (model.optimizer, model.alpha, model.beta, model.l1, model.l2),
            latent,
            size=model.k,
            fields=model.fields,
            first=model.first,
            seed=model.seed,
            unit_length=model.unit_length,
            bits=model.bits,
        )
    except MemoryError:
        raise TrainingError(
            f"there is no memory for a table of 2^{model.bits} rows", hint="set fewer bits, such as bits=22"
        ) from None


def format_or(paths: Sequence[str], known: str) -> str:
    """The format that the names of files say, or else the one that is known.  Raises UsageError."""
    try:
        return format_of(paths)
    except UsageError:
        if known not in FORMATS:
            raise
        return known


def check_bounds(threads: int, max_bad: int) -> None:
    """Raises ConfigError for a number that means nothing."""
    if not 0 <= threads <= MOST_THREADS:
        raise ConfigError(f"threads go from 0, for one a processor, to {MOST_THREADS}, found {threads}")
    if not 0 <= max_bad < 1 << 63:
        raise ConfigError(f"bad lines that may be skipped are counted from 0 on, found {max_bad}")


def evaluation_of(learner: Learner, model: Model) -> Evaluation:
    """What the last pass came to."""
    totals = learner.totals()
    weight = totals["weight"]
    is_logistic = model.loss == "logistic"
    auc = totals["auc"]
    return Evaluation(
        int(totals["rows"]),
        totals["loss"] / weight if weight > 0 else float("nan"),
        auc if is_logistic and auc == auc else None,  # noqa: PLR0124 - NaN: labels of one kind only
        totals["positive_weight"] / weight if is_logistic and weight > 0 else None,
        int(totals["bad_rows"]),
    )


@contextmanager
def errors_of(paths: Sequence[str]) -> Iterator[None]:
    """Raise what the native module finds in the words of the user's files."""
    try:
        yield
    except BadRows as error:
        file, line, column, what = error.args
        raise FormatError(
            what,
            path=paths[file],
            line=line,
            column=column or None,
            hint="mend the line, or skip so many with --max-bad",
        ) from None
    except Diverged as error:
        file, line = error.args
        raise TrainingError(
            f"the scores grew beyond all numbers at {paths[file]}:{line}",
            hint="learn more slowly with a smaller alpha, or bring the values of features nearer to 1",
        ) from None
