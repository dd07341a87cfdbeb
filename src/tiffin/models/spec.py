"""Models as people write them in Python; YAML says the same (docs/how-to/model-specs.md).

from tiffin.models.spec import adagrad, fixed, fm, ftrl, linear, model
clicks = model(label="click", features=[cat("site")], score=linear(ftrl(alpha=0.05)) + fm(8, adagrad(0.02)),
               table=fixed(22))
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tiffin.errors import ConfigError
from tiffin.features import Expression, from_tree
from tiffin.models._model import BUILT_IN, Model, score_of, with_settings
from tiffin.models._parts import Optimizer, Part, Table, optimizer, parse_score, table, term

__all__ = [
    "Optimizer",
    "Part",
    "Table",
    "adagrad",
    "adam",
    "cross",
    "exact",
    "ffm",
    "fixed",
    "fm",
    "ftrl",
    "linear",
    "mlp",
    "model",
    "normalized",
    "optimizer",
    "parse_score",
    "sgd",
    "table",
    "term",
]


def linear(*values: Any, **settings: Any) -> Part:
    """A weight for each feature."""
    return term("linear", *values, **settings)


def fm(*values: Any, **settings: Any) -> Part:
    """Products of latent vectors, so long."""
    return term("fm", *values, **settings)


def ffm(*values: Any, **settings: Any) -> Part:
    """The same with a vector for each field."""
    return term("ffm", *values, **settings)


def mlp(*values: Any, **settings: Any) -> Part:
    """Connected layers over the vectors of all fields, so wide: `mlp(256, 128)`."""
    return term("mlp", *values, **settings)


def cross(*values: Any, **settings: Any) -> Part:
    """So many layers that cross all fields once more (DCNv2)."""
    return term("cross", *values, **settings)


def ftrl(*steps: Any, **settings: Any) -> Optimizer:
    """FTRL-proximal; takes alpha, beta, l1 and l2, as the others do."""
    return optimizer("ftrl", *steps, **settings)


def adagrad(*steps: Any, **settings: Any) -> Optimizer:
    """Steps that shrink with what was learned."""
    return optimizer("adagrad", *steps, **settings)


def adam(*steps: Any, **settings: Any) -> Optimizer:
    """Adam, for connected layers."""
    return optimizer("adam", *steps, **settings)


def normalized(*steps: Any, **settings: Any) -> Optimizer:
    """The same for features of very different scales."""
    return optimizer("normalized", *steps, **settings)


def sgd(*steps: Any, **settings: Any) -> Optimizer:
    """Steps of one size."""
    return optimizer("sgd", *steps, **settings)


def fixed(*values: Any, **settings: Any) -> Table:
    """2^bits rows, which features share."""
    return table("fixed", *values, **settings)


def exact(*values: Any, **settings: Any) -> Table:
    """A row for each feature, as far as memory and disk have room."""
    return table("exact", *values, **settings)


def model(
    *,
    features: Iterable[Expression | str | Mapping[str, Any]] = (),
    label: str | Sequence[str] = "",
    weight: str = "",
    time: str = "",
    score: Part | str = "linear",
    table: Table | None = None,
    **settings: Any,
) -> Model:
    """A model from its parts; what is not said is as in the built-in model.

    label: a column, or one for each of several tasks.  Raises ConfigError.
    """
    part = parse_score(score) if isinstance(score, str) else score
    written = score_of(" + ".join(part.terms))
    found = next((known for known in BUILT_IN.values() if known.score == written), Model(written))
    chosen = {**part.settings, **(table.settings if table is not None else {})}
    twice = chosen.keys() & settings.keys()
    if twice:
        raise ConfigError(f"'{min(twice)}' is said twice")
    found = with_settings(found, {**chosen, **settings})
    labels = [label] if isinstance(label, str) else label
    trees = tuple(one if isinstance(one, Expression) else from_tree(one) for one in features)
    return found._replace(features=trees, label=", ".join(labels), weight=weight, time=time)
