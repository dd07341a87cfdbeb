"""Training on more than the other page has time for: `make bench-large`.

rows         one pass over many examples, beside Vowpal Wabbit
checkpoints  what one a minute costs
ids          distinct ids beyond the memory that a table may have
minute       from an empty virtual environment to a first model
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from benchmarks import _checkpoint_cost as cost
from benchmarks import _distinct_ids as distinct
from benchmarks import _wide as wide
from benchmarks import _workload as workload
from benchmarks._criteo import Data
from benchmarks._learning_cases import BITS
from benchmarks._measure import Sample, measure, spread
from benchmarks._report import describe_machine
from benchmarks.learners import Place, Program, Tiffin, VowpalWabbit
from benchmarks.training import Quality, quality_of

ROOT = Path(__file__).parents[1]
MEMORY = Path("/dev/shm")
DISK = "/var/tmp"
HELD_OUT = 200_000
PARTS = {
    "rows": "Many examples",
    "checkpoints": "Checkpoints",
    "ids": "More distinct ids than fit",
    "minute": "The first minute",
}
MINUTE_S = 60


class Bench:
    """Where things are, and how commands are run."""

    def __init__(self, folder: Path, rounds: int) -> None:
        self.folder = folder
        self.rounds = rounds
        # Parsed examples are kept beside the data; xLearn and others want a home.
        self.environment = {**workload.environment(folder / "home"), "TMPDIR": str(folder)}

    def run(self, command: Sequence[str | Path], environment: dict[str, str] | None = None) -> Sample:
        """A command, to its end."""
        return measure(command, self.folder, environment or self.environment, self.folder / "output.log")

    def train(self, program: Program, data: Path) -> Sample:
        """One training, without what an earlier one left."""
        place = self.place(program)
        for old in (place.model, self.folder / "points"):
            shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
        return self.run(program.train(data, place))

    def place(self, program: Program) -> Place:
        """Where a program writes."""
        return Place(self.folder / f"{program.name}-model", self.folder / "predictions")


def rows(bench: Bench, data: Data, sizes: Sequence[int]) -> Iterator[str]:
    """Lines of the page."""
    yield from (
        f"## {PARTS['rows']}",
        "",
        "One pass of LR with AdaGrad over the first so many examples, from text to a model on disk. The file is read",
        "from memory. AUC and log loss are those of later examples; peak is the most memory that was resident.",
        f"The labels come from a hidden model: nobody can have an AUC above {_best(data).auc:.4f}.",
        "",
        "| examples | program | wall | rows/s | rows/CPU-s | peak | log loss | AUC | VW ÷ tiffin |",
        "|--:|---|--:|--:|--:|--:|--:|--:|--:|",
    )
    programs: list[Program] = [
        Tiffin("lr", "vw", "optimizer=adagrad", "alpha=0.3", f"bits={BITS}"),
        VowpalWabbit("-b", f"{BITS}"),
    ]
    for size in sizes:
        text = bench.folder / f"{size}.vw"
        _copy_lines(data.train["vw"], text, size)
        walls: list[float] = []
        for program in programs:
            found = [bench.train(program, text) for _ in range(bench.rounds)]
            bench.run(program.predict(data.held["vw"], bench.place(program)))
            quality = _quality_beside(program, bench.place(program), data)
            walls.append(spread([one.wall_s for one in found]).median)
            busy = spread([one.user_s + one.system_s for one in found]).median
            ratio = f"{walls[1] / walls[0]:.1f}" if len(walls) > 1 else ""
            yield (
                f"| {size:,} | {program.name} | {walls[-1]:.2f} s | {size / walls[-1]:,.0f} | {size / busy:,.0f} "
                f"| {max(one.peak for one in found) / 2**20:,.0f} MiB | {quality.loss:.4f} | {quality.auc:.4f} "
                f"| {ratio} |"
            )
        text.unlink()
    yield ""


def checkpoints(bench: Bench, examples: int, count: int, every_s: float) -> Iterator[str]:
    """Lines of the page."""
    text = bench.folder / "even.vw"
    wide.make_even(text, examples, 2 ** (BITS + 1), seed=9)
    settings = ("optimizer=ftrl", "alpha=0.3", "l1=0.00001", f"bits={BITS}")
    # To a disk: who only writes to memory never waits.
    with tempfile.TemporaryDirectory(prefix="tiffin-bench-", dir=DISK) as folder:
        words: list[str | Path] = [sys.executable, "-m", "benchmarks._checkpoint_cost", text, folder]
        words += [word for setting in settings for word in ("--set", setting)]
        words += ["--every", f"{every_s}", "--checkpoints", f"{count}"]
        ran = subprocess.run(words, check=True, capture_output=True, text=True, cwd=ROOT)
    text.unlink()
    found = [cost.Written(**one) for one in json.loads(ran.stdout)]
    seconds, lost = (spread([one[i] for one in found]) for i in (1, 2))
    part = spread([one.lost_s / MINUTE_S for one in found])
    yield from (
        f"## {PARTS['checkpoints']}",
        "",
        f"{examples:,} parsed examples, over and over, by all processors: FTRL with an L1, 2^{BITS} rows of 16 bytes",
        f"(256 MB). A checkpoint of {found[-1].bytes / 2**20:.0f} MiB, to a disk, takes {seconds.median:.2f} s",
        f"({seconds.least:.2f} to {seconds.most:.2f}; {count} of them), part of it beside the training, which loses",
        f"{lost.median:.2f} s ({lost.least:.2f} to {lost.most:.2f}): so much later than at the mean speed of",
        f"{every_s / 4:g} s before and after, what was learned by {every_s / 4:g} s after it. One a minute costs",
        f"{part.median:.1%} ({part.least:.1%} to {part.most:.1%}). The aim is 2 %:",
        f"{'met' if part.median <= 0.02 else '**not met**'}.",
        "",
    )


def ids(count: int, examples: int, share: float) -> Iterator[str]:
    """Lines of the page."""
    yield from (
        f"## {PARTS['ids']}",
        "",
        "LR by FTRL, each example with ten ids; half of them by a power law, half evenly from all. AUC lost is that",
        "beside a table without a bound. Memory is that of the process, less what it has with next to no ids.",
        "",
    )
    yield from distinct.report(count, examples, share, DISK)
    yield ""


def minute(bench: Bench) -> Iterator[str]:
    """Lines of the page."""
    wheels = bench.folder / "wheels"
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, ROOT], check=True
    )
    wheel = next(wheels.glob("tiffin-*.whl"))
    data = wide.make(bench.folder / "first", 10_000, 1000, seed=1)
    found = []
    for number in range(bench.rounds):
        here = bench.folder / f"venv-{number}"
        steps = (
            (sys.executable, "-m", "venv", here),
            (here / "bin" / "pip", "install", "--quiet", "--no-cache-dir", wheel),
            (here / "bin" / "tiffin", "train", "lr", "--data", data.train["vw"], "--out", here / "model"),
        )
        found.append([bench.run(step, dict(os.environ)).wall_s for step in steps])
        shutil.rmtree(here)
    medians = [spread(list(each)).median for each in zip(*found, strict=True)]
    total = spread([sum(each) for each in found])
    yield from (
        f"## {PARTS['minute']}",
        "",
        "An empty virtual environment, the base install of a wheel with what it depends on (downloaded anew, from an",
        f"index nearby), a model of 10,000 examples: {medians[0]:.1f} s, {medians[1]:.1f} s and {medians[2]:.2f} s,",
        f"{total.median:.1f} s together ({total.least:.1f} to {total.most:.1f}; {bench.rounds} rounds). The aim is",
        "60 s:",
        f"{'met' if total.median < 60 else '**not met**'}.",
        "",
    )


def _best(data: Data) -> Quality:
    return quality_of(data.chances, data.labels)


def _quality_beside(program: Program, place: Place, data: Data) -> Quality:
    with ProcessPoolExecutor(1, get_context("spawn")) as beside:
        return quality_of(beside.submit(program.chances, place).result(), data.labels)


def _copy_lines(source: Path, target: Path, count: int) -> None:
    with source.open("rb") as text, target.open("wb") as out:
        out.writelines(islice(text, count))


def _sections(page: Path) -> dict[str, list[str]]:
    """The parts that a page has, each with the empty line after it."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    found = {section.partition("\n")[0]: section for section in text.split("\n## ")[1:]}
    return {name: f"## {found[title]}".split("\n") for name, title in PARTS.items() if title in found}


