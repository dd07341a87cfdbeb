"""What copies of files are, said slowly in Python: property tests compare the two."""

import shutil
from collections.abc import Sequence
from errno import ENOENT
from pathlib import Path

__all__ = ["copied_files", "described", "owned_files"]


def described(root: Path) -> dict[str, tuple[str, bytes, int, int]]:
    """What is at every path below root: kind, content, mode, names."""
    found = {}
    for path in root.rglob("*"):
        info = path.lstat()
        if not path.is_dir():
            kind = "link" if path.is_symlink() else "file"
            found[str(path.relative_to(root))] = (kind, path.read_bytes(), info.st_mode & 0o777, info.st_nlink)
    return found


def copied_files(names: Sequence[str], source: Path, destination: Path) -> list[tuple[str, int]]:
    """Copy what is there; the names that are not, with their outcome."""
    for name in names:
        if (source / name).exists():
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, destination / name)
    return [(name, ENOENT) for name in names if not (source / name).exists()]


def owned_files(names: Sequence[str], root: Path, right: str) -> None:
    """Put copies in the place of links, and give all files a right."""
    for path in (root / name for name in names):
        if path.is_symlink() or path.stat().st_nlink > 1:
            may_execute = path.stat().st_mode & 0o100
            shutil.copyfile(path, path.with_name("copy"))
            path.with_name("copy").replace(path)
            path.chmod(path.stat().st_mode | may_execute)
        mode = path.stat().st_mode
        path.chmod({"write": mode | 0o200, "execute": mode | (mode & 0o444) >> 2, "no-execute": mode & ~0o111}[right])
