"""One program run as a person would run it: whole process, wall time and what it used."""

import contextlib
import mmap
import os
import shlex
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

__all__ = ["Sample", "Spread", "measure", "spread", "together", "touch_memory"]


class Sample(NamedTuple):
    """One run.  Times in seconds; user and system include children that were waited for; peak in bytes."""

    wall_s: float
    user_s: float
    system_s: float
    peak: int
    output: str


class Spread(NamedTuple):
    """Median with the least and the most of several rounds."""

    median: float
    least: float
    most: float


def measure(command: Sequence[str | Path], directory: Path, environment: Mapping[str, str], log: Path) -> Sample:
    """Run a command in a directory to its end; its output (both streams) goes to the file `log`.

    Raises RuntimeError with the end of the output if the command fails.
    """
    arguments = [str(word) for word in command]
    redirect = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    # posix_spawn and wait4 rather than subprocess: nothing of ours runs between the start and the end, and the kernel's
    # own account of this one child comes back with its exit.
    with contextlib.chdir(directory):
        started = time.perf_counter()
        process = os.posix_spawnp(arguments[0], arguments, dict(environment), file_actions=redirect)
        _, status, usage = os.wait4(process, 0)
        wall = time.perf_counter() - started
    output = log.read_text(encoding="utf-8", errors="replace")
    if code := os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"`{shlex.join(arguments)}` in {directory} ended with {code}:\n{output[-2000:]}")
    return Sample(wall, usage.ru_utime, usage.ru_stime, usage.ru_maxrss * 1024, output)


def touch_memory(share: float = 0.9, most: int = 1 << 62) -> None:
    """Write once to every page of so much of the free memory, and give it back.  most: bytes.

    The first write to a page of a virtual machine waits for its host to find one, ten microseconds here.  That is no
    cost of the program that happens to be first.
    """
    # In a process of its own: what is measured later would be said to have had as much memory as we once had.
    process = os.fork()
    if process == 0:
        try:
            _touch(share, most)
        finally:
            os._exit(0)
    os.waitpid(process, 0)


def _touch(share: float, most: int) -> None:
    facts = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    free = next(int(line.split()[1]) * 1024 for line in facts if line.startswith("MemFree:"))
    block = bytes(1 << 20)
    size = min(int(free * share), most) // len(block) * len(block)
    with mmap.mmap(-1, max(size, len(block))) as memory:
        for _ in range(size // len(block)):
            memory.write(block)


def spread(values: Sequence[float]) -> Spread:
    """Median, least and most.  values: not empty."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return Spread(median, ordered[0], ordered[-1])


def together(samples: Sequence[Sample]) -> Sample:
    """Several runs one after the other as one: times add up, the peak is the highest.  samples: not empty."""
    return Sample(
        sum(sample.wall_s for sample in samples),
        sum(sample.user_s for sample in samples),
        sum(sample.system_s for sample in samples),
        max(sample.peak for sample in samples),
        samples[-1].output,
    )
