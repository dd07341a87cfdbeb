"""What training reads: files of lines, or tables with columns of which features are made."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, cast

from tiffin._native.learning import BadRows, Diverged, RowsSource
from tiffin.errors import ConfigError, FormatError, TrainingError, UsageError
from tiffin.features import automatic, count_fields, encoder, types_of
from tiffin.models import Model, check_size, fields_of, labels_of, terms_of
from tiffin.stream import (
    COLUMNS,
    FORMATS,
    Cache,
    Flow,
    Order,
    bad_row_error,
    fed,
    flow,
    format_of,
    is_columnar,
    is_frame,
    parsed,
)

__all__ = [
    "Data",
    "Frame",
    "Readable",
    "cache_of",
    "diverged",
    "errors_of",
    "examples",
    "format_or",
    "names_of",
    "place_of",
    "readable",
    "with_features",
]


class Frame(Protocol):
    """A table in memory that lends its columns as Arrow does: of Polars, pandas, Arrow and many more."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


# Paths of files, in order; or what is done with tables before features are made of them.
Data = Sequence[str] | Flow
# What people may give for it.
Readable = Data | Frame | Sequence[Frame]

_LIKELY_LABELS = ("label", "target", "click", "clicked", "class", "y")


def readable(data: Readable) -> Data:
    """Data as it is passed around: a frame, or many, are a flow."""
    if is_frame(data) or (isinstance(data, list | tuple) and any(map(is_frame, data))):
        return flow(data)
    return data if isinstance(data, Flow) else [os.fspath(path) for path in cast("Sequence[str]", data)]


def format_or(data: Data, known: str) -> str:
    """The format that the names of files say, or else the one that is known.  Raises UsageError."""
    if isinstance(data, Flow):
        return COLUMNS
    try:
        return format_of(data)
    except UsageError:
        if known not in FORMATS and known != COLUMNS:
            raise
        return known


def names_of(data: Data) -> list[str]:
    """What files and frames are called in messages."""
    return data.names if isinstance(data, Flow) else list(data)


def place_of(data: Data, data_format: str, file: int, line: int) -> str:
    """A line or row, for people."""
    name = names_of(data)[file]
    if not is_columnar(data_format):
        return f"{name}:{line}"
    after = " after its stages" if isinstance(data, Flow) and data.stages else ""
    return f"{name}{after}, row {line}"


def with_features(model: Model, data: Data, data_format: str) -> Model:
    """The model with what it needs to read tables: a label, and features, all columns if none were named."""
    if not is_columnar(data_format):
        if model.features or model.label or model.weight or model.time:
            raise UsageError(
                f"{data_format} has no columns, and the model is of columns",
                hint="take features, label, weight and time out",
            )
        return model
    if not model.label or not model.features:
        kinds = _flow_of(data, data_format).kinds()
        if not kinds:
            raise TrainingError(f"there is no example in {', '.join(names_of(data))}")
        if not model.label:
            raise _no_label(kinds)
        model = model._replace(
            features=model.features or automatic(kinds, {*labels_of(model), model.weight, model.time})
        )
    if _has_fields(model) and model.fields == 0:
        model = model._replace(fields=count_fields(model.features))
    check_size(model)
    return model


def _has_fields(model: Model) -> bool:
    """Whether its score tells fields apart."""
    return not {"ffm", "cross", "mlp"}.isdisjoint(terms_of(model)) or (model.score == "algorithm" and model.fields > 0)


def _no_label(kinds: dict[str, str]) -> ConfigError:
    likely = [name for name in kinds if name.lower() in _LIKELY_LABELS]
    hint = f"is it --label {likely[0]}?" if likely else f"say it with --label COL: {', '.join(list(kinds)[:20])}"
    return ConfigError("no column was named as label", hint=hint)


@contextmanager
def examples(
    data: Data,
    data_format: str,
    model: Model,
    *,
    labels: bool = True,
    by: str | None = None,
    order: Order | None = None,
) -> Iterator[RowsSource]:
    """The examples of the data, in order, for one pass.

    labels: whether they need to have any.  by: the column by which they are told apart.  order: is shown the rows that
    go by.  Raises as `errors_of` and `fed` say.
    """
    if not is_columnar(data_format):
        if model.features:
            raise UsageError(f"this model reads tables with columns, and this is {data_format}")
        with parsed(_paths(data), data_format, by) as rows:
            yield rows
        return
    if not model.features:
        raise UsageError("this model was learned from lines, and has no features of columns")
    tasks, weight = (labels_of(model), model.weight) if labels else ((), "")
    native = encoder(model.features, tasks, weight, numbered=_has_fields(model), by=by is not None)
    types = types_of(model.features, [*tasks, *filter(None, [weight])])
    types = types._replace(texts=types.texts - {model.time})  # as text, 10 comes before 9
    with fed(_flow_of(data, data_format), native, types, order, by) as rows:
        yield rows


def cache_of(data: Data, data_format: str, model: Model, directory: str | None, order: Order | None) -> Cache:
    """Where the examples are kept from pass to pass, and from run to run where that is possible.

    directory: for later runs.  What stages give, and frames, are kept for this run only.
    """
    if not is_columnar(data_format):
        return Cache(_paths(data), data_format, directory)
    tables = _flow_of(data, data_format)
    files = [str(source) for source in tables.sources if not is_frame(source)]
    lasting = not tables.stages and len(files) == len(tables.sources)
    return Cache(
        files,
        data_format,
        directory if lasting else None,
        rows=lambda: examples(data, data_format, model, order=order),
        made_by=[fields_of(model)["columns"], _has_fields(model)],
    )


def _flow_of(data: Data, data_format: str) -> Flow:
    if isinstance(data, Flow):
        return data
    return flow(list(data), data_format=None if data_format == COLUMNS else data_format)


def _paths(data: Data) -> Sequence[str]:
    if isinstance(data, Flow):
        raise UsageError("lines that are examples have no columns, so they pass no stages")
    return data


@contextmanager
def errors_of(data: Data, data_format: str = "") -> Iterator[None]:
    """Raise what the native module finds in the words of the user's files."""
    try:
        yield
    except BadRows as error:
        if not is_columnar(data_format):
            raise bad_row_error(names_of(data), error) from None
        file, line, _, what = error.args
        hint = "mend it, or skip so many with --max-bad"
        raise FormatError(what, path=place_of(data, data_format, file, line), hint=hint) from None
    except Diverged as error:
        raise diverged(f" at {place_of(data, data_format, *error.args)}") from None


def diverged(where: str = "") -> TrainingError:
    """The error of a model whose numbers are not finite any more.  where: begins with a blank, if there is any."""
    return TrainingError(
        f"the scores grew beyond all numbers{where}",
        hint="learn more slowly with a smaller alpha, or bring the values of features nearer to 1",
    )
