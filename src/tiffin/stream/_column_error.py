"""What is wrong with columns, in words."""

from collections.abc import Iterable, Sequence

from tiffin._native.learning import BadColumns
from tiffin.errors import TrainingError
from tiffin.formats.words import nearest

__all__ = ["check_columns", "column_error", "missing_column"]

_LISTED = 20


def column_error(error: BadColumns, where: str = "") -> TrainingError:
    """The error to raise for what the native module found.  where: the file."""
    what, column, known = error.args
    if known:
        return missing_column(column, known, where)
    place = f"{where}: " if where else ""
    return TrainingError(f"{place}column '{column}': {what}" if column else f"{place}{what}")


def missing_column(column: str, known: Sequence[str], where: str = "") -> TrainingError:
    """The error to raise for a column that is not there."""
    near = nearest(column, known)
    listed = ", ".join(known[:_LISTED]) + (", ..." if len(known) > _LISTED else "")
    return TrainingError(
        f"{where}: there is no column '{column}'" if where else f"there is no column '{column}'",
        hint=f"did you mean '{near}'?" if near else f"there are {listed}",
    )


def check_columns(wanted: Iterable[str] | None, there: Iterable[str], where: str) -> None:
    """Raise `missing_column` for the first of them that is not there; None wants all, whatever they are."""
    known = list(there)
    missing = sorted(set(wanted or ()).difference(known))
    if missing and known:  # an empty file has no columns, and no rows that would need them
        raise missing_column(missing[0], known, where)
