"""Data from a URL or from elsewhere on the disk, tracked with where it came from: `import-url`, and its `update`."""

import os
import posixpath
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from tiffin import _native
from tiffin.errors import MissingDependency, TargetError, TransferError, UnsavedChanges
from tiffin.formats import dvcfile
from tiffin.formats.values import Content, DependencyEntry, DvcFile
from tiffin.fs import local_path, remove_quietly
from tiffin.fs.remote import receive
from tiffin.index import Workspace
from tiffin.objects import ObjectStore, Progress, transfer
from tiffin.objects.remote import RemoteStore
from tiffin.pipeline import Stage, output_state, same
from tiffin.repo._arriving import arriving, half_there
from tiffin.repo._newcomer import check_free, check_place, newcomer, write_newcomer
from tiffin.repo._repo import Repo
from tiffin.repo.gathering import target_path
from tiffin.repo.gitside import GitSide
from tiffin.repo.places import Place, content_at, open_place
from tiffin.repo.sync import remote_store

__all__ = ["Mode", "Obtained", "import_url", "obtain", "place_of", "update_url_import"]

_UNKNOWN = Content(None)  # what a partial import records
_STORED_MODE = 0o444


class Mode(NamedTuple):
    """How much of an import is done.

    execute False: only the .dvc file; download False: what is at the URL is noted, but not got; to_remote: it goes
    to that remote ("" for the default one) and neither to the cache nor to the workspace.
    """

    execute: bool = True
    download: bool = True
    to_remote: str | None = None


class Obtained(NamedTuple):
    """What a place held when it was copied, as a dependency records it, and what was stored of it."""

    found: Content
    stored: Content


def import_url(
    repo: Repo,
    url: str,
    out: str | None = None,
    *,
    mode: Mode = Mode(),  # noqa: B008 - a NamedTuple is immutable
    force: bool = False,
    options: Mapping[str, object] | None = None,
    git: GitSide | None = None,
) -> str:
    """Download a file, or copy a local file or directory, and track it; return the .dvc file.

    The id that is recorded is that of the bytes that were stored.  options: how to reach the URL, kept in the .dvc
    file.  Raises TargetError, OverlappingOutputs, MissingDependency, TransferError.
    """
    git = git or GitSide(repo)
    with repo.lock:
        directory = os.path.join(repo.root, repo.directory)
        half = half_there(repo)
        path = repo.inside(target_path(urlsplit(url).path, out, directory, force=force, half=half))
        check_place(repo, path)
        source = _recorded_url(repo, url, posixpath.dirname(path))
        extra = {"fs_config": dict(options)} if options else {}
        stage = newcomer(path, DependencyEntry(source, _UNKNOWN, extra), _UNKNOWN)
        check_free(repo, stage)
        git.refuse_tracked([path])
        found = stored = _UNKNOWN
        with arriving(repo, path):
            if mode.execute:
                found, stored = _carry_out(repo, stage, mode, force=force)
            git.ignore([path])
            done = _filled(stage, found, stored)
            _write(repo, stage, done, checksum=dvcfile.stage_checksum(done) if mode.execute else None)
        git.changed([stage.file])
        repo.reload()
    return stage.file


def update_url_import(repo: Repo, stage: Stage, *, download: bool = True, to_remote: str | None = None) -> bool:
    """Bring an import to what its URL has now; False if it is that already.

    Raises UnsavedChanges where the imported data were changed here and are stored nowhere.
    """
    with repo.lock:
        place, output, dependency = place_of(repo, stage), stage.outs[0], stage.deps[0]
        repo.refuse_in_use([output.path])
        if to_remote is None and _up_to_date(repo, stage, place):
            return False
        if to_remote is None and not repo.workspace.saved(output.path):
            raise UnsavedChanges(
                f"'{repo.shown(output.path)}' has changes that are stored nowhere else and would be lost",
                hint="keep them with `tiffin commit`, or remove it yourself",
            )
        recorded = output.recorded or _UNKNOWN
        if not download and to_remote is None:
            found = _found(repo, place)
            repo.workspace.remove(output.path)
            # As in DVC, which makes the checksum before it forgets the output.
            checksum = dvcfile.stage_checksum(_filled(stage, found, recorded))
            _write(repo, stage, _filled(stage, found, _UNKNOWN), checksum=checksum)
        else:
            # Not by force: files that .dvcignore excludes are not among those just found to be stored.
            found, stored = _carry_out(repo, stage, Mode(to_remote=to_remote), force=False)
            done = _filled(stage, found, stored)
            # As in DVC, which makes none for data that it does not see.
            checksum = dvcfile.stage_checksum(done) if to_remote is None else done.md5
            _write(repo, stage, done, checksum=checksum)
        repo.reload()
        return not (same(found, dependency.recorded) and recorded.oid)


