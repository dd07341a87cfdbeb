"""One repository, opened."""

import os
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from tiffin import _native
from tiffin.config import Config
from tiffin.errors import NotARepository
from tiffin.footprint import Scans
from tiffin.formats.values import Content
from tiffin.fs import FileLock, LinkLock
from tiffin.index import Seen, Workspace
from tiffin.objects import ObjectStore, Progress
from tiffin.pipeline import Project, WorkspaceSource, is_dataset, relative
from tiffin.repo._excludes import Excludes, find_excludes

if TYPE_CHECKING:
    from tiffin.formats.template import Flags

__all__ = ["Repo", "find_root"]

METADATA = ".dvc"
EXPERIMENTS = "tmp/exps"  # below METADATA: the queue of experiments, and working trees of theirs
_FOR_USERS = ("aside", "placing", "applying", "runs")  # what was set aside or is on its way, and logs


class Repo:
    """What the verbs share: the root, the settings, the workspace, the stages, the lock.

    directory: where the user stands; targets are relative to it.  Raises NotARepository.
    """

    def __init__(
        self, root: str, directory: str, environment: Mapping[str, str], *, wait_for_lock: bool = False
    ) -> None:
        self.root = root
        self.directory = "" if directory == root else os.path.relpath(directory, root).replace(os.sep, "/")
        self.environment = environment
        self.metadata = f"{root}/{METADATA}"
        self.tmp = f"{self.metadata}/tmp"  # noqa: S108 - below the repository, not shared
        self.state = f"{self.tmp}/tiffin"
        self._wait_for_lock = wait_for_lock
        self.progress: Progress | None = None
        self.jobs: int | None = None  # requests at a time to remotes beyond this machine, over what they are set to
        self.relinks = True  # whether data that gets stored becomes links into the cache, where cache.type asks for it
        self.scans: Scans | None = None  # directories that were scanned a moment ago
        self.opened: dict[str, ObjectStore] = {}  # remotes beyond this machine, by name: each keeps its connections

    @classmethod
    def open(
        cls, directory: str | os.PathLike[str], environment: Mapping[str, str], *, wait_for_lock: bool = False
    ) -> "Repo":
        """The repository that `directory` lies in."""
        start = os.path.realpath(directory)
        root = find_root(start)
        if root is None:
            raise NotARepository(
                f"no repository here or in any directory above ('{start}')", hint="make one with `tiffin init`"
            )
        _refuse_to_follow(root)
        return cls(root, start, environment, wait_for_lock=wait_for_lock)

    def refuse_in_use(self, paths: Iterable[str]) -> None:
        """Raise LockHeld if a command of a running stage is at work on one of these paths.

        `repro`, and DVC's, let go of the repository lock while a command runs.
        """
        if not os.path.lexists(f"{self.tmp}/rwlock"):
            return
        from tiffin.pipeline.rwlock import refuse_in_use  # noqa: PLC0415 - few repositories have one

        refuse_in_use(self.tmp, [f"{self.root}/{path}" for path in paths], self.lock)

    @cached_property
    def lock(self) -> FileLock:
        """Held by who changes anything; DVC takes the same."""
        kind = LinkLock if self.config.flag("core.hardlink_lock") else FileLock
        return kind(f"{self.tmp}/lock", wait=self._wait_for_lock)

    @property
    def dvcyaml_lock(self) -> FileLock:
        """Held by who edits a dvc.yaml, beside the other one: Live, in another process, takes only this."""
        return FileLock(f"{self.tmp}/dvcyaml.lock")

    @cached_property
    def started_ns(self) -> int:
        """The file system's time when this was first asked, or before the scans; 0 where nothing can be written."""
        if self.scans is not None and self.scans.clock_ns is not None:
            return self.scans.clock_ns
        try:
            os.makedirs(self.state, exist_ok=True)
            return _native.clock_ns(self.state)
        except OSError:
            return 0

    @cached_property
    def config(self) -> Config:
        return Config.load(self.metadata, self.environment)

    @property
    def is_apart(self) -> bool:
        """Whether this is an experiment's working tree: variables of Git's such as GIT_DIR are about another one."""
        return f"/{METADATA}/{EXPERIMENTS}/" in self.root

    @cached_property
    def cache_directory(self) -> str:
        return self.config.cache_dir or f"{self.metadata}/cache"

    @cached_property
    def shares_cache(self) -> bool:
        """Whether other projects may use the cache: it lies outside of this one."""
        directory = self.config.text("cache.dir")
        if self.is_apart:
            return False  # it is no project, and its repository has joined already
        return directory is not None and not os.path.realpath(directory).startswith(f"{self.root}/")

    @cached_property
    def store(self) -> ObjectStore:
        if self.config.text("cache.shared") == "group" and not os.path.exists(f"{self.cache_directory}/files/md5/ff"):
            from tiffin.repo._sharing import open_to_group  # noqa: PLC0415 - once in a cache's life

            open_to_group(self.cache_directory)
        if self.shares_cache:
            self._join_shared_cache()
        store = ObjectStore.inside(self.cache_directory)
        store.threads = self.config.number("core.checksum_jobs") or 0
        return store

    def _join_shared_cache(self) -> None:
        if not os.path.exists(f"{self.cache_directory}/tiffin/projects/{_native.md5(os.fsencode(self.root))}"):
            from tiffin.repo._sharing import join_shared  # noqa: PLC0415 - once in a project's life

            join_shared(self.cache_directory, self.root)

    def store_of(self, content: Content | None) -> ObjectStore:
        """The part of the cache that a content's objects are in: what DVC 2 wrote is kept apart."""
        return self.workspace.like(content).store

    @property
    def _links(self) -> Sequence[str]:
        links = self.config.link_types
        return links if self.relinks else [*(link for link in links if link == "reflink"), "copy"]

    @cached_property
    def workspace(self) -> Workspace:
        workspace = Workspace(
            self.root,
            store=self.store,
            state=self.state,
            links=self._links,
            verify=self.config.flag("cache.verify"),
            scans=self.scans,
        )
        workspace.progress = self.progress
        workspace.executables = self.config.flag("feature.executable")
        workspace.elsewhere = self._look_at_url
        return workspace

    @cached_property
    def source(self) -> WorkspaceSource:
        """The metadata files on disk."""
        return WorkspaceSource(self.root, self.workspace.ignore, self.excludes.file)

    @cached_property
    def excludes(self) -> Excludes:
        """The rules of Git that count in all repositories of the user."""
        return find_excludes(self.root, self.environment)

    @cached_property
    def project(self) -> Project:
        """The stages.  What a killed run had finished is recorded first."""
        if os.path.isdir(f"{self.state}/journal") and os.listdir(f"{self.state}/journal"):
            from tiffin.repo.recovering import recover  # noqa: PLC0415 - few runs are killed

            recover(self)
        return Project(self.source, self.flags, root=self.root)

    @cached_property
    def flags(self) -> "Flags | None":
        """How maps in templates become flags of a command: the settings parsing.bool and parsing.list."""
        declared = {option: self.config.text(f"parsing.{option}") for option in ("bool", "list")}
        given = {option: value for option, value in declared.items() if value}
        if not given:
            return None
        from tiffin.formats.template import Flags  # noqa: PLC0415 - few repositories have such settings

        return Flags(**given)  # type: ignore[arg-type]

    def _look_at_url(self, url: str) -> Seen | None:
        # Late: nothing else needs what speaks to servers.
        if is_dataset(url):
            from tiffin.repo.datasets import look_at_dataset  # noqa: PLC0415

            return look_at_dataset(self, url)
        from tiffin.repo.places import look_at  # noqa: PLC0415

        return look_at(self, url)

    def reload(self) -> None:
        """Load the stages again: their files have changed."""
        self.__dict__.pop("project", None)

    def reopened(self) -> "Repo":
        """The same repository, with everything to be read anew, settings and ignore rules too, under the same lock."""
        other = Repo(self.root, os.path.normpath(os.path.join(self.root, self.directory)), self.environment)
        other.progress, other.jobs, other.relinks = self.progress, self.jobs, self.relinks
        other.__dict__["lock"] = self.lock
        return other

    def inside(self, path: str) -> str:
        """A path as the user gave it, relative to the repository."""
        joined = posixpath.normpath(posixpath.join(self.root, self.directory, path))
        return "" if joined == self.root else os.path.relpath(joined, self.root).replace(os.sep, "/")

    def shown(self, path: str) -> str:
        """A repository path as the user sees it from where they stand."""
        return relative(path, self.directory)


