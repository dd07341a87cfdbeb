"""Experiments as JSON, CSV, Markdown and a table: what `exp show` prints."""

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tiffin.cli._fitting import Style, drawn, fit
from tiffin.cli._table_text import Column, cell, markdown, width
from tiffin.cli._text import shown_time
from tiffin.errors import ExperimentError, UsageError
from tiffin.experiments import Data, Executor, Failure, Reading, State

__all__ = ["Table", "as_csv", "as_fitted", "as_json", "as_markdown", "as_text", "failure_json", "table_of"]

FILL, BROKEN = "-", "!"
SHORT = 7
GAP = 3
BRANCHES = {"baseline": "", "branch_commit": "├── ", "branch_base": "└── "}


class Table(NamedTuple):
    """Columns of equal length; the first seven say what a row is, as in DVC's CSV."""

    columns: Sequence[Column]
    fill: str

    def chosen(self, *, keep: Sequence[str], drop: Sequence[str], only_changed: bool, joined: bool) -> "Table":
        """The columns to show.  joined: experiment, commit and their place in one column.

        Raises UsageError for a broken pattern.
        """
        kept, dropped = _pattern("--keep", keep), _pattern("--drop", drop)
        columns = [
            column
            for column in self.columns
            if column.header not in ("State", "Executor") or any(text != self.fill for text in column.cells)
        ]
        if joined:
            columns = _joined(columns)
        return self._replace(
            columns=[
                column
                for column in columns
                if (kept and kept.match(column.header))
                or not ((only_changed and len(set(column.cells)) == 1) or (dropped and dropped.match(column.header)))
            ]
        )


def as_json(states: Iterable[State]) -> list[dict[str, Any]]:
    """DVC's answer, which its VS Code extension reads."""
    return [_state_json(state) for state in states]


def table_of(
    states: Sequence[State], *, precision: int | None, csv: bool, sort_by: str | None = None, descending: bool = False
) -> Table:
    """The table of all rows.  precision: significant digits, None for all.  Raises ExperimentError for sort_by."""
    fill = "" if csv else FILL
    metrics, params = _names(states, "metrics"), _names(states, "params")
    deps = sorted({path for state in _everything(states) if state.data for path in state.data.deps})
    key = _sort_key(sort_by, {"metrics": metrics, "params": params}) if sort_by else None
    rows = [row for state in states for row in _rows(state, key, descending=descending)]
    columns = [
        Column("Experiment", [row.name for row in rows]),
        Column("rev", [row.rev for row in rows]),
        Column("typ", [row.kind for row in rows]),
        Column("Created", [_created(row.data, fill, iso=csv) for row in rows]),
        Column("parent", ["" for _ in rows]),
        Column("State", [(row.executor.state.capitalize() if row.executor else "") or fill for row in rows]),
        Column("Executor", [((row.executor and row.executor.name) or "").capitalize() or fill for row in rows]),
    ]
    count = Counter(name for names in {**metrics, **params}.values() for name in names)
    count.update(column.header for column in columns)
    for section, found in (("metrics", metrics), ("params", params)):
        for path, names in found.items():
            for name in names:
                texts = [_cell(row.data, section, path, name, fill, precision) for row in rows]
                columns.append(Column(name if count[name] == 1 else f"{path}:{name}", texts, section == "metrics"))
    columns += [Column(path, [_hash(row.data, path, fill) for row in rows]) for path in deps]
    return Table(columns, fill)


def as_csv(table: Table) -> str:
    """Comma separated, lines ending in CR LF."""
    from csv import writer  # noqa: PLC0415 - for this form only
    from io import StringIO  # noqa: PLC0415 - as above

    buffer = StringIO()
    lines = writer(buffer)
    lines.writerow([column.header for column in table.columns])
    lines.writerows(_across(table))
    return buffer.getvalue()


