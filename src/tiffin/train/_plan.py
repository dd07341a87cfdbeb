"""Where each step of training runs, for people."""

from tiffin.features import columns_of
from tiffin.models import Model, labels_of
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
    table = f"table of 2^{model.bits} rows" if model.table == "fixed" else f"{model.table} table"
    learn = f"{model.score}, {model.loss} loss, {table}"
    if options.deterministic:
        learn += ", blocks in turn"
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
    lines.append(("learn", learn, native))
    widths = [max(len(line[at]) for line in lines) for at in range(2)]
    return "\n".join(f"{what:<{widths[0]}}  {detail:<{widths[1]}}  {where}" for what, detail, where in lines)
