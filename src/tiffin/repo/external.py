"""Other repositories, as `get`, `import`, `list` and `tiffin.api` read them.

One is named by the URL of a Git repository, or by a path: to a Git repository, to a DVC repository without Git, to
something inside one, or to any other directory.  A path without a revision means the work tree with all that nobody
committed; everything else is a commit, read from Git's objects without a checkout.
"""

import os
import posixpath
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import Any, NamedTuple, Self

from tiffin.config import Config
from tiffin.config.layering import parse, settings_of
from tiffin.errors import GitError, MissingDependency, NotARepository
from tiffin.experiments import experiments_by_baseline, find_experiment
from tiffin.fs import FileLock, make_private
from tiffin.objects import Progress
from tiffin.repo._member import Member, is_rules
from tiffin.repo._overrides import Overrides, overrides_of
from tiffin.repo._repo import Repo, find_root
from tiffin.repo._sides import CommitSide, DiskSide, FileInfo, Side
from tiffin.repo._tracked import Leaf
from tiffin.scm import Clones, Git, find_git_root

__all__ = ["Entry", "External", "Externals", "Overrides"]

_FILE_URL = "file://"
_MOST_CHAINED = 16


class Entry(NamedTuple):
    """A path of a repository.

    size: None where nobody recorded it.  oid: of a tracked file or directory.  is_tracked: an output, inside of one or
    above one; is_out: one of the former two.  present: in Git or on disk; else only its object can be had.
    """

    path: str
    is_dir: bool
    size: int | None
    isexec: bool
    oid: str | None
    is_tracked: bool
    is_out: bool
    present: bool


class Externals:
    """The other repositories one command looks at, each opened once; closed with the `with` block.

    directory: where the user stands.
    """

    def __init__(self, environment: Mapping[str, str], directory: str, progress: Progress | None = None) -> None:
        self.environment = environment
        self.directory = directory
        self.progress = progress
        self._depth = 0  # how many imports of imports led here
        self._open: dict[tuple[str, str | None, str], External] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes that read Git's objects."""
        self._stack.close()

    def open(self, url: str | None, rev: str | None = None, overrides: Overrides = Overrides()) -> "External":  # noqa: B008 - a NamedTuple is immutable
        """A repository.  url None: the one the user stands in.  Raises GitError, NotARepository, ConfigError."""
        key = (url or "", rev, repr(overrides))
        if key not in self._open:
            self._open[key] = self._opened(url, rev, overrides)
        return self._open[key]

    @contextmanager
    def following(self, source: Mapping[str, Any], *places: str) -> Iterator["External"]:
        """The repository that an import comes from, by its `repo` entry, at the commit it was imported from.

        places: what a relative path may count from.  Raises GitError where imports lead on without an end.
        """
        if self._depth == _MOST_CHAINED:
            raise GitError(f"imports lead from repository to repository without an end, last to '{source['url']}'")
        self._depth += 1
        try:
            rev = source.get("rev_lock") or source.get("rev")
            yield self.open(self.found(source["url"], *places), rev, overrides_of(source))
        finally:
            self._depth -= 1

    def found(self, url: str, *places: str) -> str:
        """A URL, or the first directory that a relative path leads to: from where the user stands, then from `places`.

        A path in a .dvc file is as it was typed once, so nobody knows what it counts from.
        """
        candidates = (os.path.normpath(os.path.join(place, url)) for place in (self.directory, *places))
        return url if "://" in url else next(filter(os.path.isdir, candidates), url)

    def _opened(self, url: str | None, rev: str | None, overrides: Overrides) -> "External":
        place = os.path.join(self.directory, url or ".")
        root = _root_of(place)
        if url is None and root is None:
            raise NotARepository(f"no repository here or in any directory above ('{self.directory}')")
        if root is None and rev is None and os.path.isdir(place) and not _is_bare(place):
            root = os.path.realpath(place)  # of no repository: its files are all there is
        if root is None:
            return self._cloned(url or "", rev, overrides)
        git_root = find_git_root(root)
        git = Git(git_root, foreign=True) if git_root else None
        if git is None or git_root is None or rev is None:
            side = DiskSide(root, self.environment)
            return External(self, url or root, side, git.head() if git else None, root, overrides, git)
        commit = _resolved(git, rev)
        prefix = os.path.relpath(root, os.path.realpath(git_root)).replace(os.sep, "/")
        return self._at_commit(url or root, git, commit, "" if prefix == "." else prefix, root, overrides)

    def _cloned(self, url: str, rev: str | None, overrides: Overrides) -> "External":
        place = os.path.join(self.directory, url)
        if ":" not in url and not os.path.exists(place):
            raise NotARepository(f"'{url}' does not exist", hint="give a path, or the URL of a Git repository")
        git, commit = self._clones.commit(place if os.path.exists(place) else url, rev)
        local = url.removeprefix(_FILE_URL) if url.startswith(_FILE_URL) else None
        return self._at_commit(url, git, commit, "", local if local and os.path.isdir(local) else None, overrides)

    def _at_commit(
        self, url: str, git: Git, commit: str, prefix: str, disk: str | None, overrides: Overrides
    ) -> "External":
        objects = self._stack.enter_context(git.objects())
        return External(self, url, CommitSide(git, objects, commit, prefix), commit, disk, overrides, git)

    @cached_property
    def _clones(self) -> Clones:
        site = Config.load(None, self.environment, check=False).site_cache_dir
        if not os.path.isdir(site):
            os.makedirs(site)
            # All users of a machine share it, as in DVC; but nobody takes away what another one put there.
            os.chmod(site, 0o1777)  # noqa: S103 - sticky, like /tmp
        # Each user has clones of their own: others may not be allowed to see what is in them.
        own = f"{site}/tiffin-{os.geteuid()}"
        make_private(own)
        return Clones(f"{own}/clones", lambda path: FileLock(path, wait=True))


