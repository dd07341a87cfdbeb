"""Leaves of trees as features of a sparse model.

He et al.: Practical Lessons from Predicting Clicks on Ads at Facebook, ADKDD 2014.

The trees learn from the first part of the examples, and the weights of their leaves from the rest: of examples that the
trees have seen, leaves say more than they do of others.
"""

from math import ceil

from tiffin.errors import ConfigError
from tiffin.models import Manifest, Model, outputs_of, terms_of, write_model
from tiffin.train._data import Data
from tiffin.train._examples import Array, Examples
from tiffin.train._forest import Forest
from tiffin.train._sparse import Sparse
from tiffin.train._trained import Evaluation, Options, Pass, Progress, check_dtype
from tiffin.train._whole import Whole

__all__ = ["Leaves", "load", "new"]

_KNOWN = ("linear + leaves", "linear + fm + leaves")


class Leaves(Whole):
    """Trees, and a sparse model of their leaves.

    Once there are trees they stay as they are, and the weights learn on.
    """

    def __init__(
        self,
        model: Model,
        data_format: str,
        *,
        state: bool = True,
        trained_rows: int = 0,
        forest: Forest | None = None,
    ) -> None:
        super().__init__(model, data_format, state=state, trained_rows=trained_rows)
        score = " + ".join(term for term in terms_of(model) if term != "leaves")
        self.sparse = Sparse(model._replace(score=score), data_format, state=state)
        self.forest = forest or Forest()
        self._grown_from: Data = ()
        self._again = False  # whether these are learned from once more

    def learn(self, data: Data, options: Options, progress: Progress | None = None) -> Pass:
        if not self.forest.trees:
            self._grown_from = data
        self._again = self._grown_from == data
        return super().learn(data, options, progress)

    def learn_examples(
        self,
        examples: Examples,
        valid: Examples | None = None,
        *,
        passes: int = 1,
        threads: int = 0,
        deterministic: bool = False,
    ) -> Evaluation:
        """Grow the trees if there are none, and teach the weights.  The loss is that of the examples that do this."""
        first = ceil(self.model.tree_share * examples.size)
        seen = self._again
        if not self.forest.trees:
            part = examples.part(0, first)
            self.forest.grow(self.model, part, valid, threads=threads, deterministic=deterministic)
            seen = True
        if seen and first < examples.size:
            examples = examples.part(first, examples.size)
        return self.sparse.learn_examples(
            self._leaves(examples, threads), passes=passes, threads=threads, deterministic=deterministic
        )

    def predict_examples(self, examples: Examples, *, scores: bool = False, threads: int = 0) -> Array:
        return self.sparse.predict_examples(self._leaves(examples, threads), scores=scores, threads=threads)

    def save(self, directory: str, *, state: bool = True, dtype: str = "float32") -> None:
        kept = state and self.state
        check_dtype(dtype, state=kept)

        def write_parts(place: str) -> Manifest:
            parts = {**self.forest.write(place), **self.sparse.write_parts(place, state=kept, dtype=dtype)}
            return Manifest(self.model, self.data_format, kept, self.trained_rows, parts)

        write_model(directory, write_parts)

    def _leaves(self, examples: Examples, threads: int) -> Examples:
        return self.forest.leaf_examples(examples, raw=self.model.raw, threads=threads)


def new(model: Model, data_format: str) -> Leaves:
    """One that has learned nothing yet.  Raises ConfigError, TrainingError."""
    if model.score not in _KNOWN:
        raise ConfigError(f"leaves go into a score of {' or '.join(_KNOWN)}, found {model.score}")
    return Leaves(model, data_format)


def load(directory: str, manifest: Manifest, *, mapped: bool = False) -> Leaves:
    """One that was saved.  mapped: the rows of its weights stay in their files.

    Raises FormatError, and ValueError, KeyError, TypeError for parts that make no sense.
    """
    model, parts = manifest.model, manifest.parts
    if model.score not in _KNOWN or ("fm" in model.score) != (model.k > 0):
        raise ValueError(f"a score of {model.score} with k={model.k}")
    found = Leaves(
        model,
        manifest.data_format,
        state=manifest.state,
        trained_rows=manifest.trained_rows,
        forest=Forest.read(directory, parts, outputs_of(model)),
    )
    found.sparse.read_parts(directory, parts, mapped=mapped)
    return found
