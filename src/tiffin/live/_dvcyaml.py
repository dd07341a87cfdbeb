"""The entries by which a dvc.yaml names the files of a run.

`repro` may be writing the same file: both take the lock, and both replace the file in one step.
"""

import os
import posixpath
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from tiffin.formats import yaml
from tiffin.live._files import replace_file

if sys.platform != "win32":  # there the file is still replaced in one step
    import fcntl

__all__ = ["Entry", "Sections", "entry_path", "find_repository", "read_entries", "update_dvcyaml"]

Entry = str | dict[str, Any]
OWN_FILES: Final = ("params.yaml", "metrics.json", "plots/metrics", "plots/images", "plots/custom/", "plots/sklearn/")
LOCK: Final = os.path.join(".dvc", "tmp", "dvcyaml.lock")


class Sections(NamedTuple):
    """What a run adds to dvc.yaml; every path is POSIX and relative to the folder of dvc.yaml.

    artifacts: by name.  keep: entries of an earlier part of the run stay while their file is there.
    """

    live_dir: str
    params: str | None
    metrics: str | None
    plots: list[Entry]
    artifacts: dict[str, dict[str, Any]]
    keep: bool

    def as_mapping(self) -> dict[str, Any]:
        """The sections as a dvc.yaml of its own."""
        sections = {
            "params": [self.params] if self.params else [],
            "metrics": [self.metrics] if self.metrics else [],
            "plots": self.plots,
            "artifacts": self.artifacts,
        }
        return {name: entries for name, entries in sections.items() if entries}


def update_dvcyaml(path: str, sections: Sections) -> None:
    """Make the dvc.yaml at path name exactly these files of the run; all else in it stays, comments included.

    Writes only if something changes.  Raises FormatError when the file cannot be understood.
    """
    path = os.path.realpath(path)
    with _locked(os.path.dirname(path)):
        text = _read(path)
        if text is None:
            replace_file(path, yaml.dump(sections.as_mapping()).encode())
            return
        present = yaml.load(text, path) or {}
        if sections.keep:
            sections = _with_earlier(present, sections, os.path.dirname(path))
        if _says(present, sections):
            return
        from tiffin.formats import edit  # noqa: PLC0415 - late: needed only when an existing file changes, and slow to load

        updated = edit.update_dvclive_sections(
            text,
            sections.live_dir,
            params=sections.params,
            metrics=sections.metrics,
            plots=sections.plots,
            artifacts=sections.artifacts,
        )
        if updated != text:
            replace_file(path, updated.encode(), mode=stat.S_IMODE(os.stat(path).st_mode))


def read_entries(path: str, live_dir: str) -> list[Entry]:
    """The plots of the live folder that the dvc.yaml at path names; none where there is no file."""
    text = _read(path)
    present = None if text is None else yaml.load(text, path)
    return _plots_within(present or {}, live_dir)


def entry_path(entry: Any) -> str:
    """The path an entry of a plots list is about."""
    if isinstance(entry, dict) and len(entry) == 1:
        return str(next(iter(entry)))
    return entry if isinstance(entry, str) else ""


def find_repository(folder: str) -> str | None:
    """The nearest folder at or above this one that holds a .dvc directory."""
    folder = os.path.realpath(folder)
    while not os.path.isdir(os.path.join(folder, ".dvc")):
        if os.path.ismount(folder):
            return None
        folder = os.path.dirname(folder)
    return folder


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _within(path: str, live_dir: str) -> bool:
    if live_dir == ".":
        # The folder of dvc.yaml itself, where other things lie too.
        return path.startswith(OWN_FILES)
    return posixpath.normpath(path).startswith(f"{live_dir}/")


def _plots_within(present: Any, live_dir: str) -> list[Entry]:
    entries = present.get("plots") if isinstance(present, dict) else None
    return [entry for entry in entries if _within(entry_path(entry), live_dir)] if isinstance(entries, list) else []


def _artifacts_within(present: Any, live_dir: str) -> dict[str, dict[str, Any]]:
    artifacts = present.get("artifacts") if isinstance(present, dict) else None
    if not isinstance(artifacts, dict):
        return {}
    return {
        name: artifact
        for name, artifact in artifacts.items()
        if isinstance(artifact, dict) and _within(str(artifact.get("path", "")), live_dir)
    }


def _with_earlier(present: Any, sections: Sections, folder: str) -> Sections:
    def is_there(path: str) -> bool:
        return os.path.exists(os.path.join(folder, path))

    plots = [entry for entry in _plots_within(present, sections.live_dir) if is_there(entry_path(entry))]
    artifacts = {
        name: artifact
        for name, artifact in _artifacts_within(present, sections.live_dir).items()
        if is_there(artifact["path"])
    }
    return sections._replace(
        plots=list({entry_path(entry): entry for entry in plots + sections.plots}.values()),
        artifacts={**artifacts, **sections.artifacts},
    )


def _says(present: Any, sections: Sections) -> bool:
    if not isinstance(present, dict):
        return False
    wanted = sections.as_mapping()
    for name in ("params", "metrics", "plots"):
        entries = present.get(name, [])
        if not isinstance(entries, list):
            return False
        own = [entry for entry in entries if _within(entry_path(entry), sections.live_dir)]
        if own != wanted.get(name, []):
            return False
    artifacts = present.get("artifacts", {})
    if not isinstance(artifacts, dict):
        return False
    own_artifacts = _artifacts_within(present, sections.live_dir)
    others = {name: artifact for name, artifact in artifacts.items() if name not in own_artifacts}
    expected = {**others, **sections.artifacts}
    return artifacts == expected and list(artifacts) == list(expected)


@contextmanager
def _locked(folder: str) -> Iterator[None]:
    root = find_repository(folder)
    if sys.platform == "win32" or root is None or not os.path.isdir(os.path.join(root, ".dvc", "tmp")):
        yield
        return
    descriptor = os.open(os.path.join(root, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
