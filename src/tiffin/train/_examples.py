"""Examples all at once, as NumPy arrays: of matrices, and for models that look at them together."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

from tiffin._native.learning import compare, gather
from tiffin.models import Model, outputs_of
from tiffin.stream import Cache
from tiffin.train._data import Data, errors_of, examples
from tiffin.train._trained import Evaluation, Progress, check_bounds, evaluation_of

__all__ = ["Array", "Examples", "Reading", "gathered"]

Array = Any  # of NumPy, which is an extra, and whose arrays the native module makes and takes


class Examples(NamedTuple):
    """Examples in compressed rows: example i has the features [begins[i], begins[i + 1]).

    begins (n + 1,) int64, keys uint64, values float32; labels (n,) float32, NaN where it is not known, of several tasks
    (n * tasks,); weights (n,) float32, or none where all are 1.
    """

    begins: Array
    keys: Array
    values: Array
    labels: Array
    weights: Array

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.begins) - 1

    def part(self, first: int, last: int) -> Self:
        """The examples [first, last)."""
        begin, end = self.begins[first], self.begins[last]
        return self._replace(
            begins=self.begins[first : last + 1] - begin,
            keys=self.keys[begin:end],
            values=self.values[begin:end],
            labels=self.labels[first:last],
            weights=self.weights[first:last],
        )

    def compared(self, scores: Array, loss: str) -> Evaluation:
        """What scores come to beside the labels.  scores (n,) or (n, classes), float32."""
        return evaluation_of(compare(loss, scores.reshape(-1), self.labels, self.weights), loss)


class Reading(NamedTuple):
    """What files gave.  bad: the first lines that were skipped, each as file (its number), line, column, what."""

    examples: Examples
    bytes: int
    bad_rows: int
    bad: Sequence[tuple[int, int, int, str]]


def gathered(
    data: Data,
    data_format: str,
    model: Model,
    *,
    labels: bool = True,
    threads: int = 0,
    max_bad: int = 0,
    cache: Cache | None = None,
    progress: Progress | None = None,
) -> Reading:
    """All examples of the data, in order.  labels: they need one that the loss allows.  Raises FormatError."""
    check_bounds(threads, max_bad)
    found = examples(data, data_format, model, labels=labels) if cache is None else cache.rows()
    with errors_of(data, data_format), found as rows:
        *arrays, size, bad_rows, bad = gather(
            rows,
            model.loss,
            heads=outputs_of(model),
            labels=labels,
            threads=threads,
            max_bad=max_bad,
            progress=progress,
        )
    return Reading(Examples(*arrays), size, bad_rows, bad)
