"""Where each step of training runs, for people."""

from tiffin.features import columns_of
from tiffin.models import Model, labels_of, terms_of
from tiffin.stream import Flow, flow, is_columnar
from tiffin.train._data import Readable, format_or, names_of, readable, with_features
from tiffin.train._trained import Options

__all__ = ["explain"]

_SHOWN = 3


def explain(model: Model, data: Readable, options: Options = Options()) -> str:  # noqa: B008 - immutable
    """The plan of a pass: a line for each stage, with what it does and where.  Nothing but the schema is read."""
    given = readable(data)
    data_format = options.data_format or format_or(given, "")
    threads = f"{options.threads} threads" if options.threads else "a thread for each processor"
    native = f"{threads}, native"
    if not is_columnar(data_format):
        names = names_of(given)
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        lines = [("read", f"{', '.join(names[:_SHOWN])}{more}", native), ("parse", f"{data_format} lines", native)]
    else:
        model = with_features(model, given, data_format)
        named = frozenset(filter(None, (*columns_of(model.features), *labels_of(model), model.weight, model.time)))
        tables = given if isinstance(given, Flow) else flow(list(given), data_format=options.data_format)
        count = len(model.features)
        encode = f"{count} feature{'s' if count != 1 else ''} of {len(columns_of(model.features))} columns"
        lines = [*tables.plan(named), ("encode", encode, native)]
    lines += _learning(model, native, in_turn=options.deterministic)
    widths = [max(len(line[at]) for line in lines) for at in range(2)]
    return "\n".join(f"{what:<{widths[0]}}  {detail:<{widths[1]}}  {where}" for what, detail, where in lines)


def _learning(model: Model, native: str, *, in_turn: bool) -> list[tuple[str, str, str]]:
    """A line for each engine that learns."""
    terms = terms_of(model)
    score = f"{model.score}, {model.loss} loss"
    table = f"table of 2^{model.bits} rows" if model.table == "fixed" else f"{model.table} table"
    order = ", blocks in turn" if in_turn else ""
    if terms == ("trees",):
        return [("gather", "all examples, into memory", native), ("learn", score, "LightGBM")]
    if terms == ("algorithm",):
        return [("localise", "the features of a batch, each once", native), ("learn", score, "your step, in Python")]
    if "leaves" in terms:
        gather = ("gather", "all examples, into memory", native)
        return [gather, ("grow", "trees", "LightGBM"), ("learn", f"{score}, {table}{order}", native)]
    if {"mlp", "cross"} & set(terms):
        localise = ("localise", f"the features of {model.batch:,} examples, each once", native)
        return [
            localise,
            ("pull, push", f"rows of a {table}, in batches", native),
            ("learn", score, f"PyTorch, {model.device}"),
        ]
    return [("learn", f"{score}, {table}{order}", native)]
