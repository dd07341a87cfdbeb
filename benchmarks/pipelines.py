"""Measure pipelines beside DVC and let them grow; write docs/benchmarks/pipelines.md: `make bench-pipelines`.

    python -m benchmarks.pipelines [--quick] [--rounds N] [--run-rounds N] [--stages N] [--work-s SECONDS]
                                   [--sizes N,N,...] [--skip CASE] [--place tmpfs|disk] [--output FILE]

As in `benchmarks.data`, each command is run by one program, then by the other, the order changing from round to round,
and a round whose two results differ stops the run.  Running 300 stages takes DVC minutes, so that has rounds of its
own; in all others tiffin runs the stages for both programs first, which leaves the same bytes.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks import _pipelines as pipelines
from benchmarks import _workload as workload
from benchmarks._bench import Bench
from benchmarks._measure import touch_memory
from benchmarks._report import describe_machine, page
from benchmarks._workload import Tool

__all__ = ["main"]

ROOT = Path(__file__).parents[1]
MEMORY = "/dev/shm"
STAGES = 300  # what the aims speak of
SMALL = f"The aims are for {STAGES} stages. This run had fewer, so that starting the programs weighs more."
NOTES = (
    "Every stage is `cp` of a small file. The loop starts the same commands through the same shell, one after another.",
    (
        "Where the stages are run, both programs run all of them in a new repository; in the other cases tiffin has "
        "run them in the repositories of both, and both programs were asked once before, untimed: caches are warm."
    ),
    (
        "`status`, and `repro` with nothing to do, asked again, answer once they have seen that all files the last "
        "answer rests on have the stat fields they had (docs/formats/answers.md). What the first time costs is the "
        "line that says so."
    ),
    "Before every measured run all dirty pages are written out, so no run pays for the one before it.",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything; return 0, or raise RuntimeError where the two programs disagree."""
    options = _parser().parse_args(arguments)
    if options.quick:
        options.rounds = options.run_rounds = 1
        options.stages, options.sizes, options.work_s = min(options.stages, 10), [5, 10], 0.1
    with ExitStack() as stack:
        disk = ROOT / "scratch"
        disk.mkdir(exist_ok=True)
        inside = MEMORY if options.place == "tmpfs" else disk
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tiffin-bench-", dir=inside)))
        text = _run(options, folder)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text, encoding="utf-8")
    print(text)
    print(f"written to {options.output}", file=sys.stderr)
    return 0


def _run(options: argparse.Namespace, folder: Path) -> str:
    programs = Path(sys.executable).parent
    ours = Tool("tiffin", options.tiffin or programs / "tiffin", workload.environment(folder / "home-tiffin"))
    theirs = Tool("dvc", options.dvc or programs / "dvc", workload.environment(folder / "home-dvc"))
    bench = Bench(ours, theirs, workload.build_loops(ROOT / "build" / "bench"), folder, options.skip)
    if options.stages >= STAGES:
        touch_memory()
    running = {shape: pipelines.running(shape, options.stages) for shape in pipelines.SHAPES}
    for number in range(options.run_rounds):
        for shape in pipelines.SHAPES:
            _say(f"running {options.stages} {shape} stages, round {number + 1} of {options.run_rounds}")
            bench.chain(
                options.place,
                folder / shape,
                number,
                running[shape],
                _fill(shape, options.stages),
            )
    for number in range(options.rounds):
        _say(f"asking about {options.stages} stages, round {number + 1} of {options.rounds}")
        fill = _fill("chained", options.stages, run_by=ours)
        bench.chain(options.place, folder / "asking", number, pipelines.ASKING, fill)
    _say("side by side")
    pairs = [pipelines.side_by_side(ours, folder / "jobs", options.work_s) for _ in range(options.rounds)]
    _say("growth")
    grown = [point for size in options.sizes for point in pipelines.grow(ours, folder / "growth", size)]
    picture = options.output.with_name("pipelines-growth.svg")
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_text(pipelines.picture(grown), encoding="utf-8")
    facts = [
        *describe_machine([(options.place, folder)]),
        ("tiffin", workload.version(ours, folder)),
        ("DVC", workload.version(theirs, folder)),
        ("rounds", f"{options.rounds}; where the stages are run {options.run_rounds}"),
        ("stages", f"{options.stages}"),
    ]
    results = list(bench.results())
    sections = [
        *bench.predictions(),
        *pipelines.overhead(results, options.stages),
        *pipelines.jobs_section(pairs),
        *pipelines.growth_section(grown, picture.name),
    ]
    notes = NOTES if options.stages >= STAGES else (SMALL, *NOTES)
    title = f"Pipelines: tiffin beside DVC{'' if options.stages >= STAGES else ' (a small run)'}"
    return page(results, facts, notes, title=title, target="bench-pipelines", sections=sections)


def _fill(shape: str, stages: int, *, run_by: Tool | None = None) -> Callable[[Tool, Path], None]:
    def fill(tool: Tool, repository: Path) -> None:
        pipelines.make(repository, shape, stages)
        if run_by is not None:
            pipelines.settle(Tool(tool.name, run_by.command, tool.environment), tool, repository)

    return fill


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the pipelines of tiffin and DVC in turn.")
    parser.add_argument("--quick", action="store_true", help="one round of few stages: does it run?")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--run-rounds", type=int, default=3, help="rounds in which the stages are run")
    parser.add_argument("--stages", type=int, default=STAGES)
    parser.add_argument(
        "--work-s", type=float, default=3.0, help="seconds of work of each stage that is run side by side"
    )
    parser.add_argument("--sizes", type=_numbers, default=[10, 100, 1_000, 5_000], help="stages of the growth plot")
    parser.add_argument("--skip", action="append", default=[], metavar="CASE", help="leave a case out")
    parser.add_argument("--place", choices=("tmpfs", "disk"), default="tmpfs" if os.access(MEMORY, os.W_OK) else "disk")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks" / "pipelines.md")
    parser.add_argument("--tiffin", type=Path, help="the program to measure (default: beside this Python)")
    parser.add_argument("--dvc", type=Path, help="the program to compare with (default: beside this Python)")
    return parser


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _say(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
