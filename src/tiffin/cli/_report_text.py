"""A report as Markdown, as GitHub and its like show it in a pull request."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tiffin.cli._changes import MISSING, ORDER, groups_of, path_of
from tiffin.cli._comparison import FILL
from tiffin.cli._table_text import cell, markdown
from tiffin.repo import Repo
from tiffin.repo.comparing import Comparison, Values
from tiffin.repo.reporting import Report, Side

__all__ = ["Picture", "PlotPart", "as_markdown"]

# A longer table is folded; of a very long one the first rows are shown: a comment may have 65,536 characters.
FOLDED = 20
SHOWN = 100
NAMED = 5
SHORT = 7


class Picture(NamedTuple):
    """A plot.  addresses: what it shows, a revision or "" for both, -> where the picture is."""

    title: str
    addresses: Mapping[str, str]
    trouble: Sequence[str] = ()


class PlotPart(NamedTuple):
    """What the report says of plots; unchanged: titles of those that show the same in both revisions."""

    pictures: Sequence[Picture]
    unchanged: Sequence[str]


def as_markdown(
    repo: Repo, found: Report, *, title: str | None = None, precision: int, plots: PlotPart | None = None
) -> str:
    """The whole report.  plots: None where none were asked for."""
    parts = [
        f"## {title or _title(found.old, found.new)}",
        "### Metrics",
        *_metrics(repo, found, precision),
        "### Parameters",
        *_parameters(repo, found),
        "### Data",
        *_data(found),
    ]
    if plots is not None:
        parts += ["### Plots", *_plots(plots)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _title(old: Side, new: Side) -> str:
    return f"From {_named(old)} to {_named(new)}"


def _named(side: Side) -> str:
    if side.commit is None:
        return "the workspace"
    return f"`{side.name}`" + ("" if side.commit.startswith(side.name) else f" ({side.commit[:SHORT]})")


def _metrics(repo: Repo, found: Report, precision: int) -> list[str]:
    changed = _changed(found.metrics)
    headers = ("Metric", found.old.name, found.new.name, "Change")
    rows = [
        (name, _text(values.old, precision), _text(values.new, precision), _change(values, precision))
        for name, values in _flat(repo, changed)
    ]
    same = [name for name, values in _flat(repo, found.metrics) if values.old == values.new]
    none = "There are none." if not same else "None changed."
    return [
        *(_table(headers, rows, "metrics", f"tiffin metrics diff {_range(found)}") or [none]),
        *_broken(found.metrics),
        *([f"Unchanged: {_listed(same)}."] if same and rows else []),
    ]


def _parameters(repo: Repo, found: Report) -> list[str]:
    headers = ("Parameter", found.old.name, found.new.name)
    rows = [(name, _text(values.old), _text(values.new)) for name, values in _flat(repo, found.params)]
    command = f"tiffin params diff {_range(found)}"
    return [*(_table(headers, rows, "parameters", command) or ["None changed."]), *_broken(found.params)]


def _data(found: Report) -> list[str]:
    # What this cache lacks is no affair of who reads the report.
    groups = groups_of(found.data)
    rows = [(kind, path_of(item)) for kind in ORDER if kind != MISSING for item in groups.get(kind, ())]
    return _table(("", "Path"), rows, "files and directories", f"tiffin diff {_range(found)}") or ["None changed."]


def _plots(part: PlotPart) -> list[str]:
    found = [text for picture in part.pictures for text in _picture(picture)]
    if part.unchanged:
        found.append(f"Unchanged: {_listed(part.unchanged)}.")
    return found or ["There are none."]


def _picture(picture: Picture) -> list[str]:
    title, addresses = picture.title, picture.addresses
    shown = [f"![{title}]({addresses['']})"] if "" in addresses else []
    if addresses and not shown:
        shown = [markdown(list(addresses), [[f"![{rev}]({address})" for rev, address in addresses.items()]])]
    return [f"#### {title}", *shown, *(f"Not shown: {text}" for text in picture.trouble)]


def _flat(repo: Repo, comparison: Comparison) -> list[tuple[str, Values]]:
    """Names and values; with several files the file is part of the name."""
    several = len(comparison.files) > 1
    return [
        (f"{repo.shown(path)}:{name}" if several else name, values)
        for path, names in comparison.files.items()
        for name, values in names.items()
    ]


def _changed(comparison: Comparison) -> Comparison:
    files = {
        path: {name: values for name, values in names.items() if values.old != values.new}
        for path, names in comparison.files.items()
    }
    return comparison._replace(files=files)


def _text(value: object, precision: int | None = None) -> str:
    return FILL if value is None else cell(value, precision)


def _change(values: Values, precision: int) -> str:
    if values.change is None:
        return FILL
    text = cell(values.change, precision)
    return text if text.startswith("-") else f"+{text}"


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]], what: str, command: str) -> list[str]:
    """A table; a long one folded and, if need be, with the command that shows the rest.  Nothing without rows."""
    if not rows:
        return []
    parts = [markdown(headers, rows[:SHOWN])]
    if len(rows) > SHOWN:
        parts.append(f"And {len(rows) - SHOWN} more: `{command}` shows them.")
    if len(rows) > FOLDED:
        return [f"<details><summary>{len(rows)} {what}</summary>", *parts, "</details>"]
    return parts


def _broken(comparison: Comparison) -> list[str]:
    return [
        f"Not read in `{revision}`: {failure.message}"
        for revision, failures in comparison.broken.items()
        for _, failure in failures
    ]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(f"`{name}`" for name in names[:NAMED]) + more


def _range(found: Report) -> str:
    return found.old.name if found.new.commit is None else f"{found.old.name} {found.new.name}"
