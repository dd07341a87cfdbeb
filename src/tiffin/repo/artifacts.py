"""Versions of a repository's artifacts: which commit holds one, and where it lies there.

    tag := [directory '='] name ( '@v' version | '#' stage ) [ '!' ] [ '#' number ]

These are GTO's tags; only annotated ones count, as there.  An artifact of a dvc.yaml in a directory is called
directory:name, or directory/dvc.yaml:name.
"""

import posixpath
import re
from typing import NamedTuple

from tiffin.errors import TargetError
from tiffin.repo.external import External, Externals, Overrides
from tiffin.scm import Git

__all__ = ["Artifact", "find_artifact"]

_PIPELINE_FILE = "dvc.yaml"
_NAME = r"[a-zA-Z0-9](?:[a-zA-Z0-9-/_]*[a-zA-Z0-9])?"
_ADDRESS = re.compile(rf"(?:(?P<directory>[a-zA-Z0-9-_./]+):)?(?P<name>{_NAME})")
_TAG = re.compile(rf"(?P<artifact>[^@#]+)(?:@(?P<version>v[0-9][0-9A-Za-z.+-]*)|#(?P<stage>{_NAME}))!?(?:#[0-9]+)?")


class Artifact(NamedTuple):
    """A version of an artifact.  path: from the root of the Git repository."""

    rev: str
    path: str
    source: External


class _Tag(NamedTuple):
    """A version, or an assignment to a stage."""

    version: str | None
    stage: str | None
    commit: str
    time: int


def find_artifact(
    pool: Externals,
    url: str | None,
    name: str,
    *,
    version: str | None = None,
    stage: str | None = None,
    overrides: Overrides = Overrides(),  # noqa: B008 - a NamedTuple is immutable
) -> Artifact:
    """A version of an artifact, the newest without `version` and `stage`.  Raises TargetError if there is none."""
    if version and stage:
        raise TargetError("an artifact is asked for by its version or by its stage, not by both")
    found = _ADDRESS.fullmatch(name)
    if found is None:
        raise TargetError(f"'{name}' is no name of an artifact", hint="they look like NAME or DIRECTORY:NAME")
    directory = (found["directory"] or "").removesuffix(_PIPELINE_FILE).rstrip("/")
    where = pool.open(url, None, overrides)
    tags = [] if where.git is None else _tags(where.git, f"{directory}={found['name']}" if directory else found["name"])
    commit = _chosen(tags, version, stage)
    if commit is None:
        asked = f" {version}" if version else f" in stage '{stage}'" if stage else ""
        raise TargetError(
            f"no tag says where to find artifact '{name}'{asked}", hint="GTO writes such tags: `gto register NAME`"
        )
    source = pool.open(url, commit, overrides)
    return Artifact(commit, _path(source, directory, found["name"]), source)


def _tags(git: Git, artifact: str) -> list[_Tag]:
    """The tags of one artifact, the oldest first."""
    found = []
    for name, (commit, time) in git.annotated_tags().items():
        parsed = _TAG.fullmatch(name)
        if parsed is not None and parsed["artifact"] == artifact:
            found.append(_Tag(parsed["version"], parsed["stage"], commit, time))
    return sorted(found, key=lambda tag: tag.time)


def _chosen(tags: list[_Tag], version: str | None, stage: str | None) -> str | None:
    if version or stage:
        fitting = [tag for tag in tags if (tag.version == version if version else tag.stage == stage)]
        return fitting[-1].commit if fitting else None
    versions = [tag for tag in tags if tag.version]
    return max(versions, key=lambda tag: _order(tag.version or "")).commit if versions else None


def _order(version: str) -> tuple[object, ...]:
    """Semantic versions: numbers first; what comes before a release sorts below it."""
    core, _, before = version.removeprefix("v").partition("+")[0].partition("-")
    parts = [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in before.split(".")] if before else []
    return tuple(int(part) if part.isdigit() else 0 for part in core.split(".")), not before, tuple(parts)


def _path(source: External, directory: str, name: str) -> str:
    member, inside = source.member(directory)
    file = posixpath.join(inside, _PIPELINE_FILE)
    declared = member.project.pipeline_file(file).artifacts if member.side.read(file) is not None else {}
    if name not in declared:
        raise TargetError(
            f"'{posixpath.join(directory, _PIPELINE_FILE)}' has no artifact '{name}' at {(source.rev or '')[:7]}",
            hint=f"it has {', '.join(sorted(declared))}" if declared else None,
        )
    return posixpath.normpath(posixpath.join(directory, declared[name]["path"]))
