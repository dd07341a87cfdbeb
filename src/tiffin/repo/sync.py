"""Moving objects between cache and remote: `push`, `fetch`, `pull`, and `status --cloud`."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from tiffin.errors import ConfigError, StageNotFound
from tiffin.fs import write_atomically
from tiffin.objects import ObjectStore, closure, transfer
from tiffin.pipeline import Output
from tiffin.repo._repo import Repo
from tiffin.repo._revisions import Revisions, States
from tiffin.repo.checkout import CheckedOut, checkout, recorded_outputs

__all__ = ["Moved", "Selected", "cloud_status", "fetch", "pull", "push", "remote_store"]


# (missing in the cache, missing at the remote) -> what `status --cloud` says
_STATES = {(False, True): "new", (True, False): "deleted", (True, True): "missing"}


class Moved(NamedTuple):
    """Objects copied (files and directory listings), their bytes, and the ids that neither side has."""

    objects: int = 0
    bytes: int = 0
    lost: Sequence[str] = ()


class Selected(NamedTuple):
    """Which outputs a command is about."""

    targets: Sequence[str] = ()
    with_deps: bool = False
    recursive: bool = False
    revisions: Revisions = Revisions()  # beside the workspace


def push(repo: Repo, selected: Selected = Selected(), *, remote: str | None = None, run_cache: bool = False) -> Moved:  # noqa: B008 - a NamedTuple is immutable
    """Copy to the remote what it lacks; what neither side has is in `lost`, and the listings that name it stay here."""
    total = Moved()
    for name, oids in _by_remote(repo, selected, remote, pushed=True).items():
        there = remote_store(repo, name)
        done = transfer(oids, repo.store, there, repo.progress)
        total = _plus(total, Moved(done.objects, done.bytes, there.missing(done.missing)))
    if run_cache:
        total = _plus(total, _copy_runs(repo.cache_directory, _directory(repo, remote)))
    return total


def fetch(
    repo: Repo,
    selected: Selected = Selected(),  # noqa: B008
    *,
    remote: str | None = None,
    run_cache: bool = False,
) -> Moved:
    """Copy to the cache what it lacks; what neither side has is in `lost`."""
    total = Moved()
    for name, oids in _by_remote(repo, selected, remote, pushed=False).items():
        wanted = _absent(oids, repo.store)
        if not wanted:
            continue
        done = transfer(wanted, remote_store(repo, name), repo.store, repo.progress)
        total = _plus(total, Moved(done.objects, done.bytes, repo.store.missing(done.missing)))
    if run_cache:
        total = _plus(total, _copy_runs(_directory(repo, remote), repo.cache_directory))
    return total


def pull(
    repo: Repo,
    selected: Selected = Selected(),  # noqa: B008
    *,
    remote: str | None = None,
    force: bool = False,
    run_cache: bool = False,
    allow_missing: bool = False,
) -> tuple[Moved, CheckedOut]:
    """Fetch, then check out all that is there."""
    with repo.lock:
        moved = fetch(repo, selected, remote=remote, run_cache=run_cache)
        done = checkout(
            repo,
            selected.targets,
            force=force,
            with_deps=selected.with_deps,
            recursive=selected.recursive,
            allow_missing=allow_missing,
        )
    return moved, done


def cloud_status(repo: Repo, selected: Selected = Selected(), *, remote: str | None = None) -> dict[str, str]:  # noqa: B008
    """Object name -> new (not at the remote), deleted (not in the cache) or missing (in neither).

    A file of a tracked directory is named directory/path.
    """
    states: dict[str, str] = {}
    for output, _ in _outputs(repo, selected):
        if not output.entry.push or output.recorded is None:
            continue
        store = remote_store(repo, output.entry.remote or remote)
        states.update(_compare(repo, store, output.path, output.recorded.oid or ""))
    return states


def remote_store(repo: Repo, name: str | None) -> ObjectStore:
    """The objects of a remote (None: the default one).  Raises NoRemote, RemoteMissing, ConfigError."""
    return ObjectStore(f"{_directory(repo, name)}/files/md5")


def _directory(repo: Repo, name: str | None) -> str:
    settings = repo.config.remote(name)
    if settings.scheme:
        raise ConfigError(
            f"remote '{settings.name}' is at {settings.url}: only local directories can be remotes so far",
            hint="use a directory, such as a mounted share, or let `dvc` push and pull in this repository",
        )
    return settings.url.rstrip("/") or "/"


def _by_remote(repo: Repo, selected: Selected, remote: str | None, *, pushed: bool) -> Mapping[str | None, list[str]]:
    """Object ids by the remote they belong to; an output may name its own."""
    wanted: dict[str | None, dict[str, None]] = {}
    outputs = list(_outputs(repo, selected))
    if not outputs or remote:
        repo.config.remote(remote)  # a misspelled remote is an error even when there is nothing to do
    for output, part in outputs:
        if output.recorded is None or (pushed and not output.entry.push):
            continue
        ids = _ids(repo, output.path, part, output.recorded.oid or "", remote or output.entry.remote)
        wanted.setdefault(remote or output.entry.remote, {}).update(dict.fromkeys(ids))
    return {name: list(oids) for name, oids in wanted.items()}


def _outputs(repo: Repo, selected: Selected) -> Iterator[tuple[Output, str | None]]:
    """The outputs of the workspace, then those of each revision; what they share comes more than once."""
    how = {"with_deps": selected.with_deps, "recursive": selected.recursive}
    yield from recorded_outputs(repo, repo.project, selected.targets, **how)
    if not selected.revisions:
        return
    with States(repo) as states:
        for commit in states.select(selected.revisions):
            with suppress(StageNotFound):  # a target need not be in every revision
                yield from recorded_outputs(repo, states.at(commit).project, selected.targets, **how)


def _ids(repo: Repo, path: str, part: str | None, oid: str, remote: str | None) -> list[str]:
    if part is None:
        return [oid]
    if not repo.store.has(oid):
        # The listing is needed to know the part; it is a single small object.
        listing = remote_store(repo, remote).manifest(oid)
        repo.store.put_manifest(listing)
    else:
        listing = repo.store.manifest(oid)
    inner = part.removeprefix(f"{path}/")
    row = listing.find(inner)
    return [listing.oid(row) or ""] if row >= 0 else [oid for oid in listing.under(inner).oids() if oid]


def _absent(oids: Sequence[str], store: ObjectStore) -> list[str]:
    """The ids that are not wholly in the store: the object is not, or a file its listing names."""
    here = closure(oids, store)
    lacking = set(store.missing([*here.directories, *here.files]))
    incomplete = (
        [oid for oid in here.directories if any(name in lacking for name in store.manifest(oid).oids())]
        if lacking
        else []
    )
    return [oid for oid in oids if oid in lacking or oid in here.unknown or oid in incomplete]


def _compare(repo: Repo, remote: ObjectStore, path: str, oid: str) -> dict[str, str]:
    names = {oid: path}
    whole = closure([oid], repo.store, remote)
    for directory in whole.directories:
        listing = (repo.store if repo.store.has(directory) else remote).manifest(directory)
        names.update({file or "": f"{path}/{name}" for name, file in zip(listing.paths(), listing.oids(), strict=True)})
    oids = [oid, *whole.files] if whole.directories else [oid]
    here, there = set(repo.store.missing(oids)), set(remote.missing(oids))
    states = {}
    for name in dict.fromkeys(oids):
        state = _STATES.get((name in here, name in there))
        if state:
            states[names[name]] = state
    if states.get(path) == "deleted" and len(states) > 1:
        del states[path]  # as in DVC, which fetches the listing to look into it
    return states


def _copy_runs(source: str, destination: str) -> Moved:
    """Copy run cache entries; they are small, and named by their content."""
    copied = Moved()
    for directory, _, names in os.walk(f"{source}/runs"):
        target = f"{destination}/{os.path.relpath(directory, source)}"
        for name in names:
            if not os.path.exists(f"{target}/{name}"):
                with open(f"{directory}/{name}", "rb") as file:
                    body = file.read()
                write_atomically(f"{target}/{name}", body, durable=False)
                copied = Moved(copied.objects + 1, copied.bytes + len(body))
    return copied


def _plus(one: Moved, other: Moved) -> Moved:
    return Moved(one.objects + other.objects, one.bytes + other.bytes, [*one.lost, *other.lost])
