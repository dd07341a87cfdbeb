"""What the machine has for stages that ask for it."""

import os
from collections.abc import Mapping
from contextlib import suppress

from tiffin.pipeline.resources import Budget

__all__ = ["machine"]


def machine(environment: Mapping[str, str]) -> Budget:
    """The processors and the memory this process may use, and the GPUs it may see."""
    return Budget(_processors(), _memory(), _gpus(environment))


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


def _memory() -> int:
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError, ValueError), open("/sys/fs/cgroup/memory.max", encoding="ascii") as file:
        return min(total, int(file.read()))  # a container's limit; "max" where there is none
    return total


def _gpus(environment: Mapping[str, str]) -> tuple[str, ...]:
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return tuple(name for part in visible.split(",") if (name := part.strip()) and name != "-1")
    with suppress(OSError):
        return tuple(str(number) for number in range(len(os.listdir("/proc/driver/nvidia/gpus"))))
    return ()
