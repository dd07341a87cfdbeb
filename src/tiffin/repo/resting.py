"""What an answer about the workspace rests on."""

import os
from collections.abc import Iterator

from tiffin.footprint import Footprint
from tiffin.pipeline import Stage
from tiffin.repo._repo import Repo

__all__ = ["footprint"]


def footprint(repo: Repo) -> Footprint | None:
    """All that was looked at to compare the workspace with what is recorded, and all that was looked for in vain.

    The clock counts from `repo.started_ns`, which must have been asked for before anything was read.  None if the
    answer rests on more than files of this machine whose stat fields show a change.
    """
    stages = repo.project.stages
    if not repo.started_ns or not all(map(_is_plain, stages)):
        return None
    journals = f"{repo.state}/journal"
    if os.path.isdir(journals) and os.listdir(journals):
        return None  # a run is under way, or was killed: dvc.lock does not say all yet
    found = Footprint(repo.started_ns)
    found.add([journals])
    found.add(repo.config.files.values())
    repo.source.footprint(found)
    repo.workspace.footprint(found)
    found.add(_object_directories(repo, stages))
    found.add(_git_rules(repo.root))
    found.add([path for path in (repo.excludes.file, *repo.excludes.settings) if path])
    return found


def _is_plain(stage: Stage) -> bool:
    if stage.is_data and stage.deps:
        return False  # imported from wherever
    dependencies = all("://" not in dep.path and not dep.entry.extra for dep in stage.deps)
    recorded = [*(dep.recorded for dep in stage.deps), *(out.recorded for out in stage.outs)]
    return dependencies and not any(content.legacy or content.extra for content in recorded if content is not None)


def _object_directories(repo: Repo, stages: tuple[Stage, ...]) -> Iterator[str]:
    """The directories that lose a name when an object of the stages is removed."""
    root = repo.store.root
    yield root
    recorded = [out.recorded for stage in stages for out in stage.outs if out.recorded is not None]
    if any(content.is_dir for content in recorded):
        prefixes = {f"{number:02x}" for number in range(256)}
    else:
        prefixes = {(content.oid or "")[:2] for content in recorded}
    yield from (f"{root}/{prefix}" for prefix in sorted(prefixes))


def _git_rules(root: str) -> Iterator[str]:
    """The files with Git's ignore rules that count from above the repository, there or not."""
    directory = root
    while not os.path.lexists(f"{directory}/.git"):
        parent = os.path.dirname(directory)
        if parent == directory:
            return
        directory = parent
        yield f"{directory}/.gitignore"
    yield f"{directory}/.git"
    yield f"{directory}/.git/info/exclude"
