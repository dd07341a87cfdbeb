"""Measure tiffin and DVC in turn on the same work, and write docs/benchmarks/versioning.md: `make bench`.

    python -m benchmarks.versioning [--quick] [--rounds N] [--files N] [--stages N] [--output FILE]

In every round each program gets a fresh repository, and each command is run by one, then by the other; the order
changes from round to round.  A round whose two results differ by one byte stops the run.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from benchmarks import _workload as workload
from benchmarks._kernels import md5_rates
from benchmarks._measure import Sample, Spread, measure, spread, together, touch_memory
from benchmarks._report import Aim, Result, describe_machine, page
from benchmarks._workload import Loops, Tool

__all__ = ["main"]

ROOT = Path(__file__).parents[1]
FILES = 20_000  # what the aims speak of
MEMORY = "/dev/shm"  # the memory file system that every Linux has
SYNC_NOTE = (
    "On disk tiffin's `add`, `push` and `pull` end with one `syncfs`, so that what they name is durable; DVC and the "
    "loop leave the bytes in the page cache. `sync -f` right after the loop took {least:.2f} to {most:.2f} s more."
)
NOTES = (
    (
        "A `status`, or a `repro` with nothing to do, that is asked again answers once it has seen that all files its "
        "last answer rests on have the stat fields they had (docs/formats/answers.md): that is what is measured, after "
        "a run that warms both programs' caches. What the first time costs is the line that says so."
    ),
    "`pull` writes every file twice, into the cache and into the workspace, so the loop beside it runs twice.",
    "Before every measured run all dirty pages are written out, so no run pays for the one before it.",
    (
        "Free memory was written to once before the first run: on a virtual machine the first write to a page waits "
        "for the host, which makes whoever comes first slower."
    ),
    (
        "What a command has to bring back was moved away, not deleted. In a run that deleted it first, every program "
        "was slower at creating files on disk: `checkout` took 10.3 s, DVC 16.3 s, the loop 4.2 s. The likely cause is "
        "that ext4 passes over inodes that were just freed."
    ),
)


NO_OP = "repro, nothing to do"
NO_OP_FIRST = "repro, nothing to do, first time"
EMPTY = "status, empty repository"


class Step(NamedTuple):
    """One command in the life of a repository of small files.

    prepare(repository) sets the stage; result(repository) is what the two programs must agree on; the loop does the
    bare work `loops` times.
    """

    command: str
    prepare: Callable[[Path], None]
    result: Callable[[Path], object]
    loops: int
    warm: bool = False


class Bench:
    """The programs, the places and the samples so far."""

    def __init__(self, ours: Tool, theirs: Tool, loops: Loops, scratch: Path, *, files: int) -> None:
        self.ours = ours
        self.theirs = theirs
        self.loops = loops
        self.files = files
        self.log = scratch / "output.log"
        self.samples: defaultdict[tuple[str, str], defaultdict[str, list[Sample]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self.syncs: list[float] = []

    def order(self, number: int) -> tuple[Tool, Tool]:
        """Who goes first changes from round to round."""
        return (self.ours, self.theirs) if number % 2 else (self.theirs, self.ours)

    def run(self, key: tuple[str, str], tool: Tool, words: Sequence[str], directory: Path) -> Sample:
        """Measure one command of one tool and keep the sample."""
        sample = measure([tool.command, *words], directory, tool.environment, self.log)
        self.samples[key][tool.name].append(sample)
        return sample

    def small_files(self, place: str, folder: Path, number: int) -> None:
        """One round of the life of a data directory of small files in `folder`."""
        master = folder / "master"
        workload.make_files(master, self.files)
        for tool in self.order(number):
            workload.new_repository(tool, folder / tool.name)
            shutil.copytree(master, folder / tool.name / "data")
        for step in STEPS:
            self._step(place, folder, step, number)

    def _step(self, place: str, folder: Path, step: Step, number: int) -> None:
        key = (step.command, place)
        results = {}
        for tool in self.order(number):
            repository = folder / tool.name
            step.prepare(repository)
            if step.warm:
                measure([tool.command, *step.command.split()], repository, tool.environment, self.log)
            os.sync()
            self.run(key, tool, step.command.split(), repository)
            results[tool.name] = step.result(repository)
        workload.agree(step.command, results)
        self._loop(key, folder, step)

    def _loop(self, key: tuple[str, str], folder: Path, step: Step) -> None:
        environment, runs = self.ours.environment, []
        if not step.loops:
            runs.append(measure([self.loops.stat, folder / "master"], folder, environment, self.log))
        for turn in range(step.loops):
            target = folder / f"loop-{step.command.split()[0]}-{turn}"
            target.mkdir()
            os.sync()
            runs.append(measure([self.loops.store, folder / "master", target], folder, environment, self.log))
            if key[1] == "disk":
                self.syncs.append(measure(["sync", "-f", target], folder, environment, self.log).wall_s)
        self.samples[key]["loop"].append(together(runs))

    def pipeline(self, folder: Path, rounds: int, *, stages: int) -> None:
        """A chain of stages with nothing to do: asked for the first time since anything changed, and again."""
        for tool in self.order(0):
            repository = folder / f"{tool.name}-pipeline"
            workload.new_repository(tool, repository)
            workload.make_stages(repository, stages)
            for _warm in range(2):
                measure([tool.command, "repro"], repository, tool.environment, self.log)
        for number in range(rounds):
            for case in (NO_OP_FIRST, NO_OP):
                locks = {}
                for tool in self.order(number):
                    repository = folder / f"{tool.name}-pipeline"
                    if case == NO_OP_FIRST:
                        shutil.rmtree(repository / ".dvc/tmp/tiffin/answers", ignore_errors=True)
                    self.run((case, "disk"), tool, ["repro"], repository)
                    locks[tool.name] = (repository / "dvc.lock").read_bytes()
                workload.agree(case, locks)

    def start_up(self, folder: Path, rounds: int) -> None:
        """Commands that have next to nothing to do."""
        for tool in self.order(0):
            workload.new_repository(tool, folder / f"{tool.name}-empty")
        for number in range(-1, rounds):
            for tool in self.order(number):
                repository = folder / f"{tool.name}-empty"
                if number < 0:
                    measure([tool.command, "status"], repository, tool.environment, self.log)
                    continue
                self.run((EMPTY, "disk"), tool, ["status"], repository)
                self.run(("--version", "disk"), tool, ["--version"], repository)

    def results(self) -> Iterator[Result]:
        """Every case in the order of its first run."""
        for (case, place), runs in self.samples.items():
            command = "tiffin " + case.split(",")[0]
            yield Result(
                f"`{case}` of {self.files:,} files" if case in {step.command for step in STEPS} else case,
                place,
                command,
                runs[self.ours.name],
                runs[self.theirs.name],
                runs["loop"],
                AIMS.get((case, place), ()),
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the whole comparison; return 0, or raise RuntimeError where the two programs disagree."""
    options = _parser().parse_args(arguments)
    if options.quick:
        options.rounds, options.files, options.stages = 1, 2_000, 10
    with ExitStack() as stack:
        (ROOT / "scratch").mkdir(exist_ok=True)
        disk = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "scratch")))
        places = [("disk", disk)]
        if os.access(MEMORY, os.W_OK):
            shared = stack.enter_context(tempfile.TemporaryDirectory(prefix="tiffin-bench-", dir=MEMORY))
            places.insert(0, ("tmpfs", Path(shared)))
        text = _run(options, places)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text, encoding="utf-8")
    print(text)
    print(f"written to {options.output}", file=sys.stderr)
    return 0


