"""Measure the data commands beside DVC and let the trees grow; write docs/benchmarks/data.md: `make bench-data`.

    python -m benchmarks.data [--quick] [--rounds N] [--files N] [--file-bytes N] [--targets N] [--big-bytes N]
                              [--sizes N,N,...] [--dvc-sizes N] [--skip CASE] [--output FILE]

As in `benchmarks.versioning`, each command is run by one program, then by the other, the order changing from round to
round, and a round whose two results differ stops the run.
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

from benchmarks import _growth as growth
from benchmarks import _workload as workload
from benchmarks._cases import BIG, LIFE, TARGETS, Case
from benchmarks._measure import Sample, measure, spread, together, touch_memory
from benchmarks._report import Result, describe_machine, page
from benchmarks._workload import Loops, Tool

__all__ = ["main"]

ROOT = Path(__file__).parents[1]
MEMORY = "/dev/shm"
FILES, LARGE = 50_000, 2_000_000_000  # what the aims speak of
SMALL = (
    f"The aims are for {FILES:,} files and {LARGE:,} bytes. This run had less, so that starting the programs weighs "
    "more: it shows that everything runs, not how fast."
)
NOTES = (
    "`pull` writes every file twice, into the cache and into the workspace, so the loop beside it runs twice.",
    "Before every measured run all dirty pages are written out, so no run pays for the one before it.",
    "`add` of tracked targets takes DVC minutes, so that case has fewer rounds: see the table of the machine.",
    (
        "Free memory was written to once before the first run: on a virtual machine the first write to a page waits "
        "for the host, and without this every program was slower on tmpfs (`checkout` of 50,000 files by 0.35 s)."
    ),
    (
        "`status` and `diff` were run once, untimed, before the measured run: both programs have their caches warm. "
        "With one file changed, that run was before the change."
    ),
    (
        "Peak memory below that of the process that measures (about 35 MiB) is that process's own: the kernel counts "
        "from before a program is loaded."
    ),
)


class Bench:
    """The programs, the yardsticks and the samples so far."""

    def __init__(self, ours: Tool, theirs: Tool, loops: Loops, scratch: Path, skipped: Sequence[str]) -> None:
        self.ours = ours
        self.theirs = theirs
        self.loops = loops
        self.log = scratch / "output.log"
        self.skipped = frozenset(skipped)
        self.samples: defaultdict[tuple[Case, str], defaultdict[str, list[Sample]]] = defaultdict(
            lambda: defaultdict(list)
        )

    def chain(
        self, place: str, folder: Path, number: int, cases: Sequence[Case], fill: Callable[[Tool, Path], None]
    ) -> None:
        """One round of commands that follow one another in a repository of each program.

        fill(tool, repository) puts the data into a new repository.  All is removed at the end.
        """
        order = (self.ours, self.theirs) if number % 2 else (self.theirs, self.ours)
        for tool in order:
            workload.new_repository(tool, folder / tool.name)
            fill(tool, folder / tool.name)
        for case in cases:
            if case.name not in self.skipped:
                self._case(place, folder, case, order)
        shutil.rmtree(folder)

    def _case(self, place: str, folder: Path, case: Case, order: Sequence[Tool]) -> None:
        results = {}
        samples = self.samples[case, place]
        for tool in order:
            repository = folder / tool.name
            words = case.words(repository)
            if case.warm:
                measure([tool.command, *words], repository, tool.environment, self.log)
            case.prepare(tool, repository)
            os.sync()
            samples[tool.name].append(measure([tool.command, *words], repository, tool.environment, self.log))
            results[tool.name] = case.result(tool, repository)
        workload.agree(case.name, results)
        if case.loop:
            samples["loop"].append(self._loop(case, folder))

    def _loop(self, case: Case, folder: Path) -> Sample:
        environment, master = self.ours.environment, folder / "master"
        if case.loop == "stat":
            return measure([self.loops.stat, master], folder, environment, self.log)
        runs = []
        for turn in range(case.loops):
            target = folder / f"loop-{case.name.split()[0]}-{turn}"
            target.mkdir()
            os.sync()
            runs.append(measure([self.loops.store, master, target], folder, environment, self.log))
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything; return 0, or raise RuntimeError where the two programs disagree."""
    options = _parser().parse_args(arguments)
    if options.quick:
        options.rounds = options.slow_rounds = 1
        options.files, options.targets, options.big_bytes, options.sizes = 500, 20, 1 << 24, [100, 1_000]
        options.dvc_sizes = 100
    with ExitStack() as stack:
        (ROOT / "scratch").mkdir(exist_ok=True)
        disk = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "scratch")))
        places = [("disk", disk)]
        if os.access(MEMORY, os.W_OK):
            shared = stack.enter_context(tempfile.TemporaryDirectory(prefix="tiffin-bench-", dir=MEMORY))
            places.insert(0, ("tmpfs", Path(shared)))
        text = _run(options, [place for place in places if place[0] not in options.not_on])
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text, encoding="utf-8")
    print(text)
    print(f"written to {options.output}", file=sys.stderr)
    return 0


