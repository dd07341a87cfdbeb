"""The compiled module of the learning half, which nothing else loads."""

from tiffin._native._learn import (
    BadRows,
    BlockSource,
    Diverged,
    FedSource,
    FileSource,
    Learner,
    key,
    table_row,
)

__all__ = [
    "BadRows",
    "BlockSource",
    "Diverged",
    "FedSource",
    "FileSource",
    "Learner",
    "key",
    "table_row",
]