def as_markdown(table: Table) -> str:
    """A Markdown table."""
    return markdown([column.header for column in table.columns], _across(table))


def as_text(table: Table) -> str:
    """Columns `GAP` blanks apart between rules; metrics to the right.  Without rows nothing."""
    rows = _across(table)
    if not rows:
        return ""
    lines = [[column.header for column in table.columns], *rows]
    widths = [max(width(line[at]) for line in lines) for at in range(len(table.columns))]
    texts = [(" " * GAP).join(_aligned(line, table.columns, widths)).rstrip() for line in lines]
    rule = "─" * (sum(widths) + GAP * (len(widths) - 1))
    return "\n".join([rule, texts[0], rule, *texts[1:], rule]) + "\n"


def as_fitted(table: Table, space: int) -> str:
    """The same on a terminal of so many columns; see `_fitting`.  What is left out is said below."""
    labels = [_label(text) for text in table.columns[0].cells] if table.columns else []
    found = fit(table.columns, space, Style(gap=GAP), labels=labels)
    return drawn(found, lambda columns: as_text(table._replace(columns=columns)), whole="--csv, --md, --json")


def _label(text: str) -> str:
    """A row's name: that of the experiment rather than its commit."""
    name = text.lstrip("├─└ ")
    return name.partition("[")[2].removesuffix("]") or name