def _run(options: argparse.Namespace, places: Sequence[tuple[str, Path]]) -> str:
    disk = places[-1][1]
    programs = Path(sys.executable).parent
    ours = Tool("tiffin", options.tiffin or programs / "tiffin", workload.environment(disk / "home-tiffin"))
    theirs = Tool("dvc", options.dvc or programs / "dvc", workload.environment(disk / "home-dvc"))
    bench = Bench(ours, theirs, workload.build_loops(ROOT / "build" / "bench"), disk, files=options.files)
    if options.files >= FILES:
        touch_memory()
    _say("start-up")
    bench.start_up(disk, 3 * options.rounds)
    _say("pipeline")
    bench.pipeline(disk, options.rounds, stages=options.stages)
    for number in range(options.rounds):
        for place, folder in places:
            _say(f"small files on {place}, round {number + 1} of {options.rounds}")
            bench.small_files(place, folder / f"round-{number}", number)
    _say("kernels")
    kernels = places[0][1] / "kernels"
    kernels.mkdir()
    rates = md5_rates(kernels, max(3, options.rounds))
    facts = [
        *describe_machine(places),
        ("tiffin", workload.version(ours, disk)),
        ("DVC", workload.version(theirs, disk)),
        ("rounds", f"{options.rounds}, three times as many for start-up"),
        ("small files", f"{options.files:,} of {workload.FILE_BYTES} bytes in {workload.FOLDERS} folders"),
        ("pipeline", f"{options.stages} stages in a chain"),
        *((f"MD5 on one core, {place}", _rate(rate)) for place, rate in rates),
    ]
    synced = spread(bench.syncs)
    notes = [SYNC_NOTE.format(least=synced.least, most=synced.most), *NOTES]
    return page(list(bench.results()), facts, notes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure tiffin and DVC in turn on the same work.")
    parser.add_argument("--quick", action="store_true", help="one round of 2,000 files and 10 stages: does it run?")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--stages", type=int, default=60)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks" / "versioning.md")
    parser.add_argument("--tiffin", type=Path, help="the program to measure (default: beside this Python)")
    parser.add_argument("--dvc", type=Path, help="the program to compare with (default: beside this Python)")
    return parser


