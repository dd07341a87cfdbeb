"""Training of sparse models beside the programs its users would otherwise pick: `make bench-training`.

Both programs of a case read the same text file from the start to the end and write a model, as whole processes.  Then
both predict later examples, and how good that is is worked out here from their predictions, the same way for both.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks import _criteo as criteo
from benchmarks import _numbers as numbers
from benchmarks import _wide as wide
from benchmarks import _workload as workload
from benchmarks._criteo import Data
from benchmarks._learning_cases import (
    BITS,
    DATA,
    FEWER,
    FURTHER,
    LONGER,
    NUMBERS,
    SHORTER,
    WIDE,
    Case,
    cases,
    further_passes,
)
from benchmarks._measure import Sample, measure, spread, touch_memory
from benchmarks._report import Result, describe_machine, page
from benchmarks.learners import Command, Place, Program

ROOT = Path(__file__).parents[1]
MEMORY = Path("/dev/shm")
ROWS = 1_000_000
HELD_OUT = 100_000
BRIEF_S = 5.0
BRIEF_TURNS = 3
NOTES = (
    "One pass over the data unless it is said otherwise, all processors of the machine, from text to a model on disk.",
    "What takes less than 5 s runs twice, and the second time counts: a virtual machine gives idle memory back.",
    f"Where both programs take less than 5 s, a round has {BRIEF_TURNS} turns: those times vary most.",
    f"A further pass is what {LONGER} passes take longer than {SHORTER}, divided: the first one writes the cache.",
    "VW and tiffin take the same features of each line. In data for xLearn ids are hashed to 20 bits beforehand.",
    "VW's `--lrq` does better here, and is faster, with dropout and smaller steps, so it has both.",
    "xLearn is built on this machine for its processor, as its package does it.",
    "river's aim is one for a million rows, as scikit-learn's is; with 0.2 M, half of our time is the start of Python.",
    "LightGBM has the seed that tiffin gives it, so that both grow the same trees.",
    "Networks have vectors of 16 numbers, batches of 4,096, and AdaGrad for tables and Adam for layers.",
    "DeepCTR-Torch and FuxiCTR learn all with Adam.",
    "xLearn keeps a binary copy of the text beside it; it is removed before each run.",
)


class Quality(NamedTuple):
    """Of predictions of later rows."""

    loss: float
    auc: float


class Floor(NamedTuple):
    """Features by seconds of all threads, of a loop that only touches the table, and of a further pass."""

    loop: float
    ours: float


class Bench:
    """What was measured so far.

    beside: where predictions are read: a program is said to have had as much memory as whoever starts it.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], beside: Executor) -> None:
        self._folder = folder
        self._beside = beside
        self._environment = environment
        self._log = folder / "output.log"
        self.samples: defaultdict[Case, defaultdict[str, list[Sample]]] = defaultdict(lambda: defaultdict(list))
        self.qualities: dict[tuple[Case, str], Quality] = {}
        self.commands: dict[Case, str] = {}
        self.floors: defaultdict[int, list[Floor]] = defaultdict(list)  # by threads

    def round(self, case: Case, data: Data) -> None:
        """One run of each program, or a few where they are brief."""
        self._turn(case, data)
        last = [self.samples[case][program.name][-1] for program in (case.ours, case.theirs)]
        if case.before is None and all(sample.wall_s < BRIEF_S for sample in last):
            for _ in range(1, BRIEF_TURNS):
                self._turn(case, data)

    def _turn(self, case: Case, data: Data) -> None:
        """One run of each program, the first one first every other time."""
        pairs = [(case.ours, case.before and case.before[0]), (case.theirs, case.before and case.before[1])]
        turns = len(self.samples[case][case.ours.name])
        for program, before in pairs if turns % 2 else pairs[::-1]:
            sample = self._train(program, data)
            if before is not None:
                sample = _each_part(sample, self._train(before, data), case.parts)
            self.samples[case][program.name].append(sample)
            if case.learns:
                if before is not None:
                    self._train(program, data)
                self.qualities[case, program.name] = self._quality(program, data)
        if case.loop:
            self.samples[case]["loop"].append(self._measure(case.loop))
        place = self._place(case.ours)
        commands = [program.train(data.train[program.form], place) for program in (case.ours, case.theirs)]
        self.commands[case] = "\n".join(map(_shown, commands))

    def measure_floor(self, data: Data, keys: Path, features: int) -> None:
        """Once more, with one thread and with all.  keys: of all `features` of the data, in order."""
        loop = workload.build_loop("table_loop", ROOT / "build" / "bench")
        for threads in sorted({1, len(os.sched_getaffinity(0))}):
            words: list[str | Path] = [loop, keys, f"{round(features / data.rows)}", f"{BITS}", "4", f"{threads}"]
            found = subprocess.run(words, check=True, capture_output=True, text=True)
            longer, shorter = further_passes(threads)
            ours = _each_part(self._train(longer, data), self._train(shorter, data), LONGER - SHORTER)
            self.floors[threads].append(Floor(float(found.stdout.split()[0]), features / (ours.user_s + ours.system_s)))

    def results(self) -> Iterator[Result]:
        """Every case in the order of its first run."""
        for case, runs in self.samples.items():
            ours, theirs = (runs[program.name] for program in (case.ours, case.theirs))
            yield Result(
                case.name, case.data, self.commands[case], ours, theirs, runs["loop"], case.aims, case.theirs.name
            )

    def _train(self, program: Program, data: Data) -> Sample:
        found = self._train_once(program, data)
        return self._train_once(program, data) if found.wall_s < BRIEF_S else found

    def _train_once(self, program: Program, data: Data) -> Sample:
        place = self._place(program)
        for old in (place.model, self._folder / "cache", *data.train[program.form].parent.glob("*.bin")):
            shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
        return self._measure(program.train(data.train[program.form], place))

    def _quality(self, program: Program, data: Data) -> Quality:
        place = self._place(program)
        self._measure(program.predict(data.held[program.form], place))
        return self._beside.submit(_quality_of, program, place, data.labels).result()

    def _measure(self, command: Command) -> Sample:
        return measure(command, self._folder, self._environment, self._log)

    def _place(self, program: Program) -> Place:
        return Place(self._folder / f"{program.name}-model", self._folder / "predictions")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything and write the page; return 0."""
    options = _parser().parse_args(arguments)
    if options.quick:
        options.rows, options.rounds = 20_000, 1
    place = MEMORY if os.access(MEMORY, os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(prefix="tiffin-bench-", dir=place) as folder,
        ProcessPoolExecutor(1, get_context("spawn")) as beside,
    ):
        _run(options, Path(folder), beside)
    print(options.output.read_text(encoding="utf-8"))
    return 0


def _run(options: argparse.Namespace, folder: Path, beside: Executor) -> None:
    chosen, missing = [], {}
    for case in cases():
        if options.only and case.name not in options.only:
            continue
        if lacking := [program.name for program in (case.ours, case.theirs) if _version(program) is None]:
            missing[case.name] = lacking[0]
        else:
            chosen.append(case)
    _say("making data")
    wanted = {case.data for case in chosen}
    data = beside.submit(_make_data, folder / "data", options.rows, wanted).result()
    own = {"TMPDIR": str(folder), "USER": "bench"}  # parsed examples are kept in memory, too; xLearn wants a user
    environment = {**workload.environment(folder / "home"), **own}
    if options.rows >= ROWS:
        touch_memory()
    bench = Bench(folder, environment, beside)
    features = 0
    if any(case.name == FURTHER for case in chosen):
        features = beside.submit(_write_keys, data[DATA].train["vw"], folder / "keys").result()
    for number in range(options.rounds):
        for case in chosen:
            _say(f"{case.name} beside {case.theirs.name}, round {number + 1} of {options.rounds}")
            bench.round(case, data[case.data])
            if case.name == FURTHER:
                bench.measure_floor(data[DATA], folder / "keys", features)
        # A run takes long: what is done of it is on the page.
        options.output.write_text(
            _page(bench, data, folder, number + 1, missing, options.rows, features), encoding="utf-8"
        )


def _make_data(folder: Path, rows: int, wanted: set[str]) -> dict[str, Data]:
    held = HELD_OUT if rows >= ROWS else rows // 8 + 1
    found = {}
    if WIDE in wanted:
        found[WIDE] = wide.make(folder / "wide", rows * 4 // 5, held, seed=1)
    if DATA in wanted:
        found[DATA] = criteo.make(folder / "criteo", rows, held, tuple(criteo.FORMS), seed=1)
    if NUMBERS in wanted:
        found[NUMBERS] = numbers.make(folder / "numbers", rows * 2 // 5, held, seed=3)
    if FEWER in wanted:
        found[FEWER] = criteo.make(folder / "fewer", rows // 5, held, ("criteo", "vw"), seed=2)
    return found


def _page(
    bench: Bench,
    data: Mapping[str, Data],
    folder: Path,
    rounds: int,
    missing: Mapping[str, str],
    rows: int,
    features: int,
) -> str:
    programs = {program.name: program for case in bench.samples for program in (case.ours, case.theirs)}
    facts = [
        *describe_machine([("memory" if folder.is_relative_to(MEMORY) else "disk", folder)]),
        *((name, _version(program) or "") for name, program in programs.items()),
        *(
            (f"data: {name}", f"{one.rows:,} examples, and {len(one.labels):,} later ones")
            for name, one in data.items()
        ),
        ("rounds", f"{rounds}"),
    ]
    notes = [*NOTES, *(f"{name}: not measured, as {what} is not installed." for name, what in missing.items())]
    title = f"Training: tiffin beside its rivals{'' if rows >= ROWS else ' (a small run)'}"
    sections = [
        *_fast_and_good(bench, data),
        *_time_to_an_auc(bench),
        *_beside_the_loop(bench, features, data[DATA].rows if DATA in data else 0),
        *_predictions(bench),
    ]
    return page(list(bench.results()), facts, notes, title=title, target="bench-training", sections=sections)


def _fast_and_good(bench: Bench, data: Mapping[str, Data]) -> list[str]:
    best = "; ".join(
        f"{name}: log loss {quality.loss:.4f}, AUC {quality.auc:.4f}"
        for name, one in data.items()
        for quality in [quality_of(one.chances, one.labels)]
    )
    lines = [
        "## How fast, and how good",
        "",
        "Rows of the file by seconds of the clock and of the processors; log loss and AUC of predictions of later",
        "rows.",
        f"The labels come from hidden models, so there is a best that nobody can beat ({best}).",
        "",
        "| case | data | program | rows/s | rows/CPU-s | log loss | AUC |",
        "|---|---|---|--:|--:|--:|--:|",
    ]
    for case, runs in bench.samples.items():
        if not case.learns and case.before is None:
            continue
        for program in (case.ours, case.theirs):
            samples, rows = runs[program.name], data[case.data].rows
            wall = spread([sample.wall_s for sample in samples]).median
            busy = spread([sample.user_s + sample.system_s for sample in samples]).median
            quality = bench.qualities.get((case, program.name))
            good = f"{quality.loss:.4f} | {quality.auc:.4f}" if quality else "|"
            lines.append(
                f"| {case.name} | {case.data} | {program.name} | {rows / wall:,.0f} | {rows / busy:,.0f} | {good} |"
            )
    return [*lines, ""]


def _time_to_an_auc(bench: Bench) -> list[str]:
    """How long both took until they were as good as the one that is worse in the end."""
    lines = [
        "## Time to an AUC",
        "",
        "From the start of the process until a model is written whose AUC on later rows is at least that of the worse",
        "of the two after its run; of the better one that is an upper bound.",
        "",
        "| case | data | AUC | tiffin | rival | rival ÷ tiffin |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for case, runs in bench.samples.items():
        found = [bench.qualities.get((case, program.name)) for program in (case.ours, case.theirs)]
        if None in found:
            continue
        least = min(quality.auc for quality in found if quality is not None)
        ours, theirs = (
            spread([sample.wall_s for sample in runs[program.name]]).median for program in (case.ours, case.theirs)
        )
        lines.append(
            f"| {case.name} | {case.data} | {least:.4f} | {ours:.2f} s | {case.theirs.name} {theirs:.2f} s "
            f"| {theirs / ours:.1f} |"
        )
    return [*lines, ""]


def _beside_the_loop(bench: Bench, features: int, rows: int) -> list[str]:
    """How far learning is from what touching the same memory costs."""
    if not bench.floors:
        return []
    lines = [
        "## Beside the memory",
        "",
        "A bare loop reads, and then writes, as many rows of such a table in the same order, and computes next to",
        "nothing; its threads share the table, as those that learn do. Threads that write to the same rows wait for",
        "each other's caches, the loop's as ours; of ours as many learn at a time as learn most together. A pass of",
        "ours unpacks, scores, compares and learns. Rows of the data by seconds of all threads; how much of the loop a",
        "pass makes, round by round.",
        "",
        "| threads | loop | tiffin | part of the loop |",
        "|--:|--:|--:|--:|",
    ]
    for threads, floors in bench.floors.items():
        loop, ours = (spread([one[i] * rows / features for one in floors]).median for i in range(2))
        part = spread([one.ours / one.loop for one in floors])
        parts = f"{part.median:.0%} ({part.least:.0%} to {part.most:.0%})"
        lines.append(f"| {threads} | {loop / 1e6:.1f} M | {ours / 1e6:.1f} M | {parts} |")
    all_threads = bench.floors[max(bench.floors)]
    reached = spread([one.ours / one.loop for one in all_threads]).median
    return [*lines, "", f"The aim is 70 % with all processors: {'met' if reached >= 0.7 else '**not met**'}.", ""]


def _predictions(bench: Bench) -> list[str]:
    lines = [
        "## Predicted and measured",
        "",
        "How many times faster than the rival, written down before the first run.",
        "",
        "| case | rival | predicted | measured |",
        "|---|---|--:|--:|",
    ]
    for case, result in zip(bench.samples, bench.results(), strict=True):
        lines.append(f"| {case.name} | {case.theirs.name} | {case.predicted:g} | {result.gain().median:.1f} |")
    return [*lines, ""]


def _write_keys(data: Path, keys: Path) -> int:
    """The keys of all features, in order; how many there are."""
    from tiffin.stream import batches  # noqa: PLC0415 - in the process beside

    count = 0
    with keys.open("wb") as file, batches([str(data)], rows=10_000) as found:
        for batch in found:
            batch.keys.tofile(file)
            count += len(batch.keys)
    return count


def _quality_of(program: Program, place: Place, labels: criteo.Bools) -> Quality:
    """Of what it predicted."""
    return quality_of(program.chances(place), labels)


def quality_of(chances: criteo.Floats, labels: criteo.Bools) -> Quality:
    """Of chances that were predicted."""
    return Quality(float(np.mean(criteo.log_losses(chances, labels))), auc(chances, labels))


def auc(chances: criteo.Floats, labels: criteo.Bools) -> float:
    """The area under the ROC curve, from the ranks of the positive rows (Mann and Whitney); equal chances share one."""
    _, places, counts = np.unique(chances, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    positives = int(labels.sum())
    above = ranks[labels].sum() - positives * (positives + 1) / 2
    return float(above / (positives * (len(labels) - positives)))


def _each_part(whole: Sample, before: Sample, parts: int) -> Sample:
    """What a run took longer than another, divided."""
    wall, user, system = (
        max(getattr(whole, name) - getattr(before, name), 1e-3) / parts for name in ("wall_s", "user_s", "system_s")
    )
    return Sample(wall, user, system, whole.peak, whole.output)


def _version(program: Program) -> str | None:
    """None: it is not installed."""
    try:
        return program.version()
    except (OSError, subprocess.CalledProcessError):
        return None


def _shown(command: Command) -> str:
    return " ".join(Path(str(word)).name if "/" in str(word) else str(word) for word in command)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure training beside other programs.")
    parser.add_argument("--quick", action="store_true", help="one round of little data: does it run?")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=ROWS, help="of the largest file; the others go with it")
    parser.add_argument("--only", action="append", default=[], metavar="CASE", help="measure only this case")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks" / "training.md")
    return parser


def _say(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