def _aligned(line: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> Iterator[str]:
    for text, column, size in zip(line, columns, widths, strict=True):
        gap = " " * (size - width(text))
        yield gap + text if column.right else text + gap


def _across(table: Table) -> list[list[str]]:
    return [list(row) for row in zip(*(column.cells for column in table.columns), strict=True)]


# JSON


def _state_json(state: State) -> dict[str, Any]:
    return {
        "rev": state.rev,
        "name": state.name,
        "data": None if state.data is None else _data_json(state.rev, state.data),
        "error": None if state.failure is None else {"msg": state.failure.message, "type": state.failure.kind},
        "experiments": [_experiment_json(revs) for revs in state.experiments] or None,
    }


def _experiment_json(revs: Sequence[State]) -> dict[str, Any]:
    executor = None if revs[0].executor is None else _executor_json(revs[0].executor)
    return {"revs": [_state_json(state) for state in revs], "executor": executor, "name": revs[0].name}


def _executor_json(executor: Executor) -> dict[str, Any]:
    local = {name: getattr(executor, name) for name in ("root", "log", "pid", "returncode", "task_id")}
    return {"state": executor.state, "name": executor.name, "local": local}


def _data_json(rev: str, data: Data) -> dict[str, Any]:
    return {
        "rev": rev,
        "timestamp": None if data.time is None else _iso(data.time),
        "params": {path: _reading_json(reading) for path, reading in data.params.items()},
        "metrics": {path: _reading_json(reading) for path, reading in data.metrics.items()},
        "deps": {path: state._asdict() for path, state in data.deps.items()},
        "outs": {path: state._asdict() for path, state in data.outs.items()},
        "meta": {},
    }


def _reading_json(reading: Reading) -> dict[str, Any]:
    return {"data": reading.values} if reading.failure is None else {"error": failure_json(reading.failure)}


def failure_json(failure: Failure) -> dict[str, str]:
    """DVC's form of an exception."""
    return {"type": failure.kind, "msg": failure.message}


# Rows


class _Row(NamedTuple):
    name: str
    rev: str
    kind: str
    data: Data | None
    executor: Executor | None = None


class _Key(NamedTuple):
    section: str
    path: str
    name: str


def _rows(state: State, key: _Key | None, *, descending: bool) -> Iterator[_Row]:
    yield _Row("", state.name or _short(state.rev), "baseline", state.data)
    tips = [revs[0] for revs in state.experiments]
    if key is not None:
        tips.sort(key=lambda tip: _rank(_value(tip.data, *key)), reverse=descending)
    for at, tip in enumerate(tips):
        kind = "branch_base" if at == len(tips) - 1 else "branch_commit"
        yield _Row(tip.name or "", _short(tip.rev), kind, tip.data, tip.executor)


def _rank(value: Any) -> tuple[bool, bool, Any]:
    """What is not there comes after all else, text after numbers."""
    number = isinstance(value, int | float)
    return value is None, not number, value if number else str(value)


def _short(rev: str) -> str:
    return rev[:SHORT] if len(rev) == 40 else rev


def _everything(states: Iterable[State]) -> Iterator[State]:
    for state in states:
        yield state
        yield from (rev for revs in state.experiments for rev in revs)


def _names(states: Iterable[State], section: str) -> dict[str, dict[str, None]]:
    """file -> the names in it, both in the order they appear."""
    found: dict[str, dict[str, None]] = {}
    for state in _everything(states):
        for path, reading in _readings(state.data, section).items():
            names = found.setdefault(path, {})
            if reading.failure is None and isinstance(reading.values, Mapping):
                names.update((name, None) for name, _ in _leaves(reading.values))
    return found


def _readings(data: Data | None, section: str) -> Mapping[str, Reading]:
    if data is None:
        return {}
    return data.metrics if section == "metrics" else data.params


def _leaves(values: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _value(data: Data | None, section: str, path: str, name: str) -> Any:
    reading = _readings(data, section).get(path)
    if reading is None or not isinstance(reading.values, Mapping):
        return None
    return dict(_leaves(reading.values)).get(name)


def _cell(data: Data | None, section: str, path: str, name: str, fill: str, precision: int | None) -> str:
    reading = _readings(data, section).get(path)
    if reading is not None and reading.failure is not None:
        return BROKEN
    value = _value(data, section, path, name)
    return fill if value is None else cell(value, precision, significant=True)


def _hash(data: Data | None, path: str, fill: str) -> str:
    state = data.deps.get(path) if data is not None else None
    return (state.hash if state is not None else None) or fill


def _created(data: Data | None, fill: str, *, iso: bool) -> str:
    if data is None or data.time is None:
        return fill
    if iso:
        return _iso(data.time)
    return shown_time(data.time)


def _iso(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(seconds))


def _sort_key(asked: str, sections: Mapping[str, Mapping[str, Iterable[str]]]) -> _Key:
    """Find a column by [FILE:]NAME; a name may itself hold colons."""
    everything = [
        _Key(section, path, name)
        for section, files in sections.items()
        for path, names in files.items()
        for name in names
    ]
    exact = [key for key in everything if asked == f"{key.path}:{key.name}"]
    found = exact or [key for key in everything if asked.removeprefix(":") == key.name]
    if not found:
        known = ", ".join(dict.fromkeys(key.name for key in everything))
        raise ExperimentError(f"no column '{asked}' to sort by", hint=f"there are: {known or 'none'}")
    if len(found) > 1:
        choices = ", ".join(f"{key.path}:{key.name}" for key in found)
        raise ExperimentError(f"'{asked}' names several columns: {choices}", hint="name the file as well")
    return found[0]


# Columns


def _pattern(option: str, patterns: Sequence[str]) -> re.Pattern[str] | None:
    try:
        return re.compile("|".join(patterns)) if patterns else None
    except re.error as error:
        raise UsageError(f"{option}: {error.pattern!r} is no regular expression: {error}") from error


def _joined(columns: Sequence[Column]) -> list[Column]:
    """One column Experiment out of it, rev, typ and parent."""
    named = {column.header: column.cells for column in columns[:5]}
    texts = [
        BRANCHES[kind] + (rev if kind == "baseline" or not name else f"{rev} [{name}]")
        for name, rev, kind in zip(named["Experiment"], named["rev"], named["typ"], strict=True)
    ]
    rest = [column for column in columns if column.header not in ("Experiment", "rev", "typ", "parent")]
    return [Column("Experiment", texts), *rest]
