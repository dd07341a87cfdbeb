"""Polars, the one place where it is imported, and what its types are to us."""

from types import ModuleType
from typing import Any

from tiffin.errors import MissingDependency

__all__ = ["is_frame", "kind_of", "kinds_of", "polars_module", "to_frame"]


def polars_module() -> ModuleType:
    """Polars, imported when it is first needed.  Raises MissingDependency."""
    try:
        import polars as pl  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise MissingDependency("columns of data need the library polars", hint="pip install 'tiffin[train]'") from None
    return pl


def kind_of(dtype: Any) -> str:
    """text, whole, number, flag, time, list or other."""
    pl = polars_module()
    if dtype.is_integer():
        return "whole"
    if dtype.is_float() or dtype.is_decimal():
        return "number"
    if dtype.is_temporal():
        return "time"
    if isinstance(dtype, pl.List | pl.Array):
        return "list"
    known = {pl.String: "text", pl.Categorical: "text", pl.Enum: "text", pl.Boolean: "flag", pl.Null: "text"}
    return known.get(dtype.base_type(), "other")


def kinds_of(schema: Any) -> dict[str, str]:
    """The kind of each column."""
    return {name: kind_of(dtype) for name, dtype in schema.items()}


def is_frame(data: Any) -> bool:
    """Whether it is a table in memory, or the plan of one: of Polars, or whatever lends columns as Arrow does."""
    return hasattr(data, "__arrow_c_stream__") or (hasattr(data, "collect_batches") and hasattr(data, "collect_schema"))


def to_frame(data: Any) -> Any:
    """A table in memory as a frame of Polars, without copying where types allow it."""
    pl = polars_module()
    return data if isinstance(data, pl.DataFrame | pl.LazyFrame) else pl.DataFrame(data)
