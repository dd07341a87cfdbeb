"""What took the time, and what would take less."""

from collections.abc import Sequence

from tiffin.train._trained import Pass

__all__ = ["profile"]


def profile(passes: Sequence[Pass], paths: Sequence[str], *, deterministic: bool) -> str:
    """One line about all passes: the share of each stage, what bound them, and what to change; "" where nothing ran."""
    seconds = {name: sum(done.stages[name] for done in passes) for name in ("read", "parse", "learn", "wait")}
    whole = sum(seconds.values())
    if whole <= 0:
        return ""
    bound = max(seconds, key=lambda name: seconds[name])
    shares = ", ".join(f"{name} {share / whole:.0%}" for name, share in seconds.items())
    advice = _advice(bound, passes, paths, deterministic=deterministic)
    return f"time: {shares}; {advice}"


def _advice(bound: str, passes: Sequence[Pass], paths: Sequence[str], *, deterministic: bool) -> str:
    if bound == "read":
        if any(done.from_cache for done in passes):
            return "reading bound it: the cache is on a slow disk, or larger than the memory"
        if any(path.endswith(".gz") for path in paths):
            return "reading bound it: .zst decompresses several times as fast as .gz"
        return "reading bound it: the disk, or what feeds it, is slower than training"
    if bound == "parse":
        return "parsing bound it: with --cache DIR, later runs begin with parsed examples, as further passes do"
    if bound == "wait":
        reason = "with --deterministic one thread learns at a time" if deterministic else "checkpoints stop it often"
        return f"waiting bound it: {reason}"
    return "learning bound it, as it should; fewer bits or a smaller k take less memory and time"
