"""Learning a model from files."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import NamedTuple

from tiffin.errors import ConfigError, TrainingError
from tiffin.models import Model
from tiffin.stream import opened
from tiffin.train._trained import (
    Evaluation,
    Pass,
    Progress,
    Trained,
    check_bounds,
    errors_of,
    evaluation_of,
    format_or,
    new_learner,
)

__all__ = ["Options", "train"]


class Options(NamedTuple):
    """How training goes on.

    threads: 0 for one a processor.  deterministic: the same bits for any number of threads.  max_bad: lines that are no
    examples and may be skipped.
    """

    passes: int = 1
    threads: int = 0
    deterministic: bool = False
    max_bad: int = 0
    data_format: str | None = None


def train(
    model: Model,
    paths: Sequence[str],
    options: Options = Options(),  # noqa: B008 - a NamedTuple is immutable
    *,
    start: Trained | None = None,
    progress: Progress | None = None,
    after_pass: Callable[[Trained], bool] | None = None,
) -> Trained:
    """Learn a model from files.

    start: go on from this model, whose settings count.  after_pass: is told what there is, and says whether to go on.

    The first pass's loss is that of predictions: each row is scored before it is learned from.  Raises FormatError for
    a line that is no example, TrainingError where nothing can be learned.
    """
    check_bounds(options.threads, options.max_bad)
    data_format = options.data_format or format_or(paths, start.data_format if start is not None else "")
    if start is not None and not start.state:
        raise TrainingError(
            "this model was saved without the state of its optimisers, so training cannot go on",
            hint="train anew, and save it whole",
        )
    model = start.model if start is not None else _with_fields(model, data_format)
    learner = start.learner if start is not None else new_learner(model)
    trained = start or Trained(model, learner, data_format, state=True)
    for _ in range(options.passes):
        begun = perf_counter()
        with errors_of(paths), opened(paths) as source:
            learner.run(
                source,
                data_format,
                threads=options.threads,
                deterministic=options.deterministic,
                max_bad=options.max_bad,
                progress=progress,
            )
        done = _pass(trained, perf_counter() - begun)
        _check(done.learned, paths, goes_on=trained.trained_rows > 0)
        trained.trained_rows += done.learned.rows
        trained.passes.append(done)
        if after_pass is not None and not after_pass(trained):
            break
    return trained


def _with_fields(model: Model, data_format: str) -> Model:
    if model.score != "ffm" or model.fields > 0:
        return model
    if data_format == "criteo":
        return model._replace(fields=39)
    raise ConfigError(
        f"an ffm model needs to know how many fields there are, and {data_format} files do not say it",
        hint="say it with --set fields=N",
    )


def _pass(trained: Trained, seconds: float) -> Pass:
    totals = trained.learner.totals()
    return Pass(
        evaluation_of(trained.learner, trained.model),
        seconds,
        int(totals["bytes"]),
        int(totals["features"]),
        totals["read_s"],
        totals["parse_s"],
        totals["learn_s"],
        totals["wait_s"],
    )


def _check(learned: Evaluation, paths: Sequence[str], *, goes_on: bool) -> None:
    if learned.rows == 0:
        raise TrainingError(f"there is no example in {', '.join(paths)}")
    if learned.mean_label in (0.0, 1.0) and not goes_on:
        raise TrainingError(
            f"all {learned.rows:,} examples have the same label, so there is nothing to tell apart",
            hint="check how the labels are written: 0 and 1, or -1 and 1",
        )
