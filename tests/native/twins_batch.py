"""What the batch functions do, said slowly in Python: property tests compare the two."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = ["content_id", "copied", "object_path", "placed", "store_after", "tree_of", "verified"]

CORRUPT = -2
MISSING = 2  # ENOENT


def content_id(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def object_path(oid: str, suffix: str = "") -> str:
    return f"{oid[:2]}/{oid[2:]}{suffix}"


def tree_of(root: Path) -> dict[str, bytes]:
    """Every regular file below root: its path there to its content."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def store_after(before: Mapping[str, bytes], files: Iterable[bytes]) -> dict[str, bytes]:
    """What a store holds after these files have been stored; one of another size than its name says is healed."""
    after = dict(before)
    for body in files:
        path = object_path(content_id(body))
        if path not in after or len(after[path]) != len(body):
            after[path] = body
    return after


def placed(store: Mapping[str, bytes], target: Mapping[str, str]) -> tuple[dict[str, bytes], dict[str, int]]:
    """Path to content of what can be placed, and path to outcome of what cannot."""
    found = {path: store[object_path(oid)] for path, oid in target.items() if object_path(oid) in store}
    return found, {path: MISSING for path in target if path not in found}


def copied(source: Mapping[str, bytes], destination: Mapping[str, bytes], oids: Iterable[str]) -> dict[str, bytes]:
    """What the destination holds after a transfer."""
    after = dict(destination)
    for oid in oids:
        path = object_path(oid)
        if path not in after and path in source and content_id(source[path]) == oid:
            after[path] = source[path]
    return after


def verified(store: Mapping[str, bytes], oids: Iterable[str]) -> list[int]:
    outcomes = []
    for oid in oids:
        body = store.get(object_path(oid))
        outcomes.append(MISSING if body is None else 0 if content_id(body) == oid else CORRUPT)
    return outcomes
