"""Who reads and writes which paths while the repository lock is released: DVC's .dvc/tmp/rwlock.

rwlock := {"write": {absolute path: owner}, "read": {absolute path: [owner, ...]}}
owner  := {"pid": int, "cmd": string}
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tiffin.errors import LockHeld
from tiffin.fs import FileLock, write_atomically

__all__ = ["holding"]


@contextmanager
def holding(directory: str, command: str, *, read: Sequence[str], write: Sequence[str]) -> Iterator[None]:
    """Announce the absolute paths a command reads and writes for as long as the context lasts.

    Raises LockHeld if a living process writes one of them, or reads one of `write`.
    """
    owner = {"pid": os.getpid(), "cmd": command}
    with FileLock(f"{directory}/rwlock.lock"):
        table = _load(directory)
        _refuse_conflicts(table, owner, read, write)
        for path in read:
            table["read"].setdefault(path, []).append(owner)
        for path in write:
            table["write"][path] = owner
        _save(directory, table)
    try:
        yield
    finally:
        with FileLock(f"{directory}/rwlock.lock"):
            table = _load(directory)
            _withdraw(table, owner)
            _save(directory, table)


def _load(directory: str) -> dict[str, dict[str, Any]]:
    try:
        with open(f"{directory}/rwlock", encoding="utf-8") as file:
            table = json.load(file)
    except (FileNotFoundError, ValueError):
        table = {}
    if not isinstance(table, dict):
        table = {}
    write, read = (table.get(kind) for kind in ("write", "read"))
    writers = write.items() if isinstance(write, dict) else ()
    readers = read.items() if isinstance(read, dict) else ()
    return {
        "write": {path: owner for path, owner in writers if _is_owner(owner)},
        "read": {path: list(filter(_is_owner, owners)) for path, owners in readers if isinstance(owners, list)},
    }


def _is_owner(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("pid"), int) and value["pid"] > 0 and "cmd" in value


def _save(directory: str, table: dict[str, dict[str, Any]]) -> None:
    write_atomically(f"{directory}/rwlock", json.dumps(table), durable=False)


def _refuse_conflicts(
    table: dict[str, dict[str, Any]], owner: dict[str, Any], read: Sequence[str], write: Sequence[str]
) -> None:
    for path, other in table["write"].items():
        _refuse(path, [other], owner, [*read, *write])
    for path, others in table["read"].items():
        _refuse(path, others, owner, write)


def _refuse(path: str, others: Sequence[dict[str, Any]], owner: dict[str, Any], wanted: Sequence[str]) -> None:
    if not any(_overlap(path, mine) for mine in wanted):
        return
    for other in others:
        if other != owner and _alive(int(other["pid"])):
            raise LockHeld(
                f"'{path}' is in use by process {other['pid']} ({other['cmd']})", hint="wait until it is done"
            )


def _withdraw(table: dict[str, dict[str, Any]], owner: dict[str, Any]) -> None:
    table["write"] = {path: other for path, other in table["write"].items() if _keep(other, owner)}
    kept = {path: [o for o in others if _keep(o, owner)] for path, others in table["read"].items()}
    table["read"] = {path: others for path, others in kept.items() if others}


def _keep(other: dict[str, Any], owner: dict[str, Any]) -> bool:
    return other != owner and _alive(int(other["pid"]))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")
