"""Which objects a repository names: in the workspace, in commits, in experiments."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from tiffin import _native
from tiffin._native import Ids, Table
from tiffin.errors import ConfigError, FormatError, MissingObjects, TiffinError
from tiffin.experiments import experiments_by_baseline
from tiffin.experiments.queue import FAILED, QUEUED, stashed
from tiffin.formats import dvcfile
from tiffin.objects import ObjectStore, is_dir
from tiffin.pipeline import Output, Project, Stage, WorkspaceSource, from_dvc_file, is_metafile
from tiffin.repo._repo import Repo
from tiffin.repo.asked import Revisions
from tiffin.repo.revisions import States
from tiffin.repo.sync import remote_store
from tiffin.scm import GitObject, GitObjects, Trees

__all__ = ["FILES", "LISTINGS", "Named", "Scope", "Unreadable", "collect"]

DIR_SUFFIX = ".dir"
FILES, LISTINGS = "files", "listings"
_DIGITS, _HEX = 32, frozenset("0123456789abcdef")


class Scope(NamedTuple):
    """Which states of a repository count, beside its workspace.

    since: all commits from this time on, in seconds since 1970.
    """

    revisions: Revisions = Revisions()
    since: float | None = None
    all_experiments: bool = False

    def __bool__(self) -> bool:
        return bool(self.revisions) or self.since is not None or self.all_experiments


class Unreadable(NamedTuple):
    """A place whose objects cannot be told, and why.  state: "workspace", a commit by the names it was asked by."""

    state: str
    error: TiffinError


class Named:
    """The ids that outputs name, those inside of directories among them, each kind apart."""

    def __init__(self) -> None:
        self._sets = {(kind, legacy): Ids() for kind in (FILES, LISTINGS) for legacy in (False, True)}

    def of(self, kind: str, *, legacy: bool) -> Ids:
        """The ids of FILES or of LISTINGS, without suffix.  legacy: those of DVC 2."""
        return self._sets[kind, legacy]

    def add(self, oid: str, *, legacy: bool) -> None:
        """Add a file, or a listing without what it names."""
        self.of(LISTINGS if is_dir(oid) else FILES, legacy=legacy).add([oid.removesuffix(DIR_SUFFIX)])

    def add_listed(self, listing: Table, *, legacy: bool) -> None:
        """Add the files that a listing names."""
        self.of(FILES, legacy=legacy).add(listing)

    def add_common(self, other: "Named", kind: str, table: Table) -> None:
        """Add what is in another of these and in a table."""
        for legacy in (False, True):
            self.of(kind, legacy=legacy).add(other.of(kind, legacy=legacy).among(table))


def collect(
    repo: Repo, scope: Scope, *, remote: str | None = None, warn: Callable[[str], None] = lambda _text: None
) -> tuple[Mapping[str | None, Named], list[Unreadable]]:
    """What is named, by the remote the outputs are kept at (None: the default one), and what could not be read.

    remote: where to look for listings that the cache lacks, before all other remotes.  A state that is not wholly
    readable counts with the part of it that is.
    """
    collector = _Collector(repo, remote, warn)
    collector.workspace()
    if scope:
        with States(repo) as states:
            collector.history(states, scope)
    return collector.named, collector.unreadable


class _Collector:
    """Goes through the states, each file of metadata and each listing once."""

    def __init__(self, repo: Repo, remote: str | None, warn: Callable[[str], None]) -> None:
        self.named: dict[str | None, Named] = {None: Named()}
        self.unreadable: list[Unreadable] = []
        self._repo = repo
        self._remote = remote
        self._warn = warn
        self._known: set[tuple[str | None, str, bool]] = set()
        self._blobs: set[str] = set()  # of .dvc files that were read
        self._failures = 0
        self._trees: set[str] = set()

    def workspace(self) -> None:
        """The files on disk.  Metadata that Git ignores counts, too, as far as it can be read."""
        project = self._repo.project
        for file in project.metafiles:
            self._add(partial(project.stages_in, file), "workspace", file)
        hidden = Project(_Hidden(self._repo, project.metafiles), self._repo.flags)
        for file in hidden.metafiles:
            self._add(partial(hidden.stages_in, file), None, file)

    def history(self, states: States, scope: Scope) -> None:
        """The commits of a scope."""
        if os.path.exists(f"{states.git.git_dir()}/shallow"):
            self._warn("this clone is shallow: what is named only by commits that it lacks is not kept")
        wanted = dict(states.select(scope.revisions))
        if scope.since is not None and not scope.revisions.all_commits:
            recent = [commit for commit in states.git.all_commits() if states.commit(commit).time >= scope.since]
            wanted.update({commit: [commit] for commit in recent if commit not in wanted})
        if scope.all_experiments:
            wanted.update({commit: [commit] for commit in _experiments(states) if commit not in wanted})
        with _Complete(states.git.root) as objects:
            trees = Trees(objects, is_metafile)
            for commit, names in wanted.items():
                try:
                    self._commit(states, trees, commit, ",".join(names))
                except TiffinError as error:
                    self.unreadable.append(Unreadable(",".join(names), error))

    def _commit(self, states: States, trees: Trees, commit: str, name: str) -> None:
        top = trees.find(states.commit(commit).tree, states.prefix.rstrip("/"))
        if top is None or top.id in self._trees:
            return
        self._trees.add(top.id)
        files = trees.matching(top.id)
        source = _Commit(trees, top.id, [file for file in files if file.endswith(".yaml")])
        for file in files:
            if file.endswith(".dvc"):
                self._dvc_file(trees, top.id, file, name)
        project = Project(source, self._repo.flags, states.parsed)
        for file in source.files:
            # What .dvcignore hides now may not have been hidden then; if it cannot be read, it was no metadata.
            self._add(partial(project.stages_in, file), None if self._ignored(file) else name, file)

    def _dvc_file(self, trees: Trees, top: str, file: str, name: str) -> None:
        found = trees.find(top, file)
        if found is None or found.id in self._blobs:
            return

        def stages() -> Sequence[Stage]:
            body = trees.blob(found.id)
            return () if body is None else (from_dvc_file(file, dvcfile.parse(_text(body, file), file)),)

        if self._add(stages, None if self._ignored(file) else name, file):
            self._blobs.add(found.id)

    def _add(self, stages: Callable[[], Iterable[Stage]], state: str | None, file: str) -> bool:
        """Add what the stages of a file name; state None: it need not be readable.  Whether all of it could be read."""
        before = self._failures
        try:
            for stage in stages():
                self._add_stage(stage, state)
        except TiffinError as error:
            self._fail(state, error)
        except RecursionError:
            self._fail(state, FormatError("nested too deeply", path=file))
        return self._failures == before

    def _fail(self, state: str | None, error: TiffinError) -> None:
        self._failures += 1
        if state is not None:
            self.unreadable.append(Unreadable(state, error))

    def _add_stage(self, stage: Stage, state: str | None) -> None:
        if stage.origin is not None:
            # Where it came from may be gone, and files here be links to it: what is here of it stays.  The rest of it
            # is kept elsewhere, if at all.
            state = None
        for out in stage.outs:
            if not out.entry.cache:
                continue
            self._add_versioned(out)
            if out.recorded is None or not out.recorded.oid:
                if state == "workspace":
                    self._warn(
                        f"nothing is recorded for '{out.path}' of {stage.label}, so none of its objects are kept"
                    )
                continue
            try:
                self._add_output(out, out.recorded.oid, legacy=out.recorded.legacy)
            except TiffinError as error:
                self._fail(state, error)

    def _add_versioned(self, out: Output) -> None:
        """The files of a directory at a remote that keeps versions by itself: they have no listing."""
        files = out.recorded.extra.get("files") if out.recorded is not None else None
        ids = [str(file.get("md5")) for file in files or ()]
        named = self.named.setdefault(out.entry.remote, Named()) if ids else None
        for oid in ids:
            if named is not None and len(oid) == _DIGITS and _HEX.issuperset(oid):
                named.add(oid, legacy=False)

    def _add_output(self, out: Output, oid: str, *, legacy: bool) -> None:
        remote = out.entry.remote
        if (remote, oid, legacy) in self._known:
            return
        named = self.named.setdefault(remote, Named())
        named.add(oid, legacy=legacy)
        if is_dir(oid):
            named.add_listed(self._listing(oid, remote, out.path), legacy=legacy)
        self._known.add((remote, oid, legacy))

    def _listing(self, oid: str, remote: str | None, path: str) -> Table:
        """A directory's listing, from the cache or any remote."""
        failure: TiffinError | None = None
        for store in self._stores(remote):
            try:
                if store.has(oid):
                    return store.manifest(oid)
            except TiffinError as error:
                failure = failure or error
        raise failure or MissingObjects(
            f"neither the cache nor a remote has {oid}, which lists the files of '{path}'",
            hint="get it with `tiffin fetch`",
        )

    def _stores(self, remote: str | None) -> Iterator[ObjectStore]:
        yield self._repo.store
        yield self._repo.store.of_kind(legacy=True)
        for name in dict.fromkeys([self._remote, remote, *self._repo.config.remotes]):
            if name is None:
                continue
            try:
                store = remote_store(self._repo, name)
            except ConfigError:
                continue  # of a kind that cannot be read yet
            yield store
            if not self._repo.config.remote(name).scheme:
                yield store.of_kind(legacy=True)

    def _ignored(self, path: str) -> bool:
        ignore = self._repo.workspace.ignore
        parts = path.split("/")
        above = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
        return ignore.ignores(path, False) or any(ignore.ignores(folder, True) for folder in above)


