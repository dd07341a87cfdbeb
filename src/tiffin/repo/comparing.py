"""Parameters and metrics of one or several revisions: `params diff`, `metrics show`, `metrics diff`."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tiffin.errors import TiffinError
from tiffin.experiments import Failure, Reading, View, failure_of, flat, metrics_of, params_of
from tiffin.repo._repo import Repo
from tiffin.repo.asked import Revisions
from tiffin.repo.revisions import WORKSPACE, States

__all__ = [
    "Comparison",
    "Outcome",
    "Revisions",
    "Values",
    "experiments_diff",
    "metrics_diff",
    "metrics_show",
    "params_diff",
]


class Outcome(NamedTuple):
    """What one revision says: its files by repository path, or why its stages cannot be read."""

    files: Mapping[str, Reading]
    failure: Failure | None = None

    @property
    def failures(self) -> list[tuple[str | None, Failure]]:
        """All that went wrong, each with its path."""
        broken = [(path, reading.failure) for path, reading in self.files.items() if reading.failure is not None]
        return [*([(None, self.failure)] if self.failure is not None else []), *broken]


class Values(NamedTuple):
    """A value in the old and in the new revision; None where it is not there."""

    old: Any
    new: Any

    @property
    def change(self) -> float | None:
        """new - old, for numbers."""
        if isinstance(self.old, int | float) and isinstance(self.new, int | float):
            return self.new - self.old
        return None


class Comparison(NamedTuple):
    """What differs between two revisions.

    files: repository path -> dotted name -> values, both in order.  broken: revision -> what could not be read.
    """

    files: Mapping[str, Mapping[str, Values]]
    broken: Mapping[str, list[tuple[str | None, Failure]]]


def metrics_show(repo: Repo, targets: Sequence[str] = (), revisions: Revisions = Revisions()) -> dict[str, Outcome]:  # noqa: B008
    """The metrics of the workspace under the name "", or of several revisions.

    Several: the workspace first, unless it says the same as the current branch; then each commit under all the names
    it was asked by, joined by commas.  targets: files or directories, from where the user stands.
    """
    paths = [repo.inside(target) for target in targets]

    def read(view: View) -> dict[str, Reading]:
        return metrics_of(view, paths)

    with States(repo) as states:
        if not revisions:
            return {"": _outcome(states.workspace(), read)}
        found = {WORKSPACE: _outcome(states.workspace(), read)}
        for commit, names in states.select(revisions).items():
            if states.holds_repository(commit):
                found[",".join(names)] = _outcome(states.at(commit), read)
        current = found.get(states.git.active_branch() or "")
    if current is not None and not current.failures and current == found[WORKSPACE]:
        del found[WORKSPACE]
    return found


def metrics_diff(
    repo: Repo, old: str, new: str, targets: Sequence[str] = (), *, everything: bool = False
) -> Comparison:
    """Metrics of two revisions ("workspace" is one), where they differ or everything."""
    paths = [repo.inside(target) for target in targets]
    return _compare(repo, old, new, lambda view: metrics_of(view, paths), everything=everything)


def params_diff(
    repo: Repo, old: str, new: str, targets: Sequence[str] = (), *, everything: bool = False, deps: bool = False
) -> Comparison:
    """Parameters of two revisions, where they differ or everything.  deps: only those stages depend on."""
    paths = [repo.inside(target) for target in targets]
    return _compare(repo, old, new, lambda view: params_of(view, paths, deps=deps), everything=everything)


def experiments_diff(
    repo: Repo, old: str, new: str, *, everything: bool = False, deps: bool = False
) -> tuple[Comparison, Comparison] | None:
    """Metrics and parameters of two revisions, as `metrics_diff` and `params_diff`; None before the first commit."""
    with States(repo) as states:
        if states.git.head() is None:
            return None
        metrics = _compared(states, old, new, metrics_of, everything=everything)
        params = _compared(states, old, new, lambda view: params_of(view, deps=deps), everything=everything)
        return metrics, params


def _compare(
    repo: Repo, old: str, new: str, read: Callable[[View], dict[str, Reading]], *, everything: bool
) -> Comparison:
    with States(repo) as states:
        if states.git.head() is None:
            return Comparison({}, {})
        return _compared(states, old, new, read, everything=everything)


def _compared(
    states: States, old: str, new: str, read: Callable[[View], dict[str, Reading]], *, everything: bool
) -> Comparison:
    outcomes = {name: _outcome(states.view(name), read) for name in dict.fromkeys((old, new))}
    before, after = outcomes[old].files, outcomes[new].files
    files = {}
    for path in sorted({*before, *after}):
        changed = _differences(_values(before.get(path)), _values(after.get(path)), everything=everything)
        if changed:
            files[path] = changed
    return Comparison(files, {name: outcome.failures for name, outcome in outcomes.items() if outcome.failures})


def _outcome(view: View, read: Callable[[View], dict[str, Reading]]) -> Outcome:
    try:
        return Outcome(read(view))
    except (TiffinError, OSError) as error:
        return Outcome({}, failure_of(error))


def _values(reading: Reading | None) -> Any:
    """The values as they are compared.  A file that holds a single text may hold a number in it."""
    values = None if reading is None else reading.values
    if isinstance(values, list):
        return str(values)
    if isinstance(values, str):
        try:
            return json.loads(values)
        except json.JSONDecodeError:
            return values
    return {} if values is None else values


def _differences(old: Any, new: Any, *, everything: bool) -> dict[str, Values]:
    before, after = _named(old, new), _named(new, old)
    names = sorted({*before, *after})
    pairs = {name: Values(before.get(name), after.get(name)) for name in names}
    return {name: values for name, values in pairs.items() if everything or values.old != values.new}


def _named(values: Any, other: Any) -> Mapping[str, Any]:
    if isinstance(values, Mapping):
        return flat(values)
    # A single value against a map: nothing in common that could be compared, as in DVC.
    return dict.fromkeys(flat(other), "unable to parse") if isinstance(other, Mapping) and other else flat(values)