def _refuse_to_follow(root: str) -> None:
    """A clone may bring links along in the place of our own files: locks and the index would be written through them.

    Directories that are links may be the user's own wish, so of these only what Git tracks is refused.
    """
    queue = [f"{METADATA}/{EXPERIMENTS}{inside}" for inside in ("", "/celery", "/run")]
    directories = (METADATA, f"{METADATA}/tmp", f"{METADATA}/tmp/tiffin", *queue)  # noqa: S108 - not shared
    for place in directories:
        if os.path.islink(f"{root}/{place}"):
            from tiffin.scm import Git, find_git_root  # noqa: PLC0415 - seldom a link

            if find_git_root(root) is not None and Git(root).is_tracked(place):
                raise _linked(place, "symlink that Git tracks", "take it out of Git, and put a directory in its place")
    for place in directories[1:]:
        link = _link_below(f"{root}/{place}", deep=place == directories[2])
        if link is not None:
            raise _linked(os.path.relpath(link, root), "symlink", "remove it: nothing of ours is one")


def _linked(place: str, what: str, hint: str) -> NotARepository:
    return NotARepository(f"'{place}' is a {what}: nothing is written through it", hint=hint)


def _link_below(folder: str, *, deep: bool) -> str | None:
    """A symlink among the files that are ours.  What users may find there has names of its own in each run."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_symlink() and (deep or entry.name != "tiffin"):
                    return entry.path
                if deep and entry.name not in _FOR_USERS and entry.is_dir():
                    link = _link_below(entry.path, deep=True)
                    if link is not None:
                        return link
    except OSError:
        return None  # not there yet, or not to be read: nor to be written then
    return None


def find_root(directory: str) -> str | None:
    """The nearest directory at or above that has a .dvc directory."""
    while True:
        if os.path.isdir(f"{directory}/{METADATA}"):
            return directory
        parent = os.path.dirname(directory)
        if parent == directory:
            return None
        directory = parent
