"""The states of a repository: the workspace and every commit."""

import errno
import os
import posixpath
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice, takewhile
from typing import Any, Protocol, Self

from tiffin._native import Table
from tiffin.errors import GitError
from tiffin.pipeline import Output, Project, Source, is_metafile
from tiffin.repo._repo import Repo
from tiffin.repo.asked import Revisions
from tiffin.scm import Commit, Git, GitObjects, Trees, find_git_root

__all__ = ["WORKSPACE", "Elsewhere", "RepoView", "States"]

WORKSPACE = "workspace"
_FOLDER = "40000"


class Elsewhere(Protocol):
    """Where objects may be that the cache lacks; None for what is not there either."""

    def read(self, out: Output, oid: str) -> bytes | None:
        """The bytes of an object of an output."""
        ...

    def listing(self, out: Output, oid: str) -> Table | None:
        """The files of a directory of that id."""
        ...


class States:
    """All states of one repository, read by one git process, which ends with the `with` block."""

    def __init__(self, repo: Repo, elsewhere: Elsewhere | None = None) -> None:
        """elsewhere: asked for objects that the cache lacks."""
        self._repo = repo
        self._elsewhere = elsewhere
        self._commits: dict[str, Commit] = {}
        self.parsed: dict[tuple[str, str | bytes], Any] = {}  # what all commits share

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        objects = self.__dict__.get("_objects")
        if objects is not None:
            objects.close()

    @cached_property
    def git(self) -> Git:
        """The Git repository the repository lies in.  Raises GitError if there is none."""
        root = None if self._repo.config.flag("core.no_scm") else find_git_root(self._repo.root)
        if root is None:
            raise GitError(
                f"'{self._repo.root}' is not in a Git repository, so there are no commits to look at",
                hint="make one with `git init`",
            )
        return Git(root, foreign=self._repo.is_apart)

    def workspace(self, source: Source | None = None) -> "RepoView":
        """The workspace; source: read metadata there instead of on disk."""
        return RepoView(self._repo, _Disk(self._repo, source), self._elsewhere)

    def at(self, commit: str) -> "RepoView":
        """A commit, by its id."""
        return RepoView(self._repo, _Tree(self, self.commit(commit).tree, self._repo), self._elsewhere)

    def view(self, name: str) -> "RepoView":
        """The workspace or a commit by name.  Raises GitError for an unknown one."""
        return self.workspace() if name == WORKSPACE else self.at(self.resolve(name))

    def commit(self, commit: str) -> Commit:
        """A commit's tree, parents and time."""
        if commit not in self._commits:
            self._commits[commit] = self._objects.commit(commit)
        return self._commits[commit]

    def back_to(self, baseline: str, commit: str) -> Iterator[str]:
        """A commit and its ancestors along first parents, as far as the baseline, which is not among them."""
        while commit != baseline:
            yield commit
            parents = self.commit(commit).parents
            commit = parents[0] if parents else baseline

    def head(self) -> str | None:
        """The id of the commit checked out; None before the first commit."""
        return self._find("HEAD")

    def holds_repository(self, commit: str) -> bool:
        """Whether the directory of the repository is there in a commit at all."""
        return not self.prefix or self.trees.find(self.commit(commit).tree, self.prefix.rstrip("/")) is not None

    def resolve(self, name: str) -> str:
        """The id of the commit a name means: Git's names first, then experiments'.  Raises GitError."""
        found = self._find(name) or self._find_experiment(name)
        if found is None:
            raise GitError(f"unknown Git revision {name!r}")
        return found

    def _find_experiment(self, name: str) -> str | None:
        from tiffin.experiments import experiments_by_baseline, find_experiment  # noqa: PLC0415 - 2 ms, seldom asked for

        return find_experiment(experiments_by_baseline(self.git), name, self.head())

    def _find(self, name: str) -> str | None:
        commit = self._objects.find_commit(name)
        if commit is None:
            return None
        self._commits[commit.id] = commit
        return commit.id

    def select(self, wanted: Revisions) -> dict[str, list[str]]:
        """Commit id -> the names it was asked by."""
        names = self._with_parents(wanted.names, wanted.last)
        if wanted.all_commits:
            names += [(commit, commit) for commit in self.git.all_commits()]
        else:
            if wanted.all_branches:
                names += self._with_parents(self.git.branches(), wanted.last)
            if wanted.all_tags:
                names += [(tag, self.resolve(f"refs/tags/{tag}")) for tag in self.git.tags()]
        found: dict[str, list[str]] = {}
        for name, commit in names:
            known = found.setdefault(commit, [])
            if name not in known:
                known.append(name)
        return found

    def _with_parents(self, names: Iterable[str], count: int) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for name in names if count else ():
            first = self.resolve(name)
            rest = self.git.first_parents(first, count)[1:] if count != 1 else []
            found += [(name, first), *((commit, commit) for commit in rest)]
        return found

    @cached_property
    def prefix(self) -> str:
        """Where the repository lies in the Git repository, with a slash at the end; "" for the same directory."""
        inside = os.path.relpath(self._repo.root, os.path.realpath(self.git.root)).replace(os.sep, "/")
        return "" if inside == "." else f"{inside}/"

    @cached_property
    def trees(self) -> Trees:
        """The trees of all commits."""
        return Trees(self._objects, is_metafile)

    @cached_property
    def _objects(self) -> GitObjects:
        return self.git.objects()


