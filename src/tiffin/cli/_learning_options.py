"""Options that commands which learn, or use what was learned, share."""

from typing import Annotated

from tiffin.cli._options import Flag

__all__ = ["Algorithm", "Data", "Format", "MaxBad", "Threads"]

Data = Annotated[list[str], Flag("files of examples, or tables, in order; .gz and .zst too", metavar="FILE", many=True)]
Format = Annotated[
    str | None,
    Flag(
        "the format of the files (default: as their names say)",
        ("--format",),
        choices=("libsvm", "ffm", "vw", "criteo", "parquet", "arrow", "csv", "tsv", "jsonl"),
    ),
]
Threads = Annotated[int | None, Flag("threads (default: one a processor)", ("-j", "--threads"), metavar="N")]
Algorithm = Annotated[
    str | None, Flag("the algorithm of your own that learned it", ("--algorithm",), metavar="FILE.py:NAME")
]
MaxBad = Annotated[int | None, Flag("skip so many lines that are no examples (default: 0)", metavar="N")]
