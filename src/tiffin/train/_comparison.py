"""Several models learned from the same data: none is the best on all.

Wolpert: The Lack of A Priori Distinctions Between Learning Algorithms, Neural Computation 1996.
"""

import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tiffin.errors import ConfigError, MissingDependency, TiffinError, TrainingError
from tiffin.fs import scratch
from tiffin.models import Model
from tiffin.train._data import Data, Readable, readable
from tiffin.train._engines import load
from tiffin.train._trained import Evaluation, Options, Progress, Trained
from tiffin.train._training import once, train

__all__ = ["Comparison", "Tried", "compare"]


class Tried(NamedTuple):
    """What became of one model.

    held_out: with the best of its passes.  rows_per_s, seconds: of training, by the clock.  size: bytes of its
    directory, with what further training needs.  skipped: the first rows that were, with reasons.  failure: why there
    is no such model; then there are no figures.
    """

    name: str
    held_out: Evaluation | None = None
    passes: int = 0
    seconds: float = 0.0
    rows_per_s: float = 0.0
    size: int = 0
    skipped: tuple[str, ...] = ()
    failure: TiffinError | None = None


class Comparison(NamedTuple):
    """tried: by held-out loss, the best first, and those that failed at the end.  best: the model of the first."""

    tried: tuple[Tried, ...]
    best: Trained


def compare(
    models: Mapping[str, Model],
    data: Readable,
    valid: Readable,
    options: Options = Options(),  # noqa: B008 - a NamedTuple is immutable
    *,
    progress: Progress | None = None,
    after_model: Callable[[Tried], object] | None = None,
    tell: Callable[[str], object] | None = None,
) -> Comparison:
    """Learn each model from the same data, and compare them by the loss of held-out ones.

    Passes of a model end where its held-out loss gets no better.  One that its settings, a missing library or the data
    make impossible is told of in `failure`.  after_model: is told what became of each.  tell: as `train` does, of all.

    Raises FormatError, ConfigError for checkpoints, and where no model can be learned what stood in the way of the
    first one.
    """
    if options.checkpoint is not None:
        raise ConfigError("checkpoints are of one model, and several are compared", hint="leave them out")
    found: list[Tried] = []
    data, options = readable(data), options._replace(valid=readable(valid))
    tell = once(tell)
    with scratch("tiffin-models-") as folder:
        for number, (name, model) in enumerate(models.items()):
            try:
                tried = _tried(name, model, data, options, f"{folder}/{number}", progress, tell)
            except (ConfigError, MissingDependency, TrainingError) as error:
                tried = Tried(name, failure=error)
            found.append(tried)
            if after_model is not None:
                after_model(tried)
        order = sorted(found, key=_place)
        if order[0].failure is not None:
            raise order[0].failure
        return Comparison(tuple(order), load(f"{folder}/{found.index(order[0])}"))


def _tried(
    name: str,
    model: Model,
    data: Data,
    options: Options,
    place: str,
    progress: Progress | None,
    tell: Callable[[str], object],
) -> Tried:
    best: list[Evaluation] = []
    skipped: list[str] = []

    def is_better(trained: Trained) -> bool:
        if len(trained.passes) == 1:
            skipped[:] = trained.skipped(data)
        held_out = trained.evaluate(
            options.valid, data_format=options.data_format, threads=options.threads, max_bad=options.max_bad
        )
        if best and not held_out.loss < best[-1].loss:
            return False
        best.append(held_out)
        trained.save(place)
        return True

    def moved(_: Trained, rows: int, size: int) -> None:
        if progress is not None:
            progress(rows, size)

    trained = train(model, data, options, progress=moved, after_pass=is_better, tell=tell)
    seconds = sum(done.seconds for done in trained.passes)
    rows = sum(done.learned.rows for done in trained.passes)
    size = sum(entry.stat().st_size for entry in os.scandir(place))
    return Tried(name, best[-1], len(best), seconds, rows / seconds if seconds else 0.0, size, tuple(skipped))


def _place(tried: Tried) -> tuple[bool, float]:
    return tried.failure is not None, tried.held_out.loss if tried.held_out is not None else 0.0
