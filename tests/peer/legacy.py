"""Repositories as DVC 2 wrote them, by hand: no DVC 2 is needed to have one."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

__all__ = ["CASES", "legacy_id", "listing_of_dvc2", "track_as_dvc2", "write_object"]

PIECE = 2**20
TEXT = bytes(range(32, 127)) + b"\n\r\t\f\b"

# What DVC 2 hashed in a way of its own, and what is near to it.
CASES: dict[str, bytes] = {
    "crlf": b"one\r\ntwo\r\n",
    "lf": b"one\ntwo\n",
    "empty": b"",
    "cr at the end": b"text\r",
    "two crs": b"a\r\r\nb",
    "binary": b"\0" + b"a\r\nb",
    "nul after 512 bytes": b"a" * 512 + b"\0\r\n",
    "just text": b"a\r\n" + b"\xff" * 3 + b"b" * 4,  # 30 % of it is not
    "no text": b"a\r\n" + b"\xff" * 4 + b"b" * 3,
    "crlf across pieces": b"x" * (PIECE - 1) + b"\r\ny\r\n",
    "text, then binary": b"x\r\n" + b"x" * (PIECE - 3) + b"\0\r\n",
    "binary, then text": b"\0\r\n" + b"x" * (PIECE - 3) + b"x\r\n",
}


def legacy_id(body: bytes) -> str:
    """The id DVC 2 gave a file."""
    digest = hashlib.md5(usedforsecurity=False)
    for start in range(0, len(body), PIECE):
        piece = body[start : start + PIECE]
        judged = piece[:512]
        is_text = b"\0" not in judged and len(judged.translate(None, TEXT)) / len(judged) <= 0.30
        digest.update(piece.replace(b"\r\n", b"\n") if is_text else piece)
    return digest.hexdigest()


def listing_of_dvc2(files: Mapping[str, bytes]) -> bytes:
    """The body of the object that lists a directory."""
    rows = [{"md5": legacy_id(body), "relpath": name} for name, body in sorted(files.items())]
    return json.dumps(rows, sort_keys=True).encode()


def write_object(store: Path, body: bytes, suffix: str = "") -> str:
    """Put a body into a store of DVC 2; its id."""
    oid = legacy_id(body) + suffix
    path = store / oid[:2] / oid[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(body)
        path.chmod(0o444)
    return oid


def track_as_dvc2(repo: Path, path: str, content: bytes | Mapping[str, bytes], *, store: Path | None = None) -> str:
    """Write a file or directory, its objects (below .dvc/cache, or a store given) and its .dvc file; its id."""
    store = store or repo / ".dvc" / "cache"
    target = repo / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        target.write_bytes(content)
        oid = write_object(store, content)
        fields = f"md5: {oid}\n  size: {len(content)}\n"
    else:
        for name, body in content.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(body)
            write_object(store, body)
        oid = write_object(store, listing_of_dvc2(content), ".dir")
        size = sum(map(len, content.values()))
        fields = f"md5: {oid}\n  size: {size}\n  nfiles: {len(content)}\n"
    (repo / f"{path}.dvc").write_text(f"outs:\n- {fields}  path: {target.name}\n")
    ignore = target.parent / ".gitignore"
    ignore.write_text((ignore.read_text() if ignore.exists() else "") + f"/{target.name}\n")
    return oid