class External:
    """One state of another repository: its files, and what its outputs hold.

    Paths are POSIX, from the root, which is "".  rev: the commit, or the one the work tree stands on; None without Git.
    disk: where the repository is on this machine, if it is.  git: the repository, or the clone, that has its commits.
    """

    def __init__(
        self,
        pool: Externals,
        url: str,
        side: Side,
        rev: str | None,
        disk: str | None,
        overrides: Overrides,
        git: Git | None,
    ) -> None:
        self.pool = pool
        self.url = url
        self.git = git
        self.rev = rev
        self.disk = disk
        self._side = side
        self._overrides = overrides
        self._members: dict[str, Member] = {}

    @property
    def is_work_tree(self) -> bool:
        """Whether this is files on disk, which may change at any time, and not a commit."""
        return isinstance(self._side, DiskSide)

    def inside(self, path: str) -> str:
        """A path as the user gave it, from the root.  Raises MissingDependency for one that leads out."""
        if os.path.isabs(path) and self.disk is not None:
            path = os.path.relpath(os.path.realpath(path), os.path.realpath(self.disk))
        found = posixpath.normpath(path.strip("/") or ".")
        if found == ".." or found.startswith("../"):
            raise MissingDependency(f"'{path}' is not inside of '{self.url}'")
        return "" if found == "." else found

    def member(self, path: str = "") -> tuple[Member, str]:
        """The repository a path lies in, which may be one inside of this one, and the path from its root."""
        prefix = next((above for above in _upwards(path) if self._side.is_repository(above)), "")
        if prefix not in self._members:
            self._members[prefix] = self._member(prefix)
        return self._members[prefix], path[len(prefix) :].lstrip("/")

    def info(self, path: str) -> Entry | None:
        """What is at a path."""
        member, inside = self.member(path)
        info = member.side.info(inside)
        leaf = member.leaf(inside)
        if info is None and leaf is not None and member.is_below_file(inside):
            leaf = None
        if info is None and leaf is None:
            return None
        return _entry(path, info, leaf, in_output=leaf is not None and member.tracked.output(inside) is not None)

    def ls(self, path: str, *, dvc_only: bool = False) -> list[Entry]:
        """What is in a directory, in the order of the names; a file gives itself.

        Raises FileNotFoundError for nothing.
        """
        entry = self.existing(path)
        if not entry.is_dir:
            return [entry]
        member, inside = self.member(path)
        leaves = member.leaves(inside)
        files = member.side.ls(inside) if entry.present and not dvc_only else {}
        # Asked once and not for each of maybe a million files.
        outs = member.tracked.outs if leaves else {}
        all_in_output = bool(leaves) and member.tracked.output(inside) is not None
        outer, inner = (f"{directory}/" if directory else "" for directory in (path, inside))
        return [
            _entry(f"{outer}{name}", files.get(name), leaves.get(name), in_output=all_in_output or inner + name in outs)
            for name in sorted({*files, *leaves})
        ]

    def paths(self, path: str, *, dvc_only: bool = False) -> list[str]:
        """All files below a directory, sorted, without metadata files."""
        member, inside = self.member(path)
        prefix = path[: len(path) - len(inside)]
        found = sorted(member.tracked_paths(inside)) if dvc_only else member.files(inside) or []
        return [f"{prefix}{name}" for name in found] if prefix else found

    def is_own(self, path: str) -> bool:
        """Whether a path lies in no other repository inside of this one."""
        return not any(map(self._side.is_repository, _upwards(path)))

    def existing(self, path: str) -> Entry:
        """What is at a path.  Raises FileNotFoundError for nothing."""
        entry = self.info(path)
        if entry is None:
            raise FileNotFoundError(2, os.strerror(2), path)
        return entry

    @staticmethod
    def is_rules(path: str) -> bool:
        """Whether a file belongs to the repository and not to its data: .dvc files, dvc.yaml, .dvcignore."""
        return is_rules(path)

    def _member(self, prefix: str) -> Member:
        side = self._side
        if prefix:
            side = side.at(prefix)
        root = posixpath.join(self.disk, prefix) if self.disk is not None else None
        repo = Repo(root or "/", root or "/", self.pool.environment)
        repo.config = self._overrides.over(self._config(root, side), self.pool.directory)
        return Member(repo, side, self.pool, has_cache=root is not None and os.path.isdir(f"{root}/.dvc"))

    def _config(self, root: str | None, side: Side) -> Config:
        """Those on this machine where there are any: they know about its cache and its private remotes."""
        if root is not None and os.path.isdir(f"{root}/.dvc"):
            return Config.load(f"{root}/.dvc", self.pool.environment)
        config = Config.load(None, self.pool.environment)
        text = side.read(".dvc/config")
        if text is None:
            return config
        name = f"{self.url}:.dvc/config"
        document = parse(text.decode("utf-8", "replace"), name)
        return config.overlaid(settings_of(document, f"{root or ''}/.dvc", "repo", self.pool.environment))


