"""Algorithms of one's own: a class of a few lines, of which the engine does all that is the same for all of them."""

import inspect
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from tiffin.errors import ConfigError, UsageError
from tiffin.features import Expression
from tiffin.models import Manifest, Model
from tiffin.tables import Dense, Floats, Sparse
from tiffin.train._batchwise import Batchwise, Runner
from tiffin.train._numpy_runner import NumpyRunner

__all__ = ["Algorithm", "Learned", "load", "make_algorithm", "new", "sigmoid"]


class Algorithm(ABC):
    """What is learned, and how, a batch at a time.

        class Logistic(Algorithm):
            tables = {"w": Sparse(1, Optimizer("ftrl", alpha=0.1))}
            dense = {"bias": Dense(())}

            def step(self, batch, tables, dense):
                scores = dense["bias"] + batch.pool(tables["w"])[:, 0]
                slopes = (sigmoid(scores) - batch.labels) * batch.weights
                tables.grad("w", batch.unpool(slopes[:, None]))
                dense.grad("bias", slopes.sum())
                return scores

    Arguments of `__init__` are its settings: booleans, numbers and text, which models keep and `--set` gives.

    tables, dense: its parameters.  loss: what scores are measured by (logistic, squared, poisson, softmax), and so
    which labels there may be; None: by losses of its own.  outputs: scores of an example, with softmax one a class.
    fields: features must be of so many; 0: of any.  rows: of a batch.  seed: of first values and random numbers.
    device: of PyTorch.  features, label, weight, time: of data with named columns; no features: some are made of all
    columns.
    """

    tables: Mapping[str, Sparse] = {}
    dense: Mapping[str, Dense] = {}
    loss: str | None = "logistic"
    outputs: int = 1
    fields: int = 0
    rows: int = 1024
    seed: int = 0
    device: str = "cpu"
    features: Sequence[Expression] = ()
    label: str = ""
    weight: str = ""
    time: str = ""
    settings: Mapping[str, Any]
    score: ClassVar[str] = "algorithm"

    def __new__(cls, *arguments: Any, **named: Any) -> Self:
        """Keeps the arguments."""
        made = super().__new__(cls)
        bound = inspect.signature(cls.__init__).bind_partial(made, *arguments, **named)
        made.settings = {name: value for name, value in bound.arguments.items() if value is not made}
        return made

    @property
    def described(self) -> Model:
        """What a model keeps of it beside `settings`."""
        columns = tuple(self.features)
        return Model(
            self.score, fields=self.fields, features=columns, label=self.label, weight=self.weight, time=self.time
        )

    @abstractmethod
    def step(self, batch: Any, tables: Any, dense: Any) -> Any:
        """Score a batch before it is learned from, and give gradients.

        batch: `pool`, `unpool` and the arrays of its examples.  tables[name]: a row for each of batch.unique;
        tables.grad(name, gradient) and tables.grad(name, gradient, index) add to their gradients.  dense[name], and
        dense.grad(name, gradient).  Gradients are sums over examples; where nothing is learned they are dropped.

        Gives scores (n,) in the scale of the loss, such as logits, or (n, outputs) where there are several; where the
        loss is None, scores and losses (n,).

        In PyTorch, where there is a `module`: batch and tables hold tensors, `dense` is the module, and it gives scores
        and the losses (n,) whose gradients are wanted.
        """

    def module(self) -> Any:
        """The dense part as a module of PyTorch; none: `step` is in NumPy."""
        return None

    def optimizer(self, module: Any) -> Any:
        """The optimiser of the module, which gets gradients of the mean loss."""
        from torch.optim import Adam  # noqa: PLC0415 - an extra

        return Adam(module.parameters())


class Learned(Batchwise):
    """A model that an algorithm has learned."""

    def __init__(
        self, model: Model, data_format: str, algorithm: Algorithm, *, state: bool = True, trained_rows: int = 0
    ) -> None:
        if algorithm.outputs > 1 and algorithm.loss not in {"softmax", None}:
            raise ConfigError(
                f"several outputs go with the loss softmax, or with losses of its own, and {_name(type(algorithm))} "
                f"has the {algorithm.loss} loss"
            )
        super().__init__(model, data_format, _runner(algorithm), state=state, trained_rows=trained_rows)
        self._algorithm = algorithm

    @property
    def algorithm(self) -> Algorithm:
        return self._algorithm

    @property
    def about(self) -> dict[str, Any]:
        for name, value in self._algorithm.settings.items():
            if not isinstance(value, bool | int | float | str):
                raise ConfigError(
                    f"the setting '{name}' of {_name(type(self._algorithm))} is no number or text, and cannot be saved"
                )
        return {"algorithm": _name(type(self._algorithm)), "settings": dict(self._algorithm.settings)}