def _rate(rate: Spread) -> str:
    return f"{rate.median:.2f} GB/s ({rate.least:.2f} to {rate.most:.2f})"


def _say(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


def _data_file(repository: Path) -> object:
    return (repository / "data.dvc").read_bytes(), workload.digest(repository / ".dvc" / "cache" / "files")


def _remote(repository: Path) -> object:
    return workload.digest(repository.with_name(repository.name + "-remote"))


def _everything(repository: Path) -> object:
    return workload.digest(repository / "data"), workload.digest(repository / ".dvc" / "cache" / "files")


def _data(repository: Path) -> object:
    return workload.digest(repository / "data")


def _nothing(_: Path) -> None:
    pass


def _lose_everything(repository: Path) -> None:
    _lose_data(repository)
    workload.set_aside(repository / ".dvc" / "cache", repository.with_name("attic"))


def _lose_data(repository: Path) -> None:
    workload.set_aside(repository / "data", repository.with_name("attic"))


STEPS = (
    Step("add data", _nothing, _data_file, loops=1),
    Step("push", _nothing, _remote, loops=1),
    Step("pull", _lose_everything, _everything, loops=2),
    Step("checkout", _lose_data, _data, loops=1),
    Step("status", _nothing, _data, loops=0, warm=True),
)

_WRITE_AIMS = {"tmpfs": (Aim("rival", 10),), "disk": (Aim("loop", 1.5),)}
_STATUS_AIMS = (Aim("rival", 15), Aim("loop", 2, offset_s=0.06))
AIMS = {
    **{(step.command, place): aims for step in STEPS[:4] for place, aims in _WRITE_AIMS.items()},
    ("status", "tmpfs"): _STATUS_AIMS,
    ("status", "disk"): _STATUS_AIMS,
    (NO_OP, "disk"): (Aim("rival", 35),),
    (EMPTY, "disk"): (Aim("rival", 8),),
}

if __name__ == "__main__":
    sys.exit(main())
