"""Which format a file of examples has (docs/formats/examples.md)."""

import os
from collections.abc import Mapping, Sequence

from tiffin.errors import UsageError
from tiffin.stream._places import name_of

__all__ = ["COLUMNS", "COMPRESSED", "FORMATS", "TABLES", "format_of", "is_columnar", "is_table", "table_format_of"]

# Format -> the endings of its files: lines that are examples,
FORMATS = {
    "libsvm": (".svm", ".libsvm", ".svmlight"),
    "ffm": (".ffm", ".libffm"),
    "vw": (".vw",),
    "criteo": (".criteo",),
}
# and tables with named columns, of which features are made.
TABLES = {
    "parquet": (".parquet", ".pq"),
    "arrow": (".arrow", ".feather", ".ipc"),
    "csv": (".csv",),
    "tsv": (".tsv",),
    "jsonl": (".jsonl", ".ndjson"),
}
COLUMNS = "columns"  # what a model of features reads: any of the tables
COMPRESSED = (".gz", ".zst")


def is_columnar(data_format: str) -> bool:
    """Whether it has named columns."""
    return data_format == COLUMNS or data_format in TABLES


def format_of(paths: Sequence[str]) -> str:
    """The one format that the names of the files say; "columns" for tables of many.  Raises UsageError."""
    found = {_format_of(path, {**FORMATS, **TABLES}): path for path in paths}
    if all(map(is_columnar, found)):
        return next(iter(found)) if len(found) == 1 else COLUMNS
    if len(found) > 1:
        one, other = sorted(found)[:2]
        raise UsageError(
            f"'{found[one]}' is {one} and '{found[other]}' is {other}; one model reads one format",
            hint="say with --format which it is",
        )
    return next(iter(found))


def table_format_of(path: str) -> str:
    """The same of one table.  Raises UsageError for anything else."""
    found = _format_of(path, {**TABLES, **FORMATS})
    if found in FORMATS:
        raise UsageError(f"'{path}' is {found}, which has no columns", hint=f"columns are in {', '.join(TABLES)}")
    return found


def is_table(path: str) -> bool:
    """Whether its name says so."""
    try:
        return _format_of(path, TABLES) in TABLES
    except UsageError:
        return False


def _format_of(path: str, among: Mapping[str, Sequence[str]]) -> str:
    name = os.path.basename(name_of(path))
    for ending in COMPRESSED:
        name = name.removesuffix(ending)
    for known, endings in among.items():
        if name.endswith(tuple(endings)):
            return known
    raise UsageError(
        f"the name of '{path}' does not say which format it has",
        hint=f"say it with --format: {', '.join(among)}",
    )
