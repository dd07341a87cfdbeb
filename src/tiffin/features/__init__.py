"""What a model sees of a row: expressions over named columns (docs/formats/features.md).

from tiffin.features import cat, num, text
features = [cat("site"), num("age").log_bucket(), cat("site") @ cat("device"), text("title").tokens()]
"""

from tiffin.features._automatic import automatic
from tiffin.features._encoding import (
    Encoded,
    columns_of,
    count_fields,
    encode,
    encoder,
    fields_of,
    types_of,
)
from tiffin.features._expression import Expression, cat, each, num, text
from tiffin.features._operators import OPERATORS, Argument, Operator
from tiffin.features._serial import FORMAT, from_tree, parse, to_tree

__all__ = [
    "FORMAT",
    "OPERATORS",
    "Argument",
    "Encoded",
    "Expression",
    "Operator",
    "automatic",
    "cat",
    "columns_of",
    "count_fields",
    "each",
    "encode",
    "encoder",
    "fields_of",
    "from_tree",
    "num",
    "parse",
    "text",
    "to_tree",
    "types_of",
]