def _page(parts: dict[str, list[str]], folder: Path) -> str:
    facts = describe_machine([("memory" if folder.is_relative_to(MEMORY) else "disk", folder)])
    return "\n".join(
        [
            "# Training: many rows, many ids",
            "",
            "Written by `make bench-large`; do not edit. Whole processes, wall time.",
            "",
            *(line for part in PARTS for line in parts.get(part, ())),
            "## Machine",
            "",
            *(f"- {name}: {value}" for name, value in facts),
            "",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything and write the page; return 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large", description=__doc__)
    parser.add_argument(
        "--only", nargs="*", default=[*PARTS], choices=PARTS, help="the others stay on the page as they are"
    )
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000_000, 10_000_000, 40_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--checkpoints", type=int, default=8, help="so many are watched")
    parser.add_argument("--every", type=float, default=30.0, help="seconds from one checkpoint to the next")
    parser.add_argument("--filling", type=int, default=4_000_000, help="examples whose ids fill the table, beside them")
    parser.add_argument("--ids", type=int, default=150_000_000)
    parser.add_argument("--examples", type=int, help="with ids (default: as many as are needed to meet most of them)")
    parser.add_argument("--share", type=float, default=0.25, help="of the memory that all ids need")
    parser.add_argument("--folder", type=Path, help="where data is made, and found again")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks" / "training-large.md")
    options = parser.parse_args(arguments)
    place = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="tiffin-bench-", dir=place) as scratch:
        bench = Bench(Path(scratch), options.rounds)
        folder = options.folder or Path(scratch, "data")
        examples = options.examples or options.ids * 3 // (distinct.FEATURES // 2)
        jobs: dict[str, Callable[[], Iterator[str]]] = {
            "rows": lambda: rows(bench, wide.made(folder, max(options.sizes), HELD_OUT, seed=40), options.sizes),
            "checkpoints": lambda: checkpoints(bench, options.filling, options.checkpoints, options.every),
            "ids": lambda: ids(options.ids, examples, options.share),
            "minute": lambda: minute(bench),
        }
        parts = _sections(options.output)
        for name in options.only:
            print(f"bench: {name}", file=sys.stderr, flush=True)
            parts[name] = lines = []
            for line in jobs[name]():
                lines.append(line)
                # What is done of a long run is on the page.
                options.output.write_text(_page(parts, Path(scratch)), encoding="utf-8")
    print(options.output.read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
