"""Data of other repositories in this one: `import`, `update`."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from tiffin.errors import TargetError, UnsavedChanges
from tiffin.formats import dvcfile
from tiffin.formats.values import Content, DependencyEntry
from tiffin.pipeline import Stage, output_state
from tiffin.pipeline.recording import with_contents
from tiffin.repo._arriving import arriving, half_there
from tiffin.repo._newcomer import check_free, check_place, newcomer, write_newcomer
from tiffin.repo._overrides import overrides_of
from tiffin.repo._repo import Repo
from tiffin.repo.external import External, Externals, Overrides
from tiffin.repo.gathering import gather, target_path
from tiffin.repo.gitside import GitSide

__all__ = ["Imported", "Mode", "found_url", "import_data", "imports", "update_import"]

_UNKNOWN = Content(None)  # what a partial import records


class Mode(NamedTuple):
    """How much of an import is done.  execute False: only the .dvc file; download False: the commit, but no data."""

    execute: bool = True
    download: bool = True


class Imported(NamedTuple):
    """A .dvc file.  uncommitted: its data are in no commit of the other repository."""

    file: str
    uncommitted: bool = False


def import_data(
    repo: Repo,
    pool: Externals,
    url: str,
    path: str,
    *,
    out: str | None = None,
    rev: str | None = None,
    overrides: Overrides = Overrides(),  # noqa: B008 - a NamedTuple is immutable
    force: bool = False,
    mode: Mode = Mode(),  # noqa: B008
    git: GitSide | None = None,
) -> Imported:
    """Download a file or directory of another repository and track it, with where it came from.

    The id that is recorded is that of the bytes that were stored.  Raises TargetError, OverlappingOutputs, GitError,
    MissingDependency, MissingObjects.
    """
    git = git or GitSide(repo)
    with repo.lock:
        half = half_there(repo)
        place = repo.inside(target_path(path, out, f"{repo.root}/{repo.directory}", force=force, half=half))
        check_place(repo, place)
        source: dict[str, Any] = {"url": url, **({"rev": rev} if rev else {})}
        stage = _stage(place, path, {**source, **overrides.recorded()})
        check_free(repo, stage)
        git.refuse_tracked([place])
        uncommitted = False
        with arriving(repo, place):
            if mode.execute:
                other = pool.open(url, rev, overrides)
                if other.rev is not None:
                    source["rev_lock"] = other.rev
                content = _downloaded(repo, other, path, place, force=force) if mode.download else _checked(other, path)
                uncommitted = mode.download and _is_uncommitted(pool, other, path, content, overrides)
                stage = _finished(_stage(place, path, {**source, **overrides.recorded()}), content)
            git.ignore([place])
            _write(repo, stage)
        git.changed([stage.file])
        repo.reload()
        return Imported(stage.file, uncommitted)


def update_import(
    repo: Repo, pool: Externals, stage: Stage, *, rev: str | None = None, download: bool = True
) -> Imported | None:
    """Bring an import to what its repository has now, or had at `rev`; None if it is that already.

    Raises UnsavedChanges where the imported data were changed here and are stored nowhere.
    """
    origin, parsed = stage.origin, stage.dvc_file
    if origin is None or parsed is None:
        raise TargetError(f"{stage.label} is no import of another repository")
    output = stage.outs[0]
    source = {**origin.extra["repo"], **({"rev": rev} if rev else {})}
    overrides = overrides_of(source)
    with repo.lock:
        repo.refuse_in_use([output.path])
        other = pool.open(found_url(repo, pool, stage), source.get("rev"), overrides)
        same = other.rev is not None and other.rev == source.get("rev_lock") and not rev
        if same and output_state(repo.workspace, output) is None:
            return None
        if other.rev is not None:
            source["rev_lock"] = other.rev
        if download:
            content = _downloaded(repo, other, origin.path, output.path, force=False)
        else:
            content = _checked(other, origin.path)
            _remove(repo, output.path)
        updated = parsed._replace(deps=(origin._replace(extra={**origin.extra, "repo": source}),))
        # As in DVC, the checksum of a partial update is still that of the output before: `status` shows that it is due.
        fresh = _finished(stage._replace(dvc_file=updated), content, checksum_of=None if download else output.recorded)
        _write(repo, fresh)
        repo.reload()
        uncommitted = download and _is_uncommitted(pool, other, origin.path, content, overrides)
    return Imported(stage.file, uncommitted)


def imports(repo: Repo, targets: Sequence[str], *, recursive: bool = False) -> list[Stage]:
    """The imports that targets name, each once.  Raises StageNotFound, TargetError for what is no import."""
    found: dict[str, Stage] = {}
    for target in targets:
        for stage, _ in repo.project.select(target, repo.directory, recursive=recursive):
            if stage.is_import:
                found[stage.file] = stage
            elif not recursive:
                raise TargetError(f"{stage.label} is no import", hint="only `import` and `import-url` make some")
    return list(found.values())


def found_url(repo: Repo, pool: Externals, stage: Stage) -> str:
    """Where the repository of an import is."""
    url: str = stage.origin.extra["repo"]["url"] if stage.origin is not None else ""
    return pool.found(url, f"{repo.root}/{stage.wdir}", repo.root)


def _stage(place: str, path: str, source: dict[str, Any]) -> Stage:
    ordered = {key: source[key] for key in ("url", "rev", "rev_lock", "config", "remote") if key in source}
    return newcomer(place, DependencyEntry(path, extra={"repo": ordered}), _UNKNOWN)


def _finished(stage: Stage, content: Content, *, checksum_of: Content | None = None) -> Stage:
    """With the content, and the checksum that makes it this import (or one of another content)."""
    if stage.dvc_file is None:
        return stage
    name = stage.dvc_file.outs[0].path
    summed = with_contents(stage.dvc_file, {name: checksum_of or content})
    parsed = with_contents(stage.dvc_file, {name: content})
    return stage._replace(dvc_file=parsed._replace(md5=dvcfile.stage_checksum(summed)))


def _downloaded(repo: Repo, other: External, path: str, place: str, *, force: bool) -> Content:
    stored = gather(other, path).store(repo.store, repo.progress)
    repo.workspace.checkout(place, stored, force=force)
    repo.workspace.flush()
    seen = repo.workspace.look(place)
    if seen is None:
        raise TargetError(f"'{repo.shown(place)}' was removed while it was imported")
    # As in DVC: whether a file can be executed does not come along.
    return seen.content._replace(isexec=False)


def _checked(other: External, path: str) -> Content:
    gather(other, path)  # raises if there is no such path
    return _UNKNOWN


def _is_uncommitted(pool: Externals, other: External, path: str, content: Content, overrides: Overrides) -> bool:
    if not other.is_work_tree or other.rev is None:
        return False
    entry = pool.open(other.url, other.rev, overrides).info(other.inside(path))
    return entry is None or (entry.oid is not None and entry.oid != content.oid)


def _remove(repo: Repo, place: str) -> None:
    if not repo.workspace.saved(place):
        raise UnsavedChanges(
            f"'{repo.shown(place)}' has changes that are stored nowhere else and would be lost",
            hint="keep them with `tiffin commit`, or remove it yourself",
        )
    repo.workspace.remove(place)


def _write(repo: Repo, stage: Stage) -> None:
    if stage.dvc_file is not None:
        write_newcomer(repo, stage.file, stage.dvc_file)
