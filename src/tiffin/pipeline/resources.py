"""What stages ask for, and how what there is gets shared out among those that run at once.

    meta: {tiffin: {cpus: number, memory: size, gpus: count, timeout: duration, retries: count}}

size is a number of bytes, or text such as 8GB (powers of 1024); duration is a number of seconds, or text such as 1h30m.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from tiffin.formats.pipeline import PipelineFile
from tiffin.formats.sizes import bytes_of
from tiffin.pipeline._stage import Stage

__all__ = ["Budget", "Demand", "Shares", "demand_of", "seconds_of"]

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Demand(NamedTuple):
    """cpus and memory (bytes) count only where a stage asks for them; retries: further attempts after a failure."""

    cpus: float = 0
    memory: int = 0
    gpus: int = 0
    timeout_s: float | None = None
    retries: int = 0


class Budget(NamedTuple):
    """What there is.  memory: bytes; gpus: as CUDA_VISIBLE_DEVICES names them."""

    cpus: float
    memory: int
    gpus: tuple[str, ...] = ()


class Shares:
    """Who has what of a budget.  A stage that asks for more than there is of cpus or memory runs alone with it all."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self._taken: dict[int, tuple[float, int, tuple[str, ...]]] = {}

    def take(self, number: int, demand: Demand) -> tuple[str, ...] | None:
        """Give a stage what it asks for: the GPUs that are its own; None if it has to wait."""
        if not (demand.cpus or demand.memory or demand.gpus):
            return ()
        cpus, memory = min(demand.cpus, self.budget.cpus), min(demand.memory, self.budget.memory)
        used_cpus = sum(share[0] for share in self._taken.values())
        used_memory = sum(share[1] for share in self._taken.values())
        used_gpus = {gpu for share in self._taken.values() for gpu in share[2]}
        free = [gpu for gpu in self.budget.gpus if gpu not in used_gpus]
        if used_cpus + cpus > self.budget.cpus or used_memory + memory > self.budget.memory or demand.gpus > len(free):
            return None
        gpus = tuple(free[: demand.gpus])
        self._taken[number] = (cpus, memory, gpus)
        return gpus

    def give_back(self, number: int) -> None:
        """Take back what a stage had."""
        self._taken.pop(number, None)


def demand_of(stage: Stage, file: PipelineFile) -> Demand:
    """What a stage of a dvc.yaml asks for.  Raises SchemaError."""
    own = stage.meta.get("tiffin") if isinstance(stage.meta, Mapping) else None
    if own is None:
        return Demand()
    try:
        return Demand(**dict(_read(own)))
    except _Bad as bad:
        keys = ("meta", "tiffin", *bad.keys)
        message = f"{'.'.join(keys)} of {stage.label}: {bad.text}"
        at_key = bad.text == _UNKNOWN
        raise file.problem_in(stage.name or "", keys, message, hint=bad.hint, at_key=at_key) from None


def seconds_of(text: str) -> float | None:
    """A duration such as 90s, 15m or 1h30m, in seconds; None if it is none."""
    total, number = 0.0, ""
    for character in text.strip().lower():
        if character in _SECONDS:
            try:
                total, number = total + float(number) * _SECONDS[character], ""
            except ValueError:
                return None
        else:
            number += character
    try:
        total += float(number) if number.strip() else 0
    except ValueError:
        return None
    return total if 0 <= total < 2**32 else None


class _Bad(Exception):
    """keys: below `meta.tiffin`."""

    def __init__(self, keys: tuple[str, ...], text: str, hint: str) -> None:
        super().__init__(text)
        self.keys = keys
        self.text = text
        self.hint = hint


_UNKNOWN = "unknown key"
_EXAMPLE = "cpus: 2, memory: 8GB, gpus: 1, timeout: 1h, retries: 2"
_FIELDS = {"timeout": "timeout_s"}


def _read(own: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(own, Mapping):
        raise _Bad((), f"'{own}', where a map was expected", f"write it like {{{_EXAMPLE}}}")
    for key, value in own.items():
        if key not in _READERS:
            raise _Bad((str(key),), _UNKNOWN, _known(str(key)))
        yield _FIELDS.get(str(key), str(key)), _READERS[key](key, value)


def _known(key: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake has to pay for it

    near = get_close_matches(key, _READERS, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known are {', '.join(_READERS)}"


def _number(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 2**20:
        raise _Bad((key,), f"'{value}' is no number of processors", "write it like 2 or 0.5")
    return value


def _count(key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**20:
        raise _Bad((key,), f"'{value}' is no count", "write a whole number, such as 1")
    return value


def _size(key: str, value: Any) -> int:
    size = bytes_of(str(value)) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    if not size:
        raise _Bad((key,), f"'{value}' is no size", "write it like 512MB or 8GB")
    return size


def _duration(key: str, value: Any) -> float:
    seconds = seconds_of(str(value)) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    if not seconds:
        raise _Bad((key,), f"'{value}' is no duration", "write it like 90s, 15m, 1h30m or 2d")
    return seconds


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "cpus": _number,
    "memory": _size,
    "gpus": _count,
    "timeout": _duration,
    "retries": _count,
}