def new(model: Model, data_format: str, algorithm: Algorithm) -> Learned:
    """One that has learned nothing yet."""
    return Learned(model, data_format, algorithm)


def load(directory: str, manifest: Manifest, algorithm: Any, *, mapped: bool = False) -> Learned:
    """One that was saved.  mapped: the rows of its tables stay in their files.

    Raises UsageError without its class; FormatError, ValueError, KeyError, TypeError.
    """
    parts = manifest.parts
    name = str(parts["algorithm"])
    if algorithm is None:
        raise UsageError(
            f"the model in '{directory}' was learned by {name}, whose code is needed and no part of it",
            hint=f"name it: --algorithm {name}, or load(directory, algorithm=...) in Python",
        )
    kind = type(algorithm) if isinstance(algorithm, Algorithm) else algorithm
    if not (isinstance(kind, type) and issubclass(kind, Algorithm)):
        raise UsageError(f"expected the class of an Algorithm, found {algorithm!r}")
    if _name(kind) != name:
        raise UsageError(f"the model in '{directory}' was learned by {name}, and {_name(kind)} was named")
    made = algorithm if isinstance(algorithm, Algorithm) else make_algorithm(kind, dict(parts["settings"]))
    model = manifest.model._replace(fields=made.fields)
    found = Learned(model, manifest.data_format, made, state=manifest.state, trained_rows=manifest.trained_rows)
    found.read(directory, parts, mapped=mapped)
    return found


def make_algorithm(kind: type[Algorithm], settings: Mapping[str, Any]) -> Algorithm:
    """One with settings, given as values or as text.  Raises ConfigError."""
    known = {
        name: one
        for name, one in inspect.signature(kind.__init__).parameters.items()
        if name != "self" and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)  # those of `object`
    }
    values = {}
    for name, value in settings.items():
        if name not in known:
            raise ConfigError(
                f"{_name(kind)} has no setting '{name}'", hint=f"it has {', '.join(known)}" if known else None
            )
        values[name] = _converted(name, value, _kind_of(known[name]))
    missing = [name for name, one in known.items() if one.default is one.empty and name not in values]
    if missing:
        raise ConfigError(f"{_name(kind)} needs {', '.join(missing)}", hint=f"--set {missing[0]}=VALUE")
    return kind(**values)


def _kind_of(parameter: inspect.Parameter) -> str:
    """The name of its type: that of its default, or else the one that is written at it."""
    if parameter.default is not parameter.empty:
        return type(parameter.default).__name__
    written = parameter.annotation  # text, where the file has its annotations put off
    return written if isinstance(written, str) else getattr(written, "__name__", "")


def _converted(name: str, value: Any, kind: str) -> Any:
    """Text as what is wanted."""
    if not isinstance(value, str):
        return value
    if kind == "bool":
        found = {"true": True, "false": False}.get(value.lower())
        if found is None:
            raise ConfigError(f"'{name}' should be true or false, found {value!r}")
        return found
    try:
        return int(value) if kind == "int" else float(value) if kind == "float" else value
    except ValueError:
        noun = "a whole number" if kind == "int" else "a number"
        raise ConfigError(f"'{name}' should be {noun}, found {value!r}") from None


def sigmoid(scores: Floats) -> Floats:
    """The probabilities of logits."""
    return np.asarray(1 / (1 + np.exp(-np.clip(scores, -20, 20))), np.float32)


def _runner(algorithm: Algorithm) -> Runner:
    if type(algorithm).module is Algorithm.module:
        return NumpyRunner(algorithm)
    from tiffin.train._torch_runner import TorchRunner  # noqa: PLC0415 - an extra

    return TorchRunner(algorithm)


def _name(kind: type[Algorithm]) -> str:
    """As a user names it: file.py:Class."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None) or kind.__module__
    return f"{os.path.basename(file)}:{kind.__qualname__}"
