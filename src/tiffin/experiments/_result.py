"""What an experiment's commit holds beside what Git knows already, and its checksum."""

import posixpath
from collections.abc import Iterable, Mapping

from tiffin.formats import lock
from tiffin.formats.values import LockEntry
from tiffin.pipeline import Project, Stage, executable_path, join, lock_path

__all__ = ["checksum", "files_of", "folders_of"]


def checksum(entries: Mapping[str, LockEntry]) -> str:
    """SHA-256 of the stages that ran, as dvc.lock records them: DVC's name for what came out."""
    import json  # noqa: PLC0415 - only a run needs it, and tables load this package too
    from hashlib import sha256  # noqa: PLC0415 - as above

    value = {name: lock.to_dict(entry) for name, entry in entries.items()}
    return sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def files_of(project: Project, stages: Iterable[Stage]) -> list[str]:
    """Paths an experiment's commit should hold even if Git does not know them yet; not all need exist.

    The files that define and record the stages, dependencies and outputs that are kept in Git, and what
    dvc.yaml files list as params, metrics and plots.
    """
    found: dict[str, None] = {}
    for stage in stages:
        found[stage.file] = None
        if stage.name is not None:
            found[lock_path(stage.file)] = None
            found[executable_path(stage.file)] = None
        found.update(dict.fromkeys(dep.path for dep in stage.deps if _in_repository(dep.path)))
        found.update(dict.fromkeys(out.path for out in stage.outs if not out.entry.cache))
    for file, parsed in project.pipeline_files().items():
        directory = posixpath.dirname(file)
        listed = [*parsed.params, *parsed.metrics, *parsed.plot_files]
        found.update(dict.fromkeys(join(directory, path) for path in listed))
    return list(found)


def folders_of(project: Project) -> list[str]:
    """What `Live` and its like fill: the folders of params, metrics and plots, and dvc.yaml files."""
    files = project.pipeline_files()
    listed = [
        join(posixpath.dirname(file), path)
        for file, parsed in files.items()
        for path in (*parsed.params, *parsed.metrics)
    ]
    made = [out.path for stage in project.stages for out in stage.outs if out.entry.kind != "out"]
    folders = dict.fromkeys(posixpath.dirname(path) for path in (*listed, *made))
    return [*files, *(folder for folder in folders if folder)]


def _in_repository(path: str) -> bool:
    return "://" not in path and not path.startswith(("/", "../"))
