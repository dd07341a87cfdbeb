"""The project as of a Git revision."""

import os

from tiffin.errors import GitError
from tiffin.pipeline import Project, is_metafile
from tiffin.repo._repo import Repo
from tiffin.scm import Git, find_git_root

__all__ = ["GitSource", "git_of", "project_at", "read_tracked"]


class GitSource:
    """The files of one commit below a directory of the Git repository."""

    def __init__(self, git: Git, revision: str, directory: str) -> None:
        self._git = git
        self._revision = git.resolve_rev(revision)
        self._objects = git.objects()
        self._prefix = f"{directory}/" if directory else ""

    def metafiles(self) -> list[str]:
        paths = (entry.path for entry in self._git.ls_tree(self._revision, self._prefix.rstrip("/")))
        return sorted(path.removeprefix(self._prefix) for path in paths if is_metafile(path))

    def read(self, path: str) -> bytes | None:
        return self._objects.blob(self._revision, f"{self._prefix}{path}")


def git_of(repo: Repo) -> Git:
    """The Git repository the repository lies in.  Raises GitError if there is none."""
    root = find_git_root(repo.root)
    if root is None or repo.config.flag("core.no_scm"):
        raise GitError(f"'{repo.root}' is not in a Git repository, so it has no revisions")
    return Git(root)


def project_at(repo: Repo, revision: str | None) -> Project:
    """The stages as of a revision; None is the workspace.  Raises GitError for an unknown revision."""
    if revision is None:
        return repo.project
    git = git_of(repo)
    directory = os.path.relpath(repo.root, git.root)
    return Project(GitSource(git, revision, "" if directory == "." else directory))


def read_tracked(repo: Repo, project: Project, revision: str | None, path: str) -> bytes | None:
    """The bytes of a file as of a revision: from Git, or from the cache if it is an output kept there."""
    text = project.source.read(path)
    if text is not None or revision is None:
        return text
    for stage in project.stages:
        for out in stage.outs:
            if out.path == path and out.recorded is not None and out.recorded.oid:
                return _object(repo, out.recorded.oid)
            if path.startswith(f"{out.path}/") and out.recorded is not None and out.recorded.is_dir:
                return _part(repo, out.recorded.oid or "", path.removeprefix(f"{out.path}/"))
    return None


def _part(repo: Repo, directory: str, path: str) -> bytes | None:
    if not repo.store.has(directory):
        return None
    listing = repo.store.manifest(directory)
    row = listing.find(path)
    return _object(repo, listing.oid(row) or "") if row >= 0 else None


def _object(repo: Repo, oid: str) -> bytes | None:
    try:
        with open(repo.store.path(oid), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
