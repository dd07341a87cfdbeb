"""Cases that follow one another in a repository of each program, round by round."""

import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks import _workload as workload
from benchmarks._cases import Case
from benchmarks._measure import Sample, measure, spread, together
from benchmarks._report import Result
from benchmarks._workload import Loops, Tool

__all__ = ["Bench"]


class Bench:
    """The programs, the yardsticks and the samples so far."""

    def __init__(
        self,
        ours: Tool,
        theirs: Tool,
        loops: Loops,
        scratch: Path,
        skipped: Sequence[str] = (),
        ready: Callable[[str], None] = lambda _place: None,
    ) -> None:
        """ready: called with the place before all that is measured and writes."""
        self.ours = ours
        self.theirs = theirs
        self.loops = loops
        self.log = scratch / "output.log"
        self.skipped = frozenset(skipped)
        self.ready = ready
        self.syncs: list[float] = []  # seconds of bringing to the disk what a loop has stored there
        self.samples: defaultdict[tuple[Case, str], defaultdict[str, list[Sample]]] = defaultdict(
            lambda: defaultdict(list)
        )

    def chain(
        self,
        place: str,
        folder: Path,
        number: int,
        cases: Sequence[Case],
        fill: Callable[[Tool, Path], None],
        *,
        keep: bool = False,
    ) -> None:
        """One round of commands that follow one another in a repository of each program.

        fill(tool, repository) puts the data into a new repository.  keep: leave all as it is, rather than remove it:
        where many files were removed within the last minute, ext4 is slow to create others (recently_deleted in
        fs/ext4/ialloc.c), and the next program pays for it.
        """
        order = (self.ours, self.theirs) if number % 2 else (self.theirs, self.ours)
        for tool in order:
            workload.new_repository(tool, folder / tool.name)
            fill(tool, folder / tool.name)
        for case in cases:
            if case.name not in self.skipped:
                self._case(place, folder, case, order)
        if not keep:
            shutil.rmtree(folder)

    def _case(self, place: str, folder: Path, case: Case, order: Sequence[Tool]) -> None:
        results = {}
        samples = self.samples[case, place]
        for tool in order:
            if case.loop and tool is order[-1]:
                # Between the two, and so as near to the one as to the other.
                samples["loop"].append(self._loop(case, place, folder))
            repository = folder / tool.name
            words = case.words(repository)
            if case.warm:
                measure([tool.command, *words], repository, tool.environment, self.log)
            case.prepare(tool, repository)
            os.sync()
            if case.loop == "store":  # what is read by now stays warm
                self.ready(place)
            samples[tool.name].append(measure([tool.command, *words], repository, tool.environment, self.log))
            results[tool.name] = case.result(tool, repository)
        workload.agree(case.name, results)

    def _loop(self, case: Case, place: str, folder: Path) -> Sample:
        environment, master = self.ours.environment, folder / "master"
        if case.loop == "stat":
            return measure([self.loops.stat, master], folder, environment, self.log)
        if case.loop == "spawn":
            start = folder / "loop"
            start.mkdir(exist_ok=True)
            shutil.copy(folder / self.ours.name / "s0.txt", start)
            return measure([self.loops.spawn, str(case.loops)], start, environment, self.log)
        runs = []
        for turn in range(case.loops):
            target = folder / f"loop-{case.name.split()[0]}-{turn}"
            target.mkdir()
            os.sync()
            self.ready(place)
            runs.append(measure([self.loops.store, master, target], folder, environment, self.log))
            if turn < case.synced and place == "disk":
                runs.append(measure(["sync", "-f", target], folder, environment, self.log))
                self.syncs.append(runs[-1].wall_s)
        return together(runs)

    def results(self) -> Iterator[Result]:
        """Every case in the order of its first run."""
        for (case, place), runs in self.samples.items():
            yield Result(
                case.name, place, case.shown, runs[self.ours.name], runs[self.theirs.name], runs["loop"],
                case.aims.get(place, ()),
            )  # fmt: skip

    def predictions(self) -> list[str]:
        """What was expected before the first run, beside what came out."""
        rows = [
            "## Predicted and measured",
            "",
            "How many times faster than DVC, written down before the first run.",
            "",
        ]
        rows += ["| case | where | predicted | measured |", "|---|---|--:|--:|"]
        for (case, place), runs in self.samples.items():
            pairs = zip(runs[self.theirs.name], runs[self.ours.name], strict=True)
            gain = spread([their.wall_s / our.wall_s for their, our in pairs]).median
            rows.append(f"| {case.name} | {place} | {case.predicted[place]:g} | {gain:.1f} |")
        return [*rows, ""]