def _entry(path: str, info: FileInfo | None, leaf: Leaf | None, *, in_output: bool) -> Entry:
    is_dir, size, isexec = info or (leaf is not None and leaf.is_dir, leaf.size if leaf is not None else None, False)
    oid, is_tracked = (None, False) if leaf is None else (leaf.oid, True)
    return Entry(path, is_dir, size, isexec, oid, is_tracked, is_tracked and in_output, info is not None)


def _resolved(git: Git, rev: str) -> str:
    """The commit a revision means: Git's names first, then experiments'."""
    try:
        return git.resolve_rev(rev)
    except GitError:
        found = find_experiment(experiments_by_baseline(git), rev, git.head())
        if found is None:
            raise
        return found


def _root_of(place: str) -> str | None:
    if not os.path.isdir(place):
        return None
    real = os.path.realpath(place)
    return find_root(real) or find_git_root(real)


def _is_bare(place: str) -> bool:
    """Whether a directory is a Git repository without a work tree."""
    return os.path.isfile(f"{place}/HEAD") and os.path.isdir(f"{place}/objects")


def _upwards(path: str) -> list[str]:
    """The path and the directories above it, without the root."""
    parts = path.split("/") if path else []
    return ["/".join(parts[:depth]) for depth in range(len(parts), 0, -1)]
