"""What ran here: `runs` and `logs`."""

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from tiffin.errors import StageNotFound
from tiffin.pipeline import join
from tiffin.pipeline.runlog import lives, logs_of, records, runs_with_logs
from tiffin.repo._repo import Repo

__all__ = ["Log", "is_over", "living_run", "logs", "runs"]

_PIPELINE_FILE = "dvc.yaml"


class Log(NamedTuple):
    """A log file.  stage: its address, seen from the root; path: absolute."""

    run: str
    stage: str
    path: str


def runs(repo: Repo, targets: Sequence[str] = (), *, failed: bool = False, run: str | None = None) -> Iterator[Any]:
    """The records of docs/formats/runs.md, oldest first, of all stages or some.

    targets: stages as the user names them, groups of foreach or matrix stages included.  failed: only those that came
    to nothing.
    """
    wanted = [_address(repo, target) for target in targets]
    for record in records(repo.state):
        if run is not None and record["run"] != run:
            continue
        if failed and record.get("outcome") == "done":
            continue
        if not wanted or any(_is_of(record["stage"], address) for address in wanted):
            yield record


def logs(repo: Repo, target: str | None = None, run: str | None = None) -> list[Log]:
    """The logs of a stage (or a group), or of all, in a run; of the last run that has such.  Raises StageNotFound."""
    known = runs_with_logs(repo.state)
    if run is not None and run not in known:
        raise StageNotFound(f"there is no log of a run '{run}'", hint="`tiffin runs` lists the runs")
    address = None if target is None else _address(repo, target)
    for candidate in [run] if run is not None else reversed(known):
        found = [
            Log(candidate, stage, path)
            for stage, path in logs_of(repo.state, candidate).items()
            if address is None or _is_of(stage, address)
        ]
        if found:
            return _in_order(repo, found)
    raise StageNotFound(
        f"there is no log of stage '{target}'" if target is not None else "there is no log yet",
        hint=_did_you_mean(repo, target, known) or "`tiffin repro` writes one for each stage it runs",
    )


def living_run(repo: Repo) -> str | None:
    """The run that is under way, the last one if there are several."""
    return next((run for run in reversed(runs_with_logs(repo.state)) if lives(run)), None)


def is_over(repo: Repo, log: Log) -> bool:
    """Whether nothing will be added to a log: its stage has ended for good, or its run has."""
    if not lives(log.run):
        return True
    of_stage = [r for r in records(repo.state) if r["run"] == log.run and r["stage"] == log.stage]
    return bool(of_stage) and bool(of_stage[-1].get("final", True))


def _in_order(repo: Repo, found: list[Log]) -> list[Log]:
    """As they were started."""
    run = found[0].run
    started = {record["stage"]: record.get("started", "") for record in records(repo.state) if record["run"] == run}
    return sorted(found, key=lambda log: (log.stage not in started, started.get(log.stage, ""), log.stage))


def _address(repo: Repo, target: str) -> str:
    file, _, name = target.rpartition(":") if ":" in target else ("", "", target)
    path = join(repo.directory, file or _PIPELINE_FILE)
    return name if path == _PIPELINE_FILE else f"{posixpath.normpath(path)}:{name}"


def _is_of(stage: str, address: str) -> bool:
    return stage == address or stage.startswith(f"{address}@")


def _did_you_mean(repo: Repo, target: str | None, known: Iterable[str]) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake has to pay for it

    stages = dict.fromkeys(stage for run in known for stage in logs_of(repo.state, run))
    near = get_close_matches(target or "", stages, n=1)
    return f"did you mean '{near[0]}'?" if near else None
