"""Tables of sparse parameters: a row of numbers for each key, pulled as copies and changed by gradients.

    table = LocalTable(Sparse(8, Optimizer("adagrad", alpha=0.05), first=0.1))
    rows = table.pull(keys)              # (n, 8)
    table.push(keys, gradients)          # keys ascending, each once

They need NumPy.
"""

from tiffin.tables._arrays import check_arrays, read_array, read_arrays, shapes_of, write_array, write_arrays
from tiffin.tables._declared import Dense, Optimizer, Sparse
from tiffin.tables._local import LocalTable
from tiffin.tables._table import Floats, Keys, Table

__all__ = [
    "Dense",
    "Floats",
    "Keys",
    "LocalTable",
    "Optimizer",
    "Sparse",
    "Table",
    "check_arrays",
    "read_array",
    "read_arrays",
    "shapes_of",
    "write_array",
    "write_arrays",
]