def _run(options: argparse.Namespace, places: Sequence[tuple[str, Path]]) -> str:
    home = places[-1][1]
    programs = Path(sys.executable).parent
    ours = Tool("tiffin", options.tiffin or programs / "tiffin", workload.environment(home / "home-tiffin"))
    theirs = Tool("dvc", options.dvc or programs / "dvc", workload.environment(home / "home-dvc"))
    loops = workload.build_loops(ROOT / "build" / "bench")
    bench = Bench(ours, theirs, loops, home, options.skip)
    if not options.quick:
        touch_memory()
    _rounds(bench, options, places)
    _say("growth")
    grown = growth.grow(ours, theirs, loops, places[0][1] / "growth", options.sizes, options.dvc_sizes, _say)
    picture = options.output.with_name("data-growth.svg")
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_text(growth.picture(grown), encoding="utf-8")
    facts = [
        *describe_machine(places),
        ("tiffin", workload.version(ours, home)),
        ("DVC", workload.version(theirs, home)),
        ("rounds", f"{options.rounds}; for `add` of tracked targets {options.slow_rounds}"),
        ("many files", f"{options.files:,} of {options.file_bytes:,} bytes in {workload.FOLDERS} folders"),
        ("tracked targets", f"{options.targets:,} files in one folder"),
        ("one large file", f"{options.big_bytes:,} bytes"),
    ]
    sections = [*bench.predictions(), *growth.section(grown, picture.name, places[0][0])]
    small = options.files < FILES or options.big_bytes < LARGE
    title = f"Data: tiffin beside DVC{' (a small run)' if small else ''}"
    notes = [SMALL, *NOTES] if small else NOTES
    return page(list(bench.results()), facts, notes, title=title, target="bench-data", sections=sections)


def _rounds(bench: Bench, options: argparse.Namespace, places: Sequence[tuple[str, Path]]) -> None:
    for number in range(options.rounds):
        for place, folder in places:
            here = folder / f"round-{number}"
            _say(f"many files on {place}, round {number + 1} of {options.rounds}")
            workload.make_files(here / "master", options.files, options.file_bytes)
            bench.chain(place, here, number, LIFE, lambda _, repository: _copy_master(repository))
            _say(f"one large file on {place}")
            workload.make_large_file(here / "master" / "big.bin", options.big_bytes)
            bench.chain(place, here, number, BIG, _copy_large)
    for number in range(options.slow_rounds):
        place, folder = places[-1]
        _say(f"tracked targets on {place}, round {number + 1} of {options.slow_rounds}")

        def fill(tool: Tool, repository: Path) -> None:
            # Whoever tracks them first, the metadata are the same bytes, and DVC would take minutes.
            workload.make_targets(Tool(tool.name, bench.ours.command, tool.environment), repository, options.targets)

        bench.chain(place, folder / "targets", number, TARGETS, fill)


def _copy_master(repository: Path) -> None:
    shutil.copytree(repository.with_name("master"), repository / "data")


def _copy_large(_: Tool, repository: Path) -> None:
    shutil.copy(repository.with_name("master") / "big.bin", repository / "big.bin")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the data commands of tiffin and DVC in turn.")
    parser.add_argument("--quick", action="store_true", help="one round of little data: does it run?")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slow-rounds", type=int, default=1, help="rounds of `add` of tracked targets")
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--file-bytes", type=int, default=6_000)
    parser.add_argument("--targets", type=int, default=2_000)
    parser.add_argument("--big-bytes", type=int, default=LARGE)
    sizes = [1_000, 10_000, 100_000, 1_000_000]
    parser.add_argument("--sizes", type=_numbers, default=sizes, help="trees of the growth plot, in files")
    parser.add_argument("--dvc-sizes", type=int, default=10_000, help="the largest of them that DVC does too")
    parser.add_argument("--skip", action="append", default=[], metavar="CASE", help="leave a case out")
    parser.add_argument("--not-on", action="append", default=[], metavar="PLACE", help="leave out tmpfs or disk")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks" / "data.md")
    parser.add_argument("--tiffin", type=Path, help="the program to measure (default: beside this Python)")
    parser.add_argument("--dvc", type=Path, help="the program to compare with (default: beside this Python)")
    return parser


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _say(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
