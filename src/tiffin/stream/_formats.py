"""Which format a file of examples has (docs/formats/examples.md)."""

import os
from collections.abc import Sequence

from tiffin.errors import UsageError

__all__ = ["COMPRESSED", "FORMATS", "format_of"]

# Format -> the endings of its files.
FORMATS = {
    "libsvm": (".svm", ".libsvm", ".svmlight"),
    "ffm": (".ffm", ".libffm"),
    "vw": (".vw",),
    "criteo": (".criteo",),
}
COMPRESSED = (".gz", ".zst")


def format_of(paths: Sequence[str]) -> str:
    """The one format that the names of the files say.  Raises UsageError."""
    found = {_format_of(path): path for path in paths}
    if len(found) > 1:
        one, other = sorted(found)[:2]
        raise UsageError(
            f"'{found[one]}' is {one} and '{found[other]}' is {other}; one model reads one format",
            hint="say with --format which it is",
        )
    return next(iter(found))


def _format_of(path: str) -> str:
    name = os.path.basename(path)
    for ending in COMPRESSED:
        name = name.removesuffix(ending)
    for known, endings in FORMATS.items():
        if name.endswith(endings):
            return known
    raise UsageError(
        f"the name of '{path}' does not say which format it has",
        hint=f"say it with --format: {', '.join(FORMATS)}",
    )
