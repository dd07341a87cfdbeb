"""Learning a model from files."""

from collections.abc import Callable, Sequence

from tiffin.errors import TrainingError
from tiffin.models import Model
from tiffin.train._engines import new
from tiffin.train._trained import Evaluation, Options, Progress, Trained, check_bounds, format_or

__all__ = ["train"]


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
    trained = start or new(model, data_format)
    options = options._replace(data_format=data_format)
    for _ in range(options.passes):
        done = trained.learn(paths, options, progress)
        _check(done.learned, paths, goes_on=trained.trained_rows > 0)
        trained.trained_rows += done.learned.rows
        trained.passes.append(done)
        if after_pass is not None and not after_pass(trained):
            break
    return trained


def _check(learned: Evaluation, paths: Sequence[str], *, goes_on: bool) -> None:
    if learned.rows == 0:
        raise TrainingError(f"there is no example in {', '.join(paths)}")
    if learned.mean_label in (0.0, 1.0) and not goes_on:
        raise TrainingError(
            f"all {learned.rows:,} examples have the same label, so there is nothing to tell apart",
            hint="check how the labels are written: 0 and 1, or -1 and 1",
        )
