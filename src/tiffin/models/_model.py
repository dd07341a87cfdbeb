"""The settings of a model, each declared once: type, bounds, default and what it means."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tiffin.errors import ConfigError
from tiffin.features import Expression
from tiffin.formats.sizes import bytes_of
from tiffin.formats.words import nearest

__all__ = [
    "BUILT_IN",
    "SETTINGS",
    "Model",
    "Setting",
    "has_setting",
    "labels_of",
    "make_model",
    "outputs_of",
    "score_of",
    "terms_of",
    "with_settings",
]

# What a score may be made of, in the order in which it is written.  An algorithm of the user's own stands alone.
TERMS = ("linear", "fm", "ffm", "cross", "mlp", "trees", "leaves", "algorithm")


class _Bytes(int):
    """A size, which may be written as 8GB."""


class Setting(NamedTuple):
    """One setting.  choices, or bounds that may be reached.

    of: the terms that have it; none: all models do.  table: the kind of table that has it; "": both, or it is not of
    tables.  here: it is of the machine, and no part of the model.
    """

    help: str
    kind: type
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    of: tuple[str, ...] = ()
    table: str = ""
    here: bool = False


_OPTIMIZERS = ("ftrl", "adagrad", "normalized", "sgd")
_WEIGHTS = ("linear", "fm", "ffm")
_VECTORS = ("fm", "ffm", "cross", "mlp")
_FIELDS = ("ffm", "cross", "mlp")
_DENSE = ("cross", "mlp")
_TREES = ("trees", "leaves")
_TABLES = ("linear", "fm", "ffm", "cross", "mlp")
_WITH_TASKS = frozenset(("linear", "fm", "cross", "mlp"))

SETTINGS = {
    "loss": Setting("what is made small", str, ("logistic", "squared", "poisson", "softmax")),
    "classes": Setting("how many softmax tells apart: labels 0 to classes - 1", int, least=0, most=65_536),
    "optimizer": Setting("how weights are learned", str, _OPTIMIZERS, of=_WEIGHTS),
    "alpha": Setting("size of the steps of weights", float, least=1e-9, most=1e9, of=_WEIGHTS),
    "beta": Setting("how slowly the first steps of weights shrink", float, least=0, most=1e9, of=_WEIGHTS),
    "l1": Setting("pull of weights to exactly 0 (ftrl)", float, least=0, most=1e9, of=_WEIGHTS),
    "l2": Setting("pull of weights towards 0", float, least=0, most=1e9, of=_WEIGHTS),
    "k": Setting("numbers in a latent vector", int, least=1, most=256, of=_VECTORS),
    "fields": Setting("fields that features belong to", int, least=1, most=65536, of=_FIELDS),
    "latent_optimizer": Setting("how latent vectors are learned", str, _OPTIMIZERS, of=_VECTORS),
    "latent_alpha": Setting("size of their steps", float, least=1e-9, most=1e9, of=_VECTORS),
    "latent_beta": Setting("how slowly their first steps shrink", float, least=0, most=1e9, of=_VECTORS),
    "latent_l1": Setting("their pull to exactly 0 (ftrl)", float, least=0, most=1e9, of=_VECTORS),
    "latent_l2": Setting("their pull towards 0", float, least=0, most=1e9, of=_VECTORS),
    "first": Setting("how far from 0 latent vectors begin", float, least=0, most=1e3, of=_VECTORS),
    "layers": Setting("widths of the connected layers, such as 128,64", str, of=("mlp",)),
    "dropout": Setting("part of the units that is left out in training", float, least=0, most=0.99, of=("mlp",)),
    "cross_layers": Setting("layers that cross all fields once more", int, least=1, most=64, of=("cross",)),
    "dense_optimizer": Setting("how the layers are learned", str, ("adam", "adagrad", "sgd"), of=_DENSE),
    "dense_alpha": Setting("size of their steps", float, least=1e-9, most=1e9, of=_DENSE),
    "batch": Setting("examples that are learned from at a time", int, least=1, most=1 << 20, of=_DENSE),
    "device": Setting("where the layers are, and tables that fit", str, ("cpu", "cuda"), of=_DENSE),
    "unit_length": Setting("divide the values of each example by their length", bool, of=_WEIGHTS),
    "decay": Setting("what weights and statistics are multiplied by after a pass", float, least=0, most=1, of=_TABLES),
    "table": Setting("fixed: 2^bits rows, shared by hash; exact: one a feature", str, ("fixed", "exact"), of=_TABLES),
    "bits": Setting("the table has 2^bits rows, and features share them by hash", int, least=1, most=32, table="fixed"),
    "admit": Setting("how often a feature is seen until it has a row", int, least=1, most=15, table="exact"),
    "ttl": Setting("examples until an unseen feature loses its row", int, least=0, most=2**30, table="exact"),
    "memory": Setting("size such as 8GB; the rest is on disk; 0: any", _Bytes, least=0, most=2**62, table="exact"),
    "spill": Setting("the directory for what memory has no room for", str, table="exact", here=True),
    "rounds": Setting("trees that a pass adds at most", int, least=1, most=100_000, of=_TREES),
    "leaves": Setting("leaves of a tree at most", int, least=2, most=131_072, of=_TREES),
    "depth": Setting("splits above a leaf at most; 0: any number", int, least=0, most=1_000, of=_TREES),
    "rate": Setting("how much of its answer a tree adds", float, least=1e-9, most=1e3, of=_TREES),
    "min_rows": Setting("examples in a leaf at least", int, least=1, most=2**31 - 1, of=_TREES),
    "leaf_l1": Setting("pull of the leaves' values to exactly 0", float, least=0, most=1e9, of=_TREES),
    "leaf_l2": Setting("pull of the leaves' values towards 0", float, least=0, most=1e9, of=_TREES),
    "row_share": Setting("part of the examples that a tree sees", float, least=1e-6, most=1, of=_TREES),
    "column_share": Setting("part of the features that a tree sees", float, least=1e-6, most=1, of=_TREES),
    "bins": Setting("groups that the values of a feature are put into", int, least=2, most=65_535, of=_TREES),
    "patience": Setting("trees without a better held-out loss that end a pass", int, least=1, most=100_000, of=_TREES),
    "tree_share": Setting("part of the examples that the trees learn from", float, least=1e-6, most=1, of=("leaves",)),
    "raw": Setting("learn from the features beside the leaves", bool, of=("leaves",)),
    "seed": Setting("what all that is random depends on", int, least=0, most=2**63 - 1),
}  # fmt: skip


class Model(NamedTuple):
    """What is learned, and how.  See SETTINGS for what each means; `make_model` checks them.

    score: the terms that are added up, such as "linear + fm".  features, label, weight, time: of data with named
    columns; no features: some are made of all columns.  Labels of several tasks are separated by commas.
    """

    score: str = "linear"
    loss: str = "logistic"
    classes: int = 0
    optimizer: str = "ftrl"
    alpha: float = 0.1
    beta: float = 1.0
    l1: float = 0.0
    l2: float = 0.0
    k: int = 0
    fields: int = 0
    latent_optimizer: str = "adagrad"
    latent_alpha: float = 0.05
    latent_beta: float = 1.0
    latent_l1: float = 0.0
    latent_l2: float = 0.0
    first: float = 0.1
    layers: str = "128,64"
    dropout: float = 0.0
    cross_layers: int = 2
    dense_optimizer: str = "adam"
    dense_alpha: float = 0.001
    batch: int = 1024
    device: str = "cpu"
    unit_length: bool = False
    decay: float = 1.0
    table: str = "fixed"
    bits: int = 22
    admit: int = 1
    ttl: int = 0
    memory: int = 0
    spill: str = "/var/tmp"  # noqa: S108 - on disk, other than /tmp; the files there have no names
    rounds: int = 100
    leaves: int = 31
    depth: int = 0
    rate: float = 0.1
    min_rows: int = 20
    leaf_l1: float = 0.0
    leaf_l2: float = 0.0
    row_share: float = 1.0
    column_share: float = 1.0
    bins: int = 255
    patience: int = 20
    tree_share: float = 0.5
    raw: bool = False
    seed: int = 0
    features: tuple[Expression, ...] = ()
    label: str = ""
    weight: str = ""
    time: str = ""


BUILT_IN: Mapping[str, Model] = {
    "lr": Model(),
    "fm": Model("linear + fm", k=8),
    "ffm": Model("linear + ffm", k=4, unit_length=True, bits=18, latent_alpha=0.8, first=0.5),
    "widedeep": Model("linear + mlp", k=16, bits=20),
    "deepfm": Model("linear + fm + mlp", k=16, bits=20),
    "dcn": Model("linear + cross + mlp", k=16, bits=20),
    "trees": Model("trees"),
    "gbdt_lr": Model("linear + leaves", bits=18),
    "gbdt_fm": Model("linear + fm + leaves", k=8, bits=18),
}


def make_model(name: str, settings: Mapping[str, Any] | None = None) -> Model:
    """The built-in model of a name, with other settings.  Raises ConfigError."""
    if name not in BUILT_IN:
        near = nearest(name, BUILT_IN)
        hint = f"did you mean '{near}'?" if near else f"there are {', '.join(BUILT_IN)}"
        raise ConfigError(f"no model '{name}'", hint=hint)
    return with_settings(BUILT_IN[name], settings or {})


def with_settings(model: Model, settings: Mapping[str, Any]) -> Model:
    """A model with other settings, given as values or as text.  Raises ConfigError."""
    if "table" in settings:  # which says what other settings there are
        model = model._replace(table=_checked("table", settings["table"], model))
    return model._replace(**{name: _checked(name, value, model) for name, value in settings.items()})


def labels_of(model: Model) -> tuple[str, ...]:
    """The columns with its labels, one for each task."""
    if "," not in model.label:
        return (model.label,) if model.label else ()
    return tuple(filter(None, (name.strip() for name in model.label.split(","))))


def outputs_of(model: Model) -> int:
    """How many numbers a prediction has: with softmax, the probability of each class; of several tasks, one of each.

    Raises ConfigError.
    """
    tasks = labels_of(model)
    if len(tasks) > 1:
        if len(set(tasks)) < len(tasks):
            raise ConfigError(f"a label is there twice in '{model.label}'")
        if model.loss == "softmax":
            raise ConfigError(f"several labels go with other losses than softmax, found {model.label}")
        if not _WITH_TASKS.issuperset(terms_of(model)):
            raise ConfigError(
                f"several labels go with {', '.join(sorted(_WITH_TASKS))}, and this is a score of {model.score}"
            )
        return len(tasks)
    if model.loss == "softmax":
        if model.classes < 2:
            raise ConfigError("softmax needs to know how many classes there are", hint="say it with --set classes=N")
        if not {"ffm", "algorithm"}.isdisjoint(terms_of(model)):
            raise ConfigError(f"softmax goes with all terms but ffm, found {model.score}")
        return model.classes
    if model.classes:
        raise ConfigError(f"classes are for the loss softmax, found {model.loss}", hint="add --set loss=softmax")
    return 1


def score_of(text: str) -> str:
    """A score as it is written in models: known terms, each once and in their order.  Raises ConfigError."""
    found = [term.strip() for term in text.split("+")]
    for at, term in enumerate(found):
        if term not in TERMS:
            near = nearest(term, TERMS)
            hint = f"did you mean '{near}'?" if near else f"there are {', '.join(TERMS)}"
            raise ConfigError(f"a score has no term '{term}'", hint=hint)
        if term in found[:at]:
            raise ConfigError(f"the term '{term}' is there twice in '{text}'")
    if "algorithm" in found and len(found) > 1:
        raise ConfigError(f"an algorithm is a score of its own, found '{text}'")
    return " + ".join(sorted(found, key=TERMS.index))


def terms_of(model: Model) -> tuple[str, ...]:
    """What its score adds up."""
    return tuple(model.score.split(" + "))


def has_setting(model: Model, name: str) -> bool:
    """Whether a setting means something for this model."""
    setting = SETTINGS[name]
    return _has_terms(model, setting) and setting.table in ("", model.table)


def _has_terms(model: Model, setting: Setting) -> bool:
    # What an algorithm has is its own affair.
    of = _TABLES if setting.table else setting.of
    return model.score != "algorithm" and (not of or not set(of).isdisjoint(terms_of(model)))


def _checked(name: str, value: Any, model: Model) -> Any:
    setting = SETTINGS.get(name)
    if setting is None:
        near = nearest(name, SETTINGS)
        hint = f"did you mean '{near}'?" if near else f"there are {', '.join(SETTINGS)}"
        raise ConfigError(f"a model has no setting '{name}'", hint=hint)
    if not _has_terms(model, setting):
        raise ConfigError(f"a score of {model.score} has no '{name}': {setting.help}")
    if not has_setting(model, name):
        hint = f"set table={setting.table}, too, or leave it out"
        raise ConfigError(f"{model.table} tables have no '{name}': {setting.help}", hint=hint)
    found = _converted(setting.kind, value)
    if found is None:
        raise ConfigError(f"'{name}' should be {_noun(setting)}, found {value!r}")
    if setting.choices and found not in setting.choices:
        near = nearest(str(value), setting.choices)
        raise ConfigError(
            f"'{name}' is one of {', '.join(setting.choices)}, found {value!r}",
            hint=f"did you mean '{near}'?" if near else None,
        )
    if setting.least is not None and setting.most is not None and not setting.least <= found <= setting.most:
        raise ConfigError(f"'{name}' goes from {setting.least:g} to {setting.most:g}, found {value}")
    return found


def _converted(kind: type, value: Any) -> Any:
    """The value as that type; None where it is none."""
    if kind is bool:
        known = {"true": True, "false": False}
        return value if isinstance(value, bool) else known.get(str(value).lower())
    if isinstance(value, bool):
        return None
    if kind is str:
        return value if isinstance(value, str) else None
    if kind is _Bytes:
        return bytes_of(str(value))
    try:
        found = kind(value)
    except (TypeError, ValueError, OverflowError):
        return None
    # 0.5 is no whole number, though int() takes it.
    return None if isinstance(value, float) and found != value else found


def _noun(setting: Setting) -> str:
    nouns = {str: "text", int: "a whole number", float: "a number", bool: "true or false", _Bytes: "a size such as 8GB"}
    return nouns[setting.kind]
