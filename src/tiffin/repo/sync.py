"""Moving objects between cache and remote: `push`, `fetch`, `pull`, and `status --cloud`."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from tiffin._native import Table
from tiffin.config import RemoteSettings
from tiffin.errors import StageNotFound, TargetError
from tiffin.formats.values import Content
from tiffin.fs import write_atomically
from tiffin.index import CompleteListings
from tiffin.objects import ObjectStore, is_dir, transfer
from tiffin.pipeline import Output, Project, Stage
from tiffin.repo._repo import Repo
from tiffin.repo.asked import Revisions, recorded_outputs
from tiffin.repo.narrowing import Narrowing

if TYPE_CHECKING:
    from tiffin.repo.checkout import CheckedOut

__all__ = ["Moved", "Selected", "cloud_status", "fetch", "pull", "push", "remote_store"]


_NOTHING = Table.from_rows([])

# (missing in the cache, missing at the remote) -> what `status --cloud` says
_STATES = {(False, True): "new", (True, False): "deleted", (True, True): "missing"}


class Moved(NamedTuple):
    """Objects copied (files and directory listings), their bytes, and the ids that neither side has.

    partial: output -> what imports hold whose .dvc files do not say it, of the workspace.
    """

    objects: int = 0
    bytes: int = 0
    lost: Sequence[str] = ()
    partial: Mapping[str, Content] = {}


class Selected(NamedTuple):
    """Which outputs a command is about."""

    targets: Sequence[str] = ()
    with_deps: bool = False
    recursive: bool = False
    revisions: Revisions = Revisions()
    workspace: bool = True  # beside the revisions
    narrowing: Narrowing | None = None  # for `fetch`


def push(repo: Repo, selected: Selected = Selected(), *, remote: str | None = None, run_cache: bool = False) -> Moved:  # noqa: B008 - a NamedTuple is immutable
    """Copy to the remote what it lacks; what neither side has is in `lost`, and the listings that name it stay here."""
    total = Moved()
    for (name, legacy), oids in _by_remote(repo, selected, remote, pushed=True).items():
        here, there = _sides(repo, name, legacy=legacy)
        total = _plus(total, _pushed(repo, oids, here, there))
    if run_cache and (runs := _runs(repo, remote)):
        total = _plus(total, _copy_runs(repo.cache_directory, runs))
    return total


def _pushed(repo: Repo, oids: Sequence[str], here: ObjectStore, there: ObjectStore) -> Moved:
    """Copy objects there.  Of what a directory on this machine is known to hold nothing is asked for again."""
    clock_ns = repo.started_ns
    complete = CompleteListings(repo.state, there.root) if there.is_local else None
    left = [oid for oid in oids if complete is None or not (is_dir(oid) and complete.has(oid))]
    done = transfer(left, here, there, repo.progress)
    if complete is not None and not done.objects and not done.missing:
        for oid in filter(is_dir, left):
            complete.add(oid, clock_ns)
    return Moved(done.objects, done.bytes, there.missing(done.missing))


def fetch(
    repo: Repo,
    selected: Selected = Selected(),  # noqa: B008
    *,
    remote: str | None = None,
    run_cache: bool = False,
) -> Moved:
    """Copy to the cache what it lacks; what neither side has is in `lost`."""
    total = Moved()
    for (name, legacy), oids in _by_remote(repo, selected, remote, pushed=False).items():
        wanted = _absent(oids, repo.store.of_kind(legacy=legacy))
        if not wanted:
            continue
        here, there = _sides(repo, name, legacy=legacy)
        done = transfer(wanted, there, here, repo.progress)
        total = _plus(total, Moved(done.objects, done.bytes, here.missing(done.missing)))
    if run_cache and (runs := _runs(repo, remote)):
        total = _plus(total, _copy_runs(runs, repo.cache_directory))
    return _plus(total, _fetch_imports(repo, selected))


def pull(
    repo: Repo,
    selected: Selected = Selected(),  # noqa: B008
    *,
    remote: str | None = None,
    force: bool = False,
    run_cache: bool = False,
    allow_missing: bool = False,
) -> tuple[Moved, "CheckedOut"]:
    """Fetch, then check out all that is there."""
    from tiffin.repo.checkout import checkout  # noqa: PLC0415 - `push` needs none

    with repo.lock:
        moved = fetch(repo, selected, remote=remote, run_cache=run_cache)
        done = checkout(
            repo,
            selected.targets,
            force=force,
            with_deps=selected.with_deps,
            recursive=selected.recursive,
            allow_missing=allow_missing,
            also=moved.partial,
        )
    return moved, done


def cloud_status(repo: Repo, selected: Selected = Selected(), *, remote: str | None = None) -> dict[str, str]:  # noqa: B008
    """Object name -> new (not at the remote), deleted (not in the cache) or missing (in neither).

    A file of a tracked directory is named directory/path; bytes that have several names go by the first.
    """
    found: dict[tuple[str | None, str], tuple[str, str]] = {}
    asked = set()
    for output, part in _outputs(repo, selected):
        name, recorded = output.entry.remote or remote, output.recorded
        question = (output.path, part, recorded and recorded.oid, name)
        if not output.entry.push or recorded is None or not recorded.oid or question in asked:
            continue
        asked.add(question)
        here, there = _sides(repo, name, legacy=recorded.legacy)
        for oid, state in _compare(here, there, output.path, recorded.oid, part).items():
            found.setdefault((name, oid), state)
    return dict(found.values())


def remote_store(repo: Repo, name: str | None) -> ObjectStore:
    """The objects of a remote (None: the default one).  Raises NoRemote, RemoteMissing, ConfigError."""
    settings = repo.config.remote(name)
    if not settings.scheme:
        return ObjectStore.inside(_directory(settings))
    # Late: only for what lies beyond the machine.
    from tiffin.repo.places import open_remote  # noqa: PLC0415

    return open_remote(repo, settings)


def _sides(repo: Repo, name: str | None, *, legacy: bool) -> tuple[ObjectStore, ObjectStore]:
    """Cache and remote, or the parts of them with what DVC 2 wrote."""
    return repo.store.of_kind(legacy=legacy), remote_store(repo, name).of_kind(legacy=legacy)


def _directory(settings: RemoteSettings) -> str:
    return settings.url.rstrip("/") or "/"


def _runs(repo: Repo, name: str | None) -> str | None:
    """The directory below which a remote keeps the results of past runs; as in DVC only one on this machine does."""
    settings = repo.config.remote(name)
    return None if settings.scheme else _directory(settings)


def _by_remote(
    repo: Repo, selected: Selected, remote: str | None, *, pushed: bool
) -> Mapping[tuple[str | None, bool], list[str]]:
    """Object ids by the remote they belong to, those of DVC 2 apart; an output may name its own remote."""
    wanted: dict[tuple[str | None, bool], dict[str, None]] = {}
    parts: dict[str, bool] = {}  # of directories -> whether any of the revisions has them
    outputs = list(_outputs(repo, selected))
    if remote or (pushed and selected.workspace and not outputs):
        repo.config.remote(remote)  # a misspelled remote is an error even when there is nothing to do
    for output, part in outputs:
        if output.recorded is None or (pushed and not output.entry.push):
            continue
        name = remote or output.entry.remote
        ids = _ids(repo, output, part, name)
        wanted.setdefault((name, output.recorded.legacy), {}).update(dict.fromkeys(ids))
        if part is not None:
            parts[part] = parts.get(part, False) or bool(ids)
    absent = next((part for part, found in parts.items() if not found), None)
    if absent is not None:
        raise TargetError(f"'{repo.shown(absent)}' is in no directory as it is recorded")
    return {key: list(oids) for key, oids in wanted.items()}


def _outputs(repo: Repo, selected: Selected) -> Iterator[tuple[Output, str | None]]:
    """The outputs of the workspace, then those of each revision; what they share comes more than once."""
    if selected.workspace:
        yield from _of_this_repository(repo, repo.project, selected)
    if not selected.revisions:
        return
    from tiffin.repo.revisions import States  # noqa: PLC0415 - 3 ms that few calls need

    with States(repo) as states:
        for commit in states.select(selected.revisions):
            with suppress(StageNotFound):  # a target need not be in every revision
                yield from _of_this_repository(repo, states.at(commit).project, selected)


def _of_this_repository(repo: Repo, project: Project, selected: Selected) -> Iterator[tuple[Output, str | None]]:
    """Without what other repositories keep: imports are fetched from there, and never pushed."""
    elsewhere = {out.path for stage in project.stages if stage.origin is not None for out in stage.outs}
    how = {"with_deps": selected.with_deps, "recursive": selected.recursive}
    found = recorded_outputs(repo, project, selected.targets, **how)
    if selected.narrowing is not None:
        is_meant = selected.narrowing.within(project)
        found = [pair for pair in found if is_meant(pair[0])]
    return (pair for pair in found if pair[0].path not in elsewhere)


def _fetch_imports(repo: Repo, selected: Selected) -> Moved:
    if not selected.revisions and not (selected.workspace and _has_imports(repo)):
        return Moved()
    from tiffin.repo.imports import fetch_imports  # noqa: PLC0415 - few repositories have some

    how = {"with_deps": selected.with_deps, "recursive": selected.recursive}
    found = fetch_imports(
        repo,
        tuple(selected.targets),
        revisions=selected.revisions,
        workspace=selected.workspace,
        narrowing=selected.narrowing,
        **how,
    )
    stages = _stages(repo, selected) if selected.workspace else []
    left = [stage for stage in stages if _is_left_at_url(stage)]
    return _plus(Moved(found.objects, 0, found.lost, found.partial), _fetch_from_urls(repo, left))


def _fetch_from_urls(repo: Repo, stages: Sequence[Stage]) -> Moved:
    if not stages:
        return Moved()
    from tiffin.repo.partial_imports import fetch_partial  # noqa: PLC0415 - as above

    done = fetch_partial(repo, stages)
    return Moved(done.objects, 0, done.lost, done.partial)


def _stages(repo: Repo, selected: Selected) -> list[Stage]:
    how = {"with_deps": selected.with_deps, "recursive": selected.recursive}
    project = repo.project
    found = [stage for target in selected.targets for stage, _ in project.select(target, repo.directory, **how)]
    stages = found if selected.targets else list(project.stages)
    if selected.narrowing is None:
        return stages
    is_meant = selected.narrowing.within(project)
    return [stage for stage in stages if any(map(is_meant, stage.outs))]


def _has_imports(repo: Repo) -> bool:
    return any(stage.origin is not None or _is_left_at_url(stage) for stage in repo.project.stages)


def _is_left_at_url(stage: Stage) -> bool:
    """Whether this is an import from a URL that was looked at, but not downloaded."""
    if not stage.is_import or not stage.deps or (stage.outs[0].recorded and stage.outs[0].recorded.oid):
        return False
    noted = stage.deps[0].recorded
    return noted is not None and (noted.oid is not None or bool(noted.extra))


def _ids(repo: Repo, output: Output, part: str | None, remote: str | None) -> list[str]:
    oid, legacy = (output.recorded.oid or "", output.recorded.legacy) if output.recorded else ("", False)
    if part is None:
        return [oid]
    store = repo.store.of_kind(legacy=legacy)
    if not store.has(oid):
        # The listing is needed to know the part; it is a single small object.
        listing = _sides(repo, remote, legacy=legacy)[1].manifest(oid)
        store.put_manifest(listing)
    else:
        listing = store.manifest(oid)
    inner = part.removeprefix(f"{output.path}/")
    row = listing.find(inner)
    return [listing.oid(row) or ""] if row >= 0 else [oid for oid in listing.under(inner).oids() if oid]


def _absent(oids: Sequence[str], store: ObjectStore) -> list[str]:
    """The ids that are not wholly in the store: the object is not, or a file its listing names."""
    lacking = set(store.missing(oids, whole=True))
    listings = [oid for oid in dict.fromkeys(oids) if is_dir(oid) and oid not in lacking]
    lacking.update(oid for oid in listings if store.lacks_any(store.manifest(oid), whole=True))
    return [oid for oid in oids if oid in lacking]


def _compare(
    here: ObjectStore, there: ObjectStore, path: str, oid: str, part: str | None
) -> dict[str, tuple[str, str]]:
    """Name and state, by id, of what is not on both sides: of an output and its files, or those that a part names."""
    rows, top = _NOTHING, path
    holder = next((store for store in (here, there) if store.has(oid)), None) if is_dir(oid) else None
    if holder is not None:
        rows = holder.manifest(oid)
        if part is not None:
            row = rows.find(part.removeprefix(f"{path}/"))
            rows, top = (rows.select([row]), path) if row >= 0 else (rows.under(part.removeprefix(f"{path}/")), part)
    lost, unsent = _lacking(here, oid, rows), _lacking(there, oid, rows)
    if not lost and not unsent:
        return {}
    named = [
        (oid, path),
        *((file or "", f"{top}/{name}") for file, name in zip(rows.oids(), rows.paths(), strict=True)),
    ]
    oids = dict.fromkeys(file for file, _ in named)
    names = dict(reversed(named))
    states = {
        file: (names[file], _STATES[file in lost, file in unsent]) for file in oids if file in lost or file in unsent
    }
    if len(states) > 1 and states.get(oid, ("", ""))[1] == "deleted":
        del states[oid]  # as in DVC, which fetches the listing to look into it
    return states


def _lacking(store: ObjectStore, oid: str, rows: Table) -> set[str]:
    """Of an id and those of the rows, the ones of which the store has no object."""
    lacking = set(store.missing([oid]))
    present = store.present(rows) if len(rows) else []
    if not all(present):
        lacking.update(file for file, found in zip(rows.oids(), present, strict=True) if file and not found)
    return lacking


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
    return Moved(
        one.objects + other.objects, one.bytes + other.bytes, [*one.lost, *other.lost], {**one.partial, **other.partial}
    )
