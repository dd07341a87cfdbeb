"""Predictions compared with labels by the value of a column, for engines that score all rows first."""

from tiffin._native.learning import compare_scores
from tiffin.errors import ConfigError, UsageError
from tiffin.train._data import Data, errors_of, examples
from tiffin.train._trained import Evaluation, Slice, Slices, Trained, evaluation_of

__all__ = ["check_slices", "slices_of"]

MOST_SLICES = 10_000  # 1 GB of counts, if all of them have many rows


def check_slices(trained: Trained, most: int) -> None:
    """Raises UsageError for a model with several scores, ConfigError for too many values."""
    if trained.outputs > 1:
        raise UsageError("a model with several scores cannot be evaluated by column")
    if not 1 <= most <= MOST_SLICES:
        raise ConfigError(f"values that are told apart are from 1 to {MOST_SLICES:,}, found {most}")


def slices_of(
    trained: Trained,
    whole: Evaluation,
    scores: object,
    data: Data,
    data_format: str,
    column: str,
    *,
    loss: str,
    most: int,
    fields: int = 0,
    max_bad: int = 0,
) -> Slices:
    """By column, where `scores` are those of all rows that `evaluate` takes, in order, as float32.

    whole: what these came to.  fields: features must be of so many.  Raises as `Trained.evaluate_by`.
    """
    with errors_of(data, data_format), examples(data, data_format, trained.model, by=column) as rows:
        named, others = compare_scores(rows, scores, loss, most, fields, max_bad)
    return Slices(
        whole,
        [Slice(value, missed, evaluation_of(figures, loss)) for value, missed, figures in named],
        evaluation_of(others, loss) if others["rows"] else None,
    )
