"""Features for columns that nobody made any of."""

from collections.abc import Container, Mapping

from tiffin.errors import TrainingError
from tiffin.features._expression import Expression, cat, each, num

__all__ = ["automatic"]


def automatic(kinds: Mapping[str, str], apart: Container[str] = ()) -> tuple[Expression, ...]:
    """Each column by its kind: text, whole and flag are categories, number is a number, list a bag of categories.

    apart: columns that are none, such as the label.  Columns of other kinds are left out.  Raises TrainingError if none
    is left.
    """
    makers = {"text": cat, "whole": cat, "flag": cat, "number": num, "list": each}
    found = tuple(makers[kind](name) for name, kind in kinds.items() if kind in makers and name not in apart)
    if not found:
        raise TrainingError("there is no column to learn from", hint="say which label is, with --label COL")
    return found
