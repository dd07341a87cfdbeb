"""Data on its way to a model: files of any size, in blocks of whole lines or batches of columns."""

from tiffin.stream._batches import batches
from tiffin.stream._cache import Cache
from tiffin.stream._column_error import column_error
from tiffin.stream._feeding import BY, Order, fed
from tiffin.stream._findings import bad_row_error
from tiffin.stream._flow import Flow, flow
from tiffin.stream._formats import COLUMNS, FORMATS, TABLES, format_of, is_columnar
from tiffin.stream._parting import parted_at, parted_by_share
from tiffin.stream._pieces import Types
from tiffin.stream._places import identity_of, is_remote
from tiffin.stream._polars import is_frame, polars_module
from tiffin.stream._size import Amount, amount_of
from tiffin.stream._source import opened, parsed

__all__ = [
    "BY",
    "COLUMNS",
    "FORMATS",
    "TABLES",
    "Amount",
    "Cache",
    "Flow",
    "Order",
    "Types",
    "amount_of",
    "bad_row_error",
    "batches",
    "column_error",
    "fed",
    "flow",
    "format_of",
    "identity_of",
    "is_columnar",
    "is_frame",
    "is_remote",
    "opened",
    "parsed",
    "parted_at",
    "parted_by_share",
    "polars_module",
]