class _Disk:
    """The workspace's files."""

    def __init__(self, repo: Repo, source: Source | None) -> None:
        self._repo = repo
        self.project = repo.project if source is None else Project(source, repo.flags)

    def read(self, path: str) -> bytes | None:
        return self.project.source.read(path)

    def has(self, path: str) -> bool:
        return os.path.lexists(f"{self._repo.root}/{path}")

    def files(self, directory: str) -> list[str] | None:
        root = self._repo.root
        if not os.path.isdir(os.path.join(root, directory)):
            return None
        found = []
        for folder, folders, names in os.walk(os.path.normpath(os.path.join(root, directory))):
            inside = "" if folder == root else os.path.relpath(folder, root).replace(os.sep, "/")
            folders[:] = [name for name in folders if not self._ignored(posixpath.join(inside, name), is_dir=True)]
            paths = (posixpath.join(inside, name) for name in names)
            found += [path for path in paths if not self._ignored(path, is_dir=False)]
        return sorted(found)

    def _ignored(self, path: str, *, is_dir: bool) -> bool:
        return self._repo.workspace.ignore.ignores(path, is_dir)


class _Tree:
    """A commit's files; also the source of its metadata."""

    def __init__(self, states: States, tree: str, repo: Repo) -> None:
        self._trees = states.trees
        self._tree = tree
        self._prefix = states.prefix
        self._repo = repo
        self.project = Project(self, repo.flags, states.parsed, root=repo.root)

    def metafiles(self) -> list[str]:
        top = self._trees.find(self._tree, self._prefix.rstrip("/"))
        # What .dvcignore hides now is hidden in the past too: the file itself may differ there, but seldom does.
        return [] if top is None else [path for path in self._trees.matching(top.id) if not self._ignored(path)]

    def read(self, path: str) -> bytes | None:
        found = self._trees.find(self._tree, posixpath.normpath(f"{self._prefix}{path}"))
        return None if found is None or found.mode == _FOLDER else self._trees.blob(found.id)

    def has(self, path: str) -> bool:
        return self._trees.find(self._tree, posixpath.normpath(f"{self._prefix}{path}")) is not None

    def files(self, directory: str) -> list[str] | None:
        found = self._trees.files(self._tree, posixpath.normpath(f"{self._prefix}{directory}").removeprefix("."))
        return None if found is None else [path.removeprefix(self._prefix) for path in found]

    def _ignored(self, path: str) -> bool:
        ignore = self._repo.workspace.ignore
        parents = path.split("/")[:-1]
        above = ("/".join(parents[: depth + 1]) for depth in range(len(parents)))
        return ignore.ignores(path, False) or any(ignore.ignores(folder, True) for folder in above)


