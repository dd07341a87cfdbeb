"""Experiments as refs of Git.

    ref := "refs/exps/" hex{2} "/" hex{38} "/" name      the 40 digits are the commit the experiment started from

Other refs below refs/exps/ (exec, apply, celery, stash, temp) are DVC's own bookkeeping.
"""

from collections.abc import Mapping
from typing import NamedTuple

from tiffin.errors import ExperimentError
from tiffin.scm import Git, GitRemote

__all__ = [
    "Baselines",
    "check_name",
    "experiments_by_baseline",
    "experiments_of_remote",
    "find_experiment",
    "ref_name",
]

PREFIX = "refs/exps/"
_FORBIDDEN = frozenset(' ~^:?*[\\/"') | {chr(code) for code in (*range(32), 127)}
_HEX = frozenset("0123456789abcdef")

Baselines = Mapping[str, Mapping[str, str]]


class _Ref(NamedTuple):
    baseline: str
    name: str


def ref_name(baseline: str, name: str) -> str:
    """The ref of an experiment that started from a commit."""
    return f"{PREFIX}{baseline[:2]}/{baseline[2:]}/{name}"


def check_name(name: str) -> None:
    """Raise ExperimentError unless git takes the name as the last part of a ref, and DVC as an experiment."""
    wrong = (
        not name
        or name.startswith((".", "-"))
        or name.endswith((".", ".lock"))
        or ".." in name
        or "@{" in name
        or name == "@"
        or not _FORBIDDEN.isdisjoint(name)
    )
    if wrong:
        raise ExperimentError(f"'{name}' cannot name an experiment", hint="use letters, digits, '-', '_' and '.'")


def experiments_by_baseline(git: Git) -> Baselines:
    """baseline commit -> name -> commit of the experiment; names in order."""
    return _experiments_in(git.for_each_ref(PREFIX))


def experiments_of_remote(remote: GitRemote) -> Baselines:
    """The same of another repository, whose commits need not be here.  Raises GitError."""
    return _experiments_in(remote.refs(PREFIX))


def _experiments_in(refs: Mapping[str, str]) -> Baselines:
    found: dict[str, dict[str, str]] = {}
    for ref, commit in refs.items():
        parsed = _parse(ref)
        if parsed is not None:
            found.setdefault(parsed.baseline, {})[parsed.name] = commit
    return found


def find_experiment(known: Baselines, name: str, head: str | None) -> str | None:
    """The commit of the experiment of that name; the one that started from HEAD if there are several.

    None if there is none, or several and none from HEAD.
    """
    commits = {baseline: names[name] for baseline, names in known.items() if name in names}
    if len(commits) == 1:
        return next(iter(commits.values()))
    return commits.get(head or "")


def _parse(ref: str) -> _Ref | None:
    parts = ref.removeprefix(PREFIX).split("/")
    if len(parts) != 3 or len(parts[0]) != 2 or len(parts[1]) != 38 or not _HEX.issuperset(parts[0] + parts[1]):
        return None
    return _Ref(parts[0] + parts[1], parts[2])
