"""The same commands on ever larger trees: time, memory and system calls as the number of files grows."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import _workload as workload
from benchmarks._measure import measure
from benchmarks._plot import Series, log_log
from benchmarks._workload import Loops, Tool

__all__ = ["Point", "grow", "picture", "section"]

COMMANDS = ("add data", "status", "checkout")
TRACED_UP_TO = 100_000  # files; tracing slows a command down tenfold, and calls a file do not change any more
COLOURS = {"add data": "#1b6ca8", "status": "#2e8b57", "checkout": "#c0662b", "stat": "#777777", "store": "#aaaaaa"}
DASHES = {"tiffin": "", "dvc": "7 4", "loop": "2 3"}


class Point(NamedTuple):
    """One program doing one thing with so many files.  peak in bytes; calls: system calls, None where not traced."""

    program: str
    what: str
    files: int
    wall_s: float
    peak: int = 0
    calls: int | None = None


def grow(
    ours: Tool,
    theirs: Tool,
    loops: Loops,
    folder: Path,
    sizes: Sequence[int],
    their_largest: int,
    say: Callable[[str], None],
) -> list[Point]:
    """Points for every size, command and program; DVC takes part up to `their_largest` files."""
    return list(_points(ours, theirs, loops, folder, sizes, their_largest, say))


def picture(points: Sequence[Point]) -> str:
    """Seconds over files, both logarithmic, as SVG."""
    series = []
    for program, what in dict.fromkeys((point.program, point.what) for point in points):
        if what == "read":
            continue
        chosen = [(point.files, point.wall_s) for point in points if (point.program, point.what) == (program, what)]
        label = f"{what} loop" if program == "loop" else f"{'DVC' if program == 'dvc' else program} {what.split()[0]}"
        series.append(Series(label, chosen, COLOURS[what], DASHES[program]))
    return log_log(series, across="files", up="seconds")


def section(points: Sequence[Point], picture_name: str, place: str) -> list[str]:
    """The lines of the page: the picture, then every figure."""
    lines = [
        "## Growth",
        "",
        f"![Seconds over files, both logarithmic]({picture_name})",
        "",
        f"Files of {workload.FILE_BYTES} bytes on {place}, `tiffin` to the end, DVC as far as is practical. The loops",
        "are two threads each: `stat` looks at every file, `read` opens, reads and closes it, `store` writes it anew.",
        "One round a size; `status` with warm caches. System calls by `strace -f -c` in a run of its own.",
        "",
        "| what | files | program | wall | files/s | bytes/s | peak memory | system calls a file | ÷ loop |",
        "|---|--:|---|--:|--:|--:|--:|--:|--:|",
    ]
    floors = {(point.files, point.what): point.wall_s for point in points if point.program == "loop"}
    lines += [_row(point, floors) for point in points]
    return [*lines, ""]


def _row(point: Point, floors: dict[tuple[int, str], float]) -> str:
    rate = point.files / point.wall_s
    floor = floors.get((point.files, "stat" if point.what == "status" else "store"))
    calls = "" if point.calls is None else f"{point.calls / point.files:.1f}"
    over = "" if point.program == "loop" or floor is None else f"{point.wall_s / floor:.1f}"
    peak = f"{point.peak / 2**20:.0f} MiB" if point.peak else ""
    moved = "" if point.what in ("status", "stat") else f"{rate * workload.FILE_BYTES / 1e6:.1f} MB"
    return (
        f"| {point.what} | {point.files:,} | {point.program} | {point.wall_s:.3f} s | {rate:,.0f} | {moved} | {peak} "
        f"| {calls} | {over} |"
    )


def _points(
    ours: Tool,
    theirs: Tool,
    loops: Loops,
    folder: Path,
    sizes: Sequence[int],
    their_largest: int,
    say: Callable[[str], None],
) -> Iterator[Point]:
    for files in sizes:
        say(f"{files:,} files")
        for tool in (ours, theirs) if files <= their_largest else (ours,):
            # One repository at a time: a million files thrice are most of what a memory file system can hold.
            yield from _life(tool, folder / "repository", files)
            shutil.rmtree(folder)
        workload.make_files(folder / "files", files)
        yield from _loops(ours, loops, folder, files)
        shutil.rmtree(folder)


def _life(tool: Tool, repository: Path, files: int) -> Iterator[Point]:
    log = repository.with_name("output.log")
    workload.new_repository(tool, repository)
    workload.make_files(repository / "data", files)
    for command in COMMANDS:
        words = [str(tool.command), *command.split()]
        if command == "checkout":
            shutil.rmtree(repository / "data")  # a memory file system holds three million files, and not many more
        if command == "status":
            measure(words, repository, tool.environment, log)
        os.sync()
        run = measure(words, repository, tool.environment, log)
        yield Point(tool.name, command, files, run.wall_s, run.peak, _calls(tool, repository, command, files))


def _calls(tool: Tool, repository: Path, command: str, files: int) -> int | None:
    """System calls of a command that is run once more, from where the measured one began; None without strace."""
    if files > TRACED_UP_TO or shutil.which("strace") is None:
        return None
    if command == "checkout":
        shutil.rmtree(repository / "data")
    if command == "add data":
        (repository / "data.dvc").unlink()
        for kept in ("cache", "tmp"):
            shutil.rmtree(repository / ".dvc" / kept)
    summary, quiet = repository.with_name("calls"), subprocess.DEVNULL
    traced = ["strace", "-f", "-c", "-o", str(summary), str(tool.command), *command.split()]
    subprocess.run(traced, cwd=repository, env=dict(tool.environment), check=True, stdout=quiet, stderr=quiet)
    total = next(line for line in summary.read_text().splitlines() if line.endswith(" total"))
    return int(total.split()[3])


def _loops(tool: Tool, loops: Loops, folder: Path, files: int) -> Iterator[Point]:
    source, target, log = folder / "files", folder / "stored", folder / "output.log"
    target.mkdir()
    for what, command in (
        ("stat", [loops.stat, source]),
        ("read", [loops.read, source]),
        ("store", [loops.store, source, target]),
    ):
        measure([loops.stat, source], folder, tool.environment, log)
        os.sync()
        run = measure(command, folder, tool.environment, log)
        yield Point("loop", what, files, float(run.output.split()[-2]))
