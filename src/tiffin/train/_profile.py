"""What took the time, and what would take less."""

from collections.abc import Sequence

from tiffin.train._counts import Counts
from tiffin.train._trained import Pass

__all__ = ["profile"]


def profile(
    passes: Sequence[Pass], paths: Sequence[str], *, deterministic: bool, kept: bool, counts: Counts | None = None
) -> str:
    """One line about all passes: the share of each stage, what was queued, what bound them, what to change.

    "" where nothing ran.  kept: whether parsed examples are there for later runs.  counts: are a line more, where
    anything was counted.
    """
    stages: dict[str, float] = {}
    kinds: dict[tuple[str, bool], float] = {}  # the same of passes from text and of those from the cache
    for done in passes:
        for name, seconds in done.stages.items():
            stages[name] = stages.get(name, 0.0) + seconds
            kinds[name, done.from_cache] = kinds.get((name, done.from_cache), 0.0) + seconds
    whole = sum(stages.values())
    if whole <= 0:
        return ""
    shares = ", ".join(f"{name} {seconds / whole:.0%}" for name, seconds in stages.items())
    if (queued := sum(done.queued for done in passes) / len(passes)) >= 0.05:
        shares += f", queue {queued:.1f}"
    stage, from_cache = max(kinds, key=lambda kind: kinds[kind])
    time = f"time: {shares}; {_advice(stage, paths, from_cache=from_cache, deterministic=deterministic, kept=kept)}"
    counted = "" if counts is None else counts.text()
    return f"{time}\ncounted: {counted}" if counted else time


def _advice(stage: str, paths: Sequence[str], *, from_cache: bool, deterministic: bool, kept: bool) -> str:
    if stage == "read":
        if from_cache:
            return "reading bound it: the cache is on a slow disk, or larger than the memory"
        if any(path.endswith(".gz") for path in paths):
            return "reading bound it: .zst decompresses several times as fast as .gz"
        return "reading bound it: the disk, or what feeds it, is slower than training"
    if stage == "parse":
        if kept:
            return "parsing bound it, this once: the next run begins with what was kept"
        return "parsing bound it: with --cache DIR, later runs begin with parsed examples, as further passes do"
    if stage == "wait":
        if deterministic:
            return "waiting bound it: with --deterministic one thread learns at a time"
        return "waiting bound it: fewer threads at once learn more here, as all write to the same rows"
    return "learning bound it, as it should; fewer bits or a smaller k take less memory and time"