def place_of(repo: Repo, stage: Stage) -> Place:
    """Where an import comes from.  Raises TargetError for a stage that is no import from a URL."""
    if not stage.is_import or not stage.deps:
        raise TargetError(f"{stage.label} is no import from a URL")
    dependency = stage.deps[0]
    options = dependency.entry.extra.get("fs_config")
    return open_place(repo.config, dependency.path, repo.root, environment=repo.environment, options=options)


def obtain(repo: Repo, place: Place, store: ObjectStore) -> Obtained:
    """Put what is at a place into a store, durably, hashed on the way.  Raises MissingDependency, TransferError."""
    if isinstance(store, RemoteStore):
        return _by_way_of_here(repo, place, store)
    if place.local is not None:
        return _copied(repo, place, place.local, store)
    return _downloaded(place, store, repo.progress)


def _recorded_url(repo: Repo, url: str, wdir: str) -> str:
    """A path as seen from the .dvc file; what is outside and was given absolute stays so."""
    path = local_path(url)
    if path is None:
        return url
    absolute = os.path.normpath(os.path.join(repo.root, repo.directory, path))
    if os.path.isabs(path) and not absolute.startswith(f"{repo.root}/"):
        return absolute
    return os.path.relpath(absolute, os.path.join(repo.root, wdir))


def _carry_out(repo: Repo, stage: Stage, mode: Mode, *, force: bool) -> Obtained:
    place, path = place_of(repo, stage), stage.outs[0].path
    if mode.to_remote is not None:
        return obtain(repo, place, remote_store(repo, mode.to_remote or None))
    if not mode.download:
        return Obtained(_found(repo, place), _UNKNOWN)
    got = obtain(repo, place, repo.store)
    repo.workspace.checkout(path, got.stored, force=force)
    repo.workspace.flush()
    return got


def _found(repo: Repo, place: Place) -> Content:
    if place.local is not None:
        seen = repo.workspace.look(place.local)
        found = None if seen is None else seen.content
    else:
        found = content_at(place)
    if found is None:
        raise _absence(place)
    return found


def _up_to_date(repo: Repo, stage: Stage, place: Place) -> bool:
    parsed, output = stage.dvc_file, stage.outs[0]
    if parsed is None or parsed.md5 != dvcfile.stage_checksum(parsed):
        return False
    return same(_found(repo, place), stage.deps[0].recorded) and output_state(repo.workspace, output) is None


def _copied(repo: Repo, place: Place, path: str, store: ObjectStore) -> Obtained:
    # Never linked: the source belongs to others, who may go on writing to it.
    outside = Workspace(repo.root, store=store, state=repo.state, links=("reflink", "copy"), progress=repo.progress)
    if not outside.exists(path):
        raise _absence(place)
    found = outside.store_all([path])[path]
    outside.flush()
    # As in DVC: whether a file can be executed does not come along.
    return Obtained(found, found._replace(isexec=False))


def _downloaded(place: Place, store: ObjectStore, progress: Progress | None) -> Obtained:
    _native.make_store(store.root)
    temporary = f"{store.root}/.tiffin-{os.getpid()}-0.tmp"
    try:
        for _ in range(2):
            before = content_at(place)
            if before is None:
                raise _absence(place)
            if progress is not None:
                progress.expect(1, before.size or 0)
            got = receive(place.fs, "", temporary, mode=_STORED_MODE, progress=progress)
            if content_at(place) == before:
                break
        else:
            raise TransferError(f"{place.url} kept changing while it was downloaded")
        target = store.path(got.md5)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.replace(temporary, target)
    except FileNotFoundError:
        raise _absence(place) from None
    except OSError as error:
        raise TransferError(f"cannot write '{temporary}': {error.strerror}") from error
    finally:
        remove_quietly(temporary)
    store.sync()
    return Obtained(before, Content(got.md5, got.size))


def _by_way_of_here(repo: Repo, place: Place, remote: RemoteStore) -> Obtained:
    """Hashed here first: what is sent to a server shows at once, under the name that its hash gives it."""
    from shutil import rmtree  # noqa: PLC0415 - 3 ms that few commands need

    passage = f"{repo.state}/passage-{os.getpid()}"
    try:
        store = ObjectStore.inside(passage)
        got = obtain(repo, place, store)
        transfer([got.stored.oid or ""], store, remote, repo.progress)
    finally:
        rmtree(passage, ignore_errors=True)
    return got


def _filled(stage: Stage, found: Content, stored: Content) -> DvcFile:
    """The .dvc file of an import with what its source and its output hold."""
    if stage.dvc_file is None:
        raise TargetError(f"{stage.label} is not tracked by a .dvc file")
    (dependency,), (output,) = stage.dvc_file.deps, stage.dvc_file.outs
    return stage.dvc_file._replace(deps=(dependency._replace(content=found),), outs=(output._replace(content=stored),))


def _write(repo: Repo, stage: Stage, parsed: DvcFile, *, checksum: str | None) -> None:
    write_newcomer(repo, stage.file, parsed._replace(md5=checksum))


def _absence(place: Place) -> MissingDependency:
    return MissingDependency(f"'{place.url}' does not exist")
