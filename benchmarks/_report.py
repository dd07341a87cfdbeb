"""The page that a run writes: figures first, then how they came about."""

import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks._measure import Sample, Spread, spread

__all__ = ["Aim", "Result", "describe_machine", "page"]


class Aim(NamedTuple):
    """What was promised: a ratio to the rival (at least) or to the loop (at most); offset_s is added to the loop."""

    against: str
    bound: float
    offset_s: float = 0.0

    def text(self, rival: str) -> str:
        """The promise in a few characters."""
        if self.against == "rival":
            return f"≥ {self.bound:g}× {rival}"
        offset = f" + {self.offset_s * 1000:.0f} ms" if self.offset_s else ""
        return f"≤ {self.bound:g}× loop{offset}"


class Result(NamedTuple):
    """One case: a sample of each program per round.  loop is empty where no loop does the same work.

    place: where the data are, or which they are.
    """

    case: str
    place: str
    command: str
    ours: Sequence[Sample]
    theirs: Sequence[Sample]
    loop: Sequence[Sample]
    aims: Sequence[Aim]
    rival: str = "DVC"

    def gain(self) -> Spread:
        """How many times the rival's wall time is ours, round by round."""
        return spread([their.wall_s / our.wall_s for our, their in zip(self.ours, self.theirs, strict=True)])

    def over_loop(self) -> Spread:
        """How many times our wall time is the loop's, round by round."""
        return spread([our.wall_s / loop.wall_s for our, loop in zip(self.ours, self.loop, strict=True)])

    def met(self, aim: Aim) -> bool:
        """Whether the median of the rounds keeps the promise."""
        if aim.against == "rival":
            return self.gain().median >= aim.bound
        ours, loop = (spread([sample.wall_s for sample in samples]).median for samples in (self.ours, self.loop))
        return ours <= aim.bound * loop + aim.offset_s


def page(
    results: Sequence[Result],
    facts: Sequence[tuple[str, str]],
    notes: Sequence[str],
    *,
    title: str = "Versioning: tiffin beside DVC",
    target: str = "bench",
    sections: Sequence[str] = (),
) -> str:
    """The whole page as Markdown.

    facts: (name, value) of machine and programs; notes: one paragraph each; target: of make; sections: further lines,
    put after the summary.
    """
    lines = [
        f"# {title}",
        "",
        f"Written by `make {target}`; do not edit. Whole processes, wall time, both programs in turn in every round,",
        "each with its own caches warm. Ratios are taken round by round; a figure is the median, in brackets the",
        "range.",
        "",
        *_summary(results),
        "",
        "## What falls short",
        "",
        *_losses(results),
        "",
        *sections,
        "## Times",
        "",
        *_times(results),
        "",
        "## What ran",
        "",
        "| case | command |",
        "|---|---|",
        *dict.fromkeys(f"| {result.case} | {_code(result.command)} |" for result in results),
        "",
        "## Where",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in facts),
        "",
        "## Notes",
        "",
        *(f"- {note}" for note in notes),
        "",
    ]
    return "\n".join(lines)


def describe_machine(places: Sequence[tuple[str, Path]]) -> list[tuple[str, str]]:
    """(name, value) pairs: processor, memory, kernel, file systems; nothing that names the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        ("processor", f"{_processor()}, {len(os.sched_getaffinity(0))} cores"),
        ("memory", f"{memory:.0f} GiB"),
        ("system", f"{platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}"),
        *((f"place: {name}", _file_system(path)) for name, path in places),
    ]


def _summary(results: Sequence[Result]) -> list[str]:
    rivals = {result.rival for result in results}
    rival = next(iter(rivals)) if len(rivals) == 1 else "rival"
    rows = [
        f"| case | where | tiffin | {rival} | {rival} ÷ tiffin | tiffin ÷ loop | aim | |",
        "|---|---|--:|--:|--:|--:|---|---|",
    ]
    for result in results:
        ours, theirs = (spread([run.wall_s for run in runs]).median for runs in (result.ours, result.theirs))
        loop = _ratio(result.over_loop()) if result.loop else ""
        their = _time(theirs) if len(rivals) == 1 else f"{result.rival} {_time(theirs)}"
        aims = "; ".join(aim.text(result.rival) for aim in result.aims)
        met = "; ".join("met" if result.met(aim) else "**not met**" for aim in result.aims)
        rows.append(
            f"| {result.case} | {result.place} | {_time(ours)} | {their} | {_ratio(result.gain())} "
            f"| {loop} | {aims} | {met} |"
        )
    return rows


def _losses(results: Sequence[Result]) -> list[str]:
    lost = [
        f"- {result.case} on {result.place}: {reason}"
        for result in results
        for reason in (
            *(f"{aim.text(result.rival)} was the aim, and is missed" for aim in result.aims if not result.met(aim)),
            *([f"slower than {result.rival}"] if result.gain().median < 1 else []),
        )
    ]
    rivals = " or ".join(sorted({result.rival for result in results}))
    return lost or [f"Nothing in this run: every aim is met, and no case is slower than {rivals}."]


def _times(results: Sequence[Result]) -> list[str]:
    rows = ["| case | where | program | wall | user | system | peak memory |", "|---|---|---|--:|--:|--:|--:|"]
    for result in results:
        for program, runs in (("tiffin", result.ours), (result.rival, result.theirs), ("loop", result.loop)):
            if not runs:
                continue
            wall = spread([run.wall_s for run in runs])
            user = spread([run.user_s for run in runs]).median
            system = spread([run.system_s for run in runs]).median
            peak = max(run.peak for run in runs)
            rows.append(
                f"| {result.case} | {result.place} | {program} "
                f"| {_time(wall.median)} ({_time(wall.least)} to {_time(wall.most)}) "
                f"| {_time(user)} | {_time(system)} | {peak / 2**20:.0f} MiB |"
            )
    return rows


def _code(commands: str) -> str:
    return "<br>".join(f"`{line}`" for line in commands.splitlines())


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _ratio(ratio: Spread) -> str:
    return f"{ratio.median:.1f} ({ratio.least:.1f} to {ratio.most:.1f})"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _file_system(path: Path) -> str:
    command = ["df", "--output=fstype", str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
