"""The compiled module of the learning half, which nothing else loads."""

from tiffin._native._learn import (
    BadRows,
    BlockSource,
    ChunkDamaged,
    ChunkFile,
    ChunkRows,
    ChunkWriter,
    Diverged,
    FedSource,
    FileSource,
    KeepingRows,
    Learner,
    RowsSource,
    TextRows,
    key,
    table_row,
)

__all__ = [
    "BadRows",
    "BlockSource",
    "ChunkDamaged",
    "ChunkFile",
    "ChunkRows",
    "ChunkWriter",
    "Diverged",
    "FedSource",
    "FileSource",
    "KeepingRows",
    "Learner",
    "RowsSource",
    "TextRows",
    "key",
    "table_row",
]
