"""What `params diff` and `metrics diff` share: showing what differs between two revisions."""

from collections.abc import Iterable, Mapping
from typing import Any

from tiffin.cli._table_text import MARGIN, cell, columns_of, markdown, plain
from tiffin.cli._ui import Ui
from tiffin.experiments import Failure
from tiffin.repo import Repo
from tiffin.repo.comparing import Comparison, Values

__all__ = ["FILL", "as_json", "show", "warn"]

FILL = "-"
SHOWN = 3


def as_json(repo: Repo, comparison: Comparison, *, shown: bool = True) -> dict[str, dict[str, dict[str, Any]]]:
    """file -> name -> old, new and, for numbers, diff.  shown: files from where the user stands, not from the root."""
    return {
        repo.shown(path) if shown else path: {name: _entry(values) for name, values in names.items()}
        for path, names in comparison.files.items()
    }


def show(
    ui: Ui,
    repo: Repo,
    comparison: Comparison,
    headers: tuple[str, ...],
    *,
    precision: int | None = None,
    path: bool = True,
    md: bool = False,
    significant: bool = False,
    no_change: str = FILL,
) -> None:
    """Print the table; headers: Path, what is compared, the two revisions and, where it is wanted, Change.

    precision: digits after the decimal point, or with significant, in all.  no_change: of what are no numbers.
    """
    first = 0 if path else 1
    rows = [
        (repo.shown(file), name, *_cells(values, precision, no_change, significant=significant))[first : len(headers)]
        for file, names in comparison.files.items()
        for name, values in names.items()
    ]
    space = None if md else ui.space()
    if space is None:
        ui.table((markdown if md else plain)(headers[first:], rows))
        return
    from tiffin.cli._fitting import Style, drawn, squeeze  # noqa: PLC0415 - for a terminal only

    columns = columns_of(headers[first:], rows)
    # The values first, then the path; what is compared only if nothing else helps.
    order = [2 - first, 3 - first, *([0] if path else []), 1 - first]
    found = squeeze(columns, space, Style(gap=2, margin=MARGIN), order)
    ui.page(drawn(found, whole="--md, --json"))


def warn(ui: Ui, what: str, broken: Mapping[str, Iterable[tuple[str | None, Failure]]]) -> None:
    """Say for each revision what could not be read."""
    for revision, failures in broken.items():
        texts = [failure.message for _, failure in failures]
        more = f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
        where = f" in '{revision}'" if revision else ""
        ui.warning(f"some {what} could not be read{where}: {'; '.join(texts[:SHOWN])}{more}")


def _entry(values: Values) -> dict[str, Any]:
    change = values.change
    entry = {"old": values.old, "new": values.new}
    return entry if change is None else {**entry, "diff": change}


def _cells(values: Values, precision: int | None, no_change: str, *, significant: bool) -> tuple[str, str, str]:
    texts = (
        fill if value is None else cell(value, precision, significant=significant)
        for value, fill in ((values.old, FILL), (values.new, FILL), (values.change, no_change))
    )
    old, new, change = texts
    return old, new, change