class _Hidden(WorkspaceSource):
    """The metadata files of the workspace that Git ignores: a Source."""

    def __init__(self, repo: Repo, seen: Sequence[str]) -> None:
        super().__init__(repo.root, repo.workspace.ignore)
        self._arguments = (repo.root, repo.workspace.ignore)
        self._seen = set(seen)

    def metafiles(self) -> list[str]:
        return [file for file in _native.find_metafiles(*self._arguments, git_ignore=False) if file not in self._seen]


class _Commit:
    """The files of a commit: a Source."""

    def __init__(self, trees: Trees, top: str, files: list[str]) -> None:
        self.files = files
        self._trees = trees
        self._top = top

    def metafiles(self) -> list[str]:
        return self.files

    def read(self, path: str) -> bytes | None:
        found = self._trees.find(self._top, path)
        return None if found is None or found.mode == "40000" else self._trees.blob(found.id)


class _Complete(GitObjects):
    """For which an object that is not there is an error: nothing in it would count."""

    def read(self, name: str) -> GitObject:
        """An object by its id.  Raises MissingObjects."""
        found = super().read(name)
        if found is None:
            raise MissingObjects(
                f"Git lacks its object {name}", hint="is this a partial clone? get it whole with `git fetch --refetch`"
            )
        return found


def _experiments(states: States) -> Iterator[str]:
    """The commits of all experiments, down to where they started from, and of those in the queue without a result."""
    seen: set[str] = set()
    for ref in (QUEUED, FAILED):
        yield from stashed(states.git, ref)
    for baseline, names in experiments_by_baseline(states.git).items():
        for tip in names.values():
            for commit in states.back_to(baseline, tip):
                if commit in seen:
                    break
                seen.add(commit)
                yield commit


def _text(body: bytes, path: str) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"not UTF-8 text (byte {error.start})", path=path) from None
