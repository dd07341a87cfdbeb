"""Learning a model from files."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tiffin.errors import ConfigError, FormatError, TrainingError
from tiffin.models import SETTINGS, Model, fields_of, labels_of
from tiffin.stream import COLUMNS, Flow, identity_of, is_columnar, is_remote
from tiffin.train._data import Data, Readable, cache_of, format_or, names_of, place_of, readable, with_features
from tiffin.train._engines import load, new
from tiffin.train._trained import Evaluation, Options, Trained, check_bounds, check_negatives

if TYPE_CHECKING:
    from tiffin.train._algorithm import Algorithm
    from tiffin.train._checkpoint import Checkpoint
    from tiffin.train._checkpoints import Checkpoints

__all__ = ["once", "train"]


def train(
    model: "Model | Algorithm",
    data: Readable,
    options: Options = Options(),  # noqa: B008 - a NamedTuple is immutable
    *,
    start: Trained | None = None,
    progress: Callable[[Trained, int, int], object] | None = None,
    after_pass: Callable[[Trained], bool] | None = None,
    tell: Callable[[str], object] | None = None,
) -> Trained:
    """Learn a model from files or frames.

    data: paths of files in order, a frame or a list of them, or a Flow.  start: go on from this model, whose settings
    count.  progress: is told rows and bytes of a pass about twenty times a second.  after_pass: is told what there is,
    and says whether to go on.  tell: is told in a sentence what may matter: where training goes on from, what could not
    be written, rows that are out of order.

    The first pass's loss is that of predictions: each row is scored before it is learned from.  Raises FormatError for
    a line that is no example, TrainingError where nothing can be learned, LockHeld where another run writes the same
    checkpoints.
    """
    check_bounds(options.threads, options.max_bad)
    described = start.model if start is not None else model if isinstance(model, Model) else model.described
    check_negatives(options.negatives, (start or model).loss, len(labels_of(described)))
    tell = once(tell)
    given = readable(data)
    data_format = options.data_format or format_or(given, start.data_format if start is not None else "")
    if start is not None and not start.state:
        raise TrainingError(
            "this model was saved without the state of its optimisers, so training cannot go on",
            hint="train anew, and save it whole",
        )
    options = options._replace(data_format=data_format)
    known = COLUMNS if is_columnar(data_format) else data_format
    trained = start or _new(model, given, data_format, known)
    with _checkpoints(trained, given, options) as checkpoints:
        left = options.passes
        resumed = (
            _resumed(checkpoints, trained, options.passes, tell) if checkpoints is not None and options.resume else None
        )
        if resumed is not None:
            trained = resumed
            left -= len(resumed.passes)
        with _cached(trained, given, options, tell):
            for _ in range(left):
                ticks = _Ticks(trained, checkpoints, progress)
                if trained.order is not None:
                    trained.order.begin()  # examples that are kept are not looked at again
                try:
                    done = trained.learn(given, options, ticks)
                except KeyboardInterrupt:
                    if checkpoints is not None and ticks.has_begun:
                        checkpoints.write(trained)  # all threads have ended; what was parsed only is not counted
                    raise
                _check(done.learned, given, goes_on=trained.trained_rows > 0)
                trained.trained_rows += done.learned.rows
                trained.passes.append(done)
                if trained.order is not None and trained.order.broken is not None:
                    tell(_out_of_order(trained.order.column, place_of(given, data_format, *trained.order.broken)))
                for kept in (trained.cache, checkpoints):
                    if kept is not None and kept.fault is not None:
                        tell(kept.fault)
                if after_pass is not None and not after_pass(trained):
                    break
    return trained


def _new(model: "Model | Algorithm", data: Data, data_format: str, known: str) -> Trained:
    if isinstance(model, Model):
        return new(with_features(model, data, data_format), known)
    return new(with_features(model.described, data, data_format), known, model)


def once(tell: Callable[[str], object] | None) -> Callable[[str], object]:
    """Each sentence."""
    told: set[str] = set()

    def tell_once(sentence: str) -> None:
        if tell is not None and sentence not in told:
            told.add(sentence)
            tell(sentence)

    return tell_once


@contextmanager
def _cached(trained: Trained, data: Data, options: Options, tell: Callable[[str], object]) -> Iterator[None]:
    """Parsed examples are kept, where there is a use for them."""
    if options.cache is not None or options.passes > 1:
        known = options.data_format or trained.data_format
        trained.cache = cache_of(data, known, trained.model, options.cache, trained.order)
        if options.cache is not None and not trained.cache.is_lasting:
            tell(f"what stages and frames give is kept for this run only: '{options.cache}' has nothing of it")
    try:
        yield
    finally:
        trained.cache = None


@contextmanager
def _checkpoints(trained: Trained, data: Data, options: Options) -> Iterator["Checkpoints | None"]:
    """Those of this run; nobody else writes there meanwhile."""
    if options.checkpoint is None:
        if options.resume:
            raise ConfigError("no directory of checkpoints to resume from was named", hint="add --checkpoint DIR")
        yield None
        return
    if not trained.has_snapshots:
        raise ConfigError(
            f"a model whose score is {trained.model.score} learns from all examples at once, and has no checkpoints",
            hint="leave --checkpoint and --resume out",
        )
    from tiffin.train._checkpoints import Checkpoints  # noqa: PLC0415 - only who asks for them has to pay for it

    checkpoints = Checkpoints(options.checkpoint, _run(trained, data, options), options.checkpoint_every_s)
    with checkpoints.lock:
        if not options.resume:
            checkpoints.check_none()
        yield checkpoints


def _run(trained: Trained, data: Data, options: Options) -> dict[str, Any]:
    """What a run is asked for, as far as what it comes to depends on it."""
    # Not where the machine has room: a run may go on elsewhere.
    described = fields_of(trained.model)
    settings = {
        name: value for name, value in described["model"].items() if name not in SETTINGS or not SETTINGS[name].here
    }
    names = [os.path.realpath(name) if os.path.exists(name) else name for name in names_of(data)]
    files = {path: identity_of(path) for path in names if os.path.exists(path) or is_remote(path)}
    stages = [stage.describe() for stage in data.stages] if isinstance(data, Flow) else []
    return {
        **{f"setting {name}": value for name, value in settings.items()},
        **trained.about,
        **trained.course,
        **({"features": described["columns"]} if "columns" in described else {}),
        **({"stages": stages} if stages else {}),
        "list of files": names,
        **{f"version of {path}": found[1:] for path, found in files.items() if found is not None},
        "format": options.data_format,
        "deterministic": options.deterministic,
        "part of negatives": options.negatives,
        "number of rows learned from before": trained.trained_rows,
    }


def _resumed(checkpoints: "Checkpoints", asked: Trained, passes: int, tell: Callable[[str], object]) -> Trained | None:
    """What the last checkpoint holds; None if there is none.  Raises ConfigError if it is beyond so many passes."""
    found = checkpoints.last()
    if found is None:
        tell("there is no checkpoint yet: training starts from the beginning")
        return None
    number = len(found.passes) + 1
    if number > passes:
        raise ConfigError(
            f"the checkpoint is in pass {number}, and {passes} were asked for", hint="ask for more passes"
        )
    tell(f"training goes on in pass {number}, after {found.state['rows']:,} rows of it")
    return _trained_of(found, asked)


def _trained_of(checkpoint: "Checkpoint", asked: Trained) -> Trained:
    trained = load(checkpoint.directory, asked.model, algorithm=asked.algorithm)
    trained.passes = checkpoint.passes
    try:
        trained.go_on(checkpoint.state)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise FormatError(f"this checkpoint makes no sense: {error}", path=checkpoint.directory) from error
    return trained


class _Ticks:
    """What happens in the middle of a pass.  has_begun: whether anything did."""

    def __init__(
        self,
        trained: Trained,
        checkpoints: "Checkpoints | None",
        progress: Callable[[Trained, int, int], object] | None,
    ) -> None:
        self.has_begun = False
        self._trained = trained
        self._checkpoints = checkpoints
        self._progress = progress

    def __call__(self, rows: int, size: int) -> None:
        self.has_begun = True
        if self._checkpoints is not None:
            self._checkpoints.tick(self._trained)
        if self._progress is not None:
            self._progress(self._trained, rows, size)


def _out_of_order(column: str, place: str) -> str:
    return f"rows are not in the order of '{column}': {place} is earlier than the one before it"


def _check(learned: Evaluation, data: Data, *, goes_on: bool) -> None:
    if learned.rows == 0:
        raise TrainingError(f"there is no example in {', '.join(names_of(data))}")
    for name, one in (learned.tasks or {"": learned}).items():
        if goes_on:
            break
        whose = f" of '{name}'" if name else ""
        if one.rows == 0:
            raise TrainingError(
                f"no example has a label{whose}", hint="a task is learned from rows where its label is known"
            )
        if one.base_rate in (0.0, 1.0):
            raise TrainingError(
                f"all {one.rows:,} examples have the same label{whose}, so there is nothing to tell apart",
                hint="check how the labels are written: 0 and 1, or -1 and 1",
            )