class RepoView:
    """One state of the repository, with the outputs that only the store has."""

    def __init__(self, repo: Repo, side: _Disk | _Tree, elsewhere: Elsewhere | None = None) -> None:
        self._repo = repo
        self._side = side
        self._elsewhere = elsewhere

    @property
    def project(self) -> Project:
        """Its stages."""
        return self._side.project

    def read(self, path: str) -> bytes:
        """The bytes of a file.  Raises FileNotFoundError."""
        text = self._side.read(path)
        if text is not None:
            return text
        out = self._output(path)
        if out is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        body = self._stored(out, path)
        if body is None:
            raise FileNotFoundError(errno.ENOENT, "No storage files available", path)
        return body

    def files(self, directory: str) -> list[str] | None:
        """The files below a directory, None if it is none: here, and of outputs that only the store has.

        Metadata files do not count.
        """
        found = self._side.files(directory)
        inside = f"{directory}/" if directory else ""
        stored = [path for out in self._not_here(directory) for path in self._listed(out) if path.startswith(inside)]
        if found is None and not stored:
            return None
        paths = sorted({*(found or ()), *stored}) if stored else found or []
        return [path for path in paths if not (is_metafile(path) or path.rpartition("/")[2] == ".dvcignore")]

    def _not_here(self, directory: str) -> list[Output]:
        """The outputs at, below or above a directory that the store alone may have."""
        inside = f"{directory}/" if directory else ""
        start = bisect_left(self._output_paths, inside)
        below = takewhile(lambda path: path.startswith(inside), islice(self._output_paths, start, None))
        above = (path for path in _with_parents(directory) if path in self._outputs)
        return [self._outputs[path] for path in (*above, *below) if not self._side.has(path)]

    def _listed(self, out: Output) -> list[str]:
        """The files of an output that the store knows: itself, or those of its listing."""
        oid = None if out.recorded is None else out.recorded.oid
        if out.recorded is None or oid is None:
            return []
        if not out.recorded.is_dir:
            return [out.path]
        listing = self._listing(out)
        return [] if listing is None else [f"{out.path}/{name}" for name in listing.paths()]

    def _listing(self, out: Output) -> Table | None:
        oid = None if out.recorded is None or not out.recorded.is_dir else out.recorded.oid
        if oid is None:
            return None
        store = self._repo.store_of(out.recorded)
        if store.has(oid):
            return store.manifest(oid)
        return None if self._elsewhere is None else self._elsewhere.listing(out, oid)

    def _output(self, path: str) -> Output | None:
        for candidate in _with_parents(path):
            if candidate in self._outputs:
                return self._outputs[candidate]
        return None

    @cached_property
    def _outputs(self) -> Mapping[str, Output]:
        return {out.path: out for stage in self.project.stages for out in stage.outs if out.entry.cache}

    @cached_property
    def _output_paths(self) -> list[str]:
        return sorted(self._outputs)

    def _stored(self, out: Output, path: str) -> bytes | None:
        oid = None if out.recorded is None else out.recorded.oid
        if oid is not None and path != out.path:
            listing = self._listing(out)
            row = -1 if listing is None else listing.find(path.removeprefix(f"{out.path}/"))
            oid = listing.oid(row) if listing is not None and row >= 0 else None
        if oid is None:
            return None
        try:
            return self._repo.store_of(out.recorded).read(oid)
        except FileNotFoundError:
            return None if self._elsewhere is None else self._elsewhere.read(out, oid)


def _with_parents(path: str) -> Iterable[str]:
    yield path
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
