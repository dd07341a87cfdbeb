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
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks import _growth as growth
from benchmarks import _workload as workload
from benchmarks._bench import Bench
from benchmarks._cases import BIG, LIFE, TARGETS
from benchmarks._measure import spread, touch_memory
from benchmarks._report import describe_machine, page
from benchmarks._workload import Loops, Tool

__all__ = ["main"]

ROOT = Path(__file__).parents[1]
MEMORY = "/dev/shm"
FILES, LARGE = 50_000, 2_000_000_000  # what the aims speak of
SMALL = (
    f"The aims are for {FILES:,} files and {LARGE:,} bytes. This run had less, so that starting the programs weighs "
    "more: it shows that everything runs, not how fast."
)
SYNC_NOTE = (
    "On disk `add`, `push` and `pull` end when what they stored is there to stay (`syncfs`). So does the loop beside "
    "them: its `sync -f` took {least:.2f} to {most:.2f} s of its time. DVC leaves the bytes in the page cache."
)
NOTES = (
    "`pull` writes every file twice, into the cache and into the workspace, so the loop beside it runs twice.",
    (
        "On disk no tree of many files is removed before the end: where many files were removed a moment ago, ext4 is "
        "slow to create others, for every program."
    ),
    "Before every measured run all dirty pages are written out, so no run pays for the one before it.",
    "`add` of tracked targets takes DVC minutes, so that case has fewer rounds: see the table of the machine.",
    (
        "Free memory was written to once before the first run, and some of it before each run on tmpfs: on a virtual "
        "machine the first write to a page waits for the host, which takes back what is free for a while; without this "
        "every program was slower on tmpfs (`checkout` of 50,000 files by 0.35 s)."
    ),
    (
        "`status`, `diff` and the `push` of nothing were run once, untimed, before the measured run: both programs "
        "have their caches warm. With one file changed, that run was before the change."
    ),
    (
        "Peak memory below that of the process that measures (about 35 MiB) is that process's own: the kernel counts "
        "from before a program is loaded."
    ),
)


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
        _run(options, [place for place in places if place[0] not in options.not_on])
    print(options.output.read_text(encoding="utf-8"))
    print(f"written to {options.output}", file=sys.stderr)
    return 0


def _run(options: argparse.Namespace, places: Sequence[tuple[str, Path]]) -> None:
    home = places[-1][1]
    programs = Path(sys.executable).parent
    ours = Tool("tiffin", options.tiffin or programs / "tiffin", workload.environment(home / "home-tiffin"))
    theirs = Tool("dvc", options.dvc or programs / "dvc", workload.environment(home / "home-dvc"))
    loops = workload.build_loops(ROOT / "build" / "bench")

    def ready(place: str) -> None:
        if place == "tmpfs" and options.files >= FILES:
            touch_memory(most=3 * LARGE)

    bench = Bench(ours, theirs, loops, home, options.skip, ready)
    if options.files >= FILES:
        touch_memory()
    section = (
        _growth_so_far(options.output) if options.keep_growth else _growth(options, ours, theirs, loops, places[0])
    )
    facts = [
        *describe_machine(places),
        ("tiffin", workload.version(ours, home)),
        ("DVC", workload.version(theirs, home)),
        ("many files", f"{options.files:,} of {options.file_bytes:,} bytes in {workload.FOLDERS} folders"),
        ("tracked targets", f"{options.targets:,} files in one folder"),
        ("one large file", f"{options.big_bytes:,} bytes"),
    ]
    # A run takes most of an hour: what is done of it is on the page.
    for number in range(options.slow_rounds):
        _slow_round(bench, options, places[-1], number)
        _write(options, bench, [*facts, ("rounds", f"{number + 1}, of `add` of tracked targets alone")], section)
    for number in range(options.rounds):
        _round(bench, options, places, number)
        rounds = f"{number + 1}; for `add` of tracked targets {options.slow_rounds}"
        _write(options, bench, [*facts, ("rounds", rounds)], section)


def _growth(
    options: argparse.Namespace, ours: Tool, theirs: Tool, loops: Loops, where: tuple[str, Path]
) -> Sequence[str]:
    _say("growth")
    grown = growth.grow(ours, theirs, loops, where[1] / "growth", options.sizes, options.dvc_sizes, _say)
    picture = options.output.with_name("data-growth.svg")
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_text(growth.picture(grown), encoding="utf-8")
    return growth.section(grown, picture.name, where[0])


def _growth_so_far(page: Path) -> Sequence[str]:
    """The section of a page that was written before."""
    text = page.read_text(encoding="utf-8")
    return text[text.index("## Growth") : text.index("## Times")].splitlines()


def _write(options: argparse.Namespace, bench: Bench, facts: Sequence[tuple[str, str]], section: Sequence[str]) -> None:
    small = options.files < FILES or options.big_bytes < LARGE
    title = f"Data: tiffin beside DVC{' (a small run)' if small else ''}"
    notes = [SMALL, *NOTES] if small else [*NOTES]
    if bench.syncs:
        synced = spread(bench.syncs)
        notes.insert(len(notes) - len(NOTES) + 1, SYNC_NOTE.format(least=synced.least, most=synced.most))
    sections = [*bench.predictions(), *section]
    text = page(list(bench.results()), facts, notes, title=title, target="bench-data", sections=sections)
    options.output.write_text(text, encoding="utf-8")


def _round(bench: Bench, options: argparse.Namespace, places: Sequence[tuple[str, Path]], number: int) -> None:
    for place, folder in places:
        here = folder / f"round-{number}"
        _say(f"many files on {place}, round {number + 1} of {options.rounds}")
        workload.make_files(here / "master", options.files, options.file_bytes)
        keep = place == "disk"
        bench.chain(place, here, number, LIFE, lambda _, repository: _copy_master(repository), keep=keep)
        _say(f"one large file on {place}")
        large = folder / f"large-{number}"
        workload.make_large_file(large / "master" / "big.bin", options.big_bytes)
        bench.chain(place, large, number, BIG, _copy_large)


def _slow_round(bench: Bench, options: argparse.Namespace, where: tuple[str, Path], number: int) -> None:
    place, folder = where
    _say(f"tracked targets on {place}, round {number + 1} of {options.slow_rounds}")

    def fill(tool: Tool, repository: Path) -> None:
        # Whoever tracks them first, the metadata are the same bytes, and DVC would take minutes.
        workload.make_targets(Tool(tool.name, bench.ours.command, tool.environment), repository, options.targets)

    bench.chain(place, folder / f"targets-{number}", number, TARGETS, fill, keep=True)


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
    parser.add_argument("--keep-growth", action="store_true", help="leave the section on growth as the page has it")
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
