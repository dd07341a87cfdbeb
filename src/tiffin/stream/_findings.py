"""What the native module finds in lines, in the words of the user's files."""

from collections.abc import Sequence

from tiffin._native.learning import BadRows
from tiffin.errors import FormatError

__all__ = ["bad_row_error"]


def bad_row_error(paths: Sequence[str], found: BadRows) -> FormatError:
    """The error to raise for a line that is no example."""
    file, line, column, what = found.args
    hint = "mend the line, or skip so many with --max-bad"
    return FormatError(what, path=paths[file], line=line, column=column or None, hint=hint)
