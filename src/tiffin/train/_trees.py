"""Gradient-boosted trees as a model."""

from tiffin.errors import ConfigError
from tiffin.models import Manifest, Model, outputs_of, write_model
from tiffin.train._examples import Array, Examples
from tiffin.train._forest import Forest
from tiffin.train._trained import DTYPES, Evaluation, check_dtype
from tiffin.train._whole import Whole

__all__ = ["Trees", "load", "new"]


class Trees(Whole):
    """Trees that each correct the sum of those before."""

    def __init__(self, model: Model, data_format: str, *, trained_rows: int = 0, forest: Forest | None = None) -> None:
        super().__init__(model, data_format, trained_rows=trained_rows)
        self.forest = forest or Forest()

    def learn_examples(
        self,
        examples: Examples,
        valid: Examples | None = None,
        *,
        passes: int = 1,
        threads: int = 0,
        deterministic: bool = False,
    ) -> Evaluation:
        """Add trees, in each pass as many as the settings say.  The loss is that of the examples they learned from."""
        for _ in range(passes):
            scores = self.forest.grow(self.model, examples, valid, threads=threads, deterministic=deterministic)
        return examples.compared(scores, self.model.loss)

    def predict_examples(self, examples: Examples, *, scores: bool = False, threads: int = 0) -> Array:
        return self.forest.scores(examples, means=not scores, threads=threads)

    def save(self, directory: str, *, state: bool = True, dtype: str = "float32") -> None:  # noqa: ARG002 - trees need no more to go on
        check_dtype(dtype, state=False, known=DTYPES[:1])

        def write_parts(place: str) -> Manifest:
            return Manifest(self.model, self.data_format, True, self.trained_rows, self.forest.write(place))

        write_model(directory, write_parts)


def new(model: Model, data_format: str) -> Trees:
    """One that has learned nothing yet.  Raises ConfigError."""
    if model.score != "trees":
        raise ConfigError(
            f"trees add up alone, found a score of {model.score}", hint="the leaves they have go with 'linear + leaves'"
        )
    return Trees(model, data_format)


def load(directory: str, manifest: Manifest, *, mapped: bool = False) -> Trees:  # noqa: ARG001 - they are read whole
    """One that was saved.  Raises FormatError, and ValueError, KeyError, TypeError for parts that make no sense."""
    forest = Forest.read(directory, manifest.parts, outputs_of(manifest.model))
    return Trees(manifest.model, manifest.data_format, trained_rows=manifest.trained_rows, forest=forest)
