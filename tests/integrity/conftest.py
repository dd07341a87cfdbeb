"""The sandbox of the verbs' tests, and stores that are not what they should be."""

import hashlib
import os
from pathlib import Path

import pytest

from tests.repo.conftest import Sandbox, sandbox

__all__ = ["Objects", "objects", "sandbox"]

STORE = ".dvc/cache/files/md5"


class Objects:
    """The cache of a sandbox, and hands that are not tiffin's on it."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box

    def path(self, content: bytes) -> Path:
        oid = hashlib.md5(content, usedforsecurity=False).hexdigest()
        return self.box.root / STORE / oid[:2] / oid[2:]

    def put(self, content: bytes, suffix: str = "") -> str:
        """Store an object by hand; its id."""
        path = self.path(content)
        path = path.with_name(path.name + suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o444)
        return path.parent.name + path.name

    def damage(self, content: bytes) -> Path:
        """Flip the first bit of an object so that neither size nor mtime nor mode tell."""
        path = self.path(content)
        before = path.stat()
        path.chmod(0o644)
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        path.chmod(0o444)
        return path


@pytest.fixture
def objects(sandbox: Sandbox) -> Objects:
    return Objects(sandbox)
