"""Which experiments somebody means: by name, or by the commit they started from."""

from collections.abc import Container, Sequence
from typing import NamedTuple

from tiffin.errors import ExperimentError
from tiffin.experiments._refs import Baselines, ref_name

__all__ = ["Experiment", "all_experiments", "experiments_from", "experiments_named"]

_SHOWN = 5


class Experiment(NamedTuple):
    """A finished experiment: the commit it started from, its name, and its own commit."""

    baseline: str
    name: str
    commit: str

    @property
    def ref(self) -> str:
        """The full name of its ref."""
        return ref_name(self.baseline, self.name)


def all_experiments(known: Baselines) -> list[Experiment]:
    """All of them, in the order they are known in."""
    return [Experiment(baseline, name, commit) for baseline, names in known.items() for name, commit in names.items()]


def experiments_from(known: Baselines, commits: Container[str]) -> list[Experiment]:
    """Those that started from one of the commits."""
    return [found for found in all_experiments(known) if found.baseline in commits]


def experiments_named(known: Baselines, names: Sequence[str], head: str | None, *, where: str) -> list[Experiment]:
    """Those of the names, each once.  Of several of one name the one that started from HEAD is meant.

    A name may be that of the whole ref.  where: "here", or what else the message says.  Raises ExperimentError.
    """
    by_name: dict[str, list[Experiment]] = {}
    for found in all_experiments(known):
        by_name.setdefault(found.name, []).append(found)
        by_name[found.ref] = [found]
    unknown = [name for name in dict.fromkeys(names) if name not in by_name]
    if unknown:
        raise ExperimentError(_absent(unknown, known, where))
    return list(dict.fromkeys(_only(name, by_name[name], head) for name in names))


def _only(name: str, candidates: list[Experiment], head: str | None) -> Experiment:
    chosen = candidates if len(candidates) == 1 else [found for found in candidates if found.baseline == head]
    if not chosen:
        refs = " or ".join(found.ref for found in candidates)
        raise ExperimentError(f"{len(candidates)} experiments are called '{name}'", hint=f"say which: {refs}")
    return chosen[0]


def _absent(unknown: list[str], known: Baselines, where: str) -> str:
    there = list(dict.fromkeys(found.name for found in all_experiments(known)))
    more = f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
    listed = f"known: {', '.join(there[:_SHOWN])}{more}" if there else "there is none at all"
    return f"no experiment {' or '.join(map(repr, unknown))} {where} ({listed})"
