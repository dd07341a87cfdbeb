"""Data sets: `dataset add`, `dataset update`, and what a stage that depends on one finds."""

import os
import posixpath
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tiffin.errors import DuplicateStage, MissingDependency, StageInvalid
from tiffin.formats import edit, lock
from tiffin.formats.values import Content
from tiffin.fs import write_inside
from tiffin.index import Seen
from tiffin.pipeline import lock_path
from tiffin.pipeline.datasets import Dataset, dataset, datasets, pinned
from tiffin.repo._repo import Repo
from tiffin.repo.gitside import GitSide

if TYPE_CHECKING:
    from tiffin.repo.external import Externals

__all__ = ["Dataset", "add_dataset", "look_at_dataset", "update_dataset"]


def look_at_dataset(repo: Repo, url: str) -> Seen | None:
    """What a dependency `ds://NAME` is pinned to now; None if it is not.  Raises StageNotFound."""
    entry = pinned(repo.project, url)
    return None if entry is None else Seen(Content(None, legacy=True, extra={"dataset": dict(entry)}))


def add_dataset(
    repo: Repo, spec: Mapping[str, Any], pool: "Externals", *, force: bool = False, git: GitSide | None = None
) -> Dataset:
    """Describe a data set in dvc.yaml where the user stands, and pin it; return it.

    spec: name, type ("dvc" or "url"), url, path and rev.  The source is looked at first: without it nothing is
    written.  force: replace one of that name.
    """
    git = git or GitSide(repo)
    # Live, in another process, edits dvc.yaml under the second lock.
    with repo.lock, repo.dvcyaml_lock:
        known = datasets(repo.project).get(spec["name"])
        if known is not None and not force:
            where = repo.shown(known.file)
            raise DuplicateStage(f"data set '{spec['name']}' is already in '{where}'", hint="use -f to replace it")
        file = posixpath.join(repo.directory, "dvc.yaml")
        return _written(repo, Dataset(file, spec, _pin(repo, file, spec, pool)), None, git)


def update_dataset(
    repo: Repo, name: str, pool: "Externals", *, rev: str | None = None, git: GitSide | None = None
) -> tuple[Dataset, Dataset]:
    """Pin a data set to what its source has now; what it was before and what it is.

    rev: another branch, tag or commit, from now on.  Raises StageNotFound, StageInvalid.
    """
    git = git or GitSide(repo)
    with repo.lock, repo.dvcyaml_lock:
        old = dataset(repo.project, name)
        if rev is not None and old.kind != "dvc":
            raise StageInvalid(f"data set '{name}' comes from a URL, which has no revisions", hint="leave --rev out")
        spec = old.spec if rev is None else {**old.spec, "rev": rev}
        return old, _written(repo, Dataset(old.file, spec, _pin(repo, old.file, spec, pool)), old, git)


def _written(repo: Repo, new: Dataset, old: Dataset | None, git: GitSide) -> Dataset:
    """Write what changed."""
    texts: dict[str, str] = {}
    if old is None or old.spec != new.spec:
        _refuse_template(repo, new)
        text = repo.project.source.read(new.file)
        texts[new.file] = edit.put_dataset((text or b"").decode("utf-8"), new.spec, path=new.file)
    if new.lock is not None and (old is None or old.lock != new.lock):
        path = lock_path(new.file)
        text = repo.project.source.read(path)
        texts[path] = lock.put_dataset(None if text is None else text.decode("utf-8"), new.lock, path)
    for path, text_now in texts.items():
        write_inside(repo.root, path, text_now)
    git.changed(texts)
    repo.reload()
    return new


def _refuse_template(repo: Repo, new: Dataset) -> None:
    if repo.project.source.read(new.file) is None:
        return
    parsed = repo.project.pipeline_file(new.file)
    for written, resolved in zip(parsed.datasets_as_written, parsed.datasets, strict=True):
        if resolved["name"] == new.name and written != resolved:
            raise StageInvalid(
                f"data set '{new.name}' is made from a template, which cannot be changed for it",
                hint=f"edit '{repo.shown(new.file)}' yourself, then run `tiffin dataset update {new.name}`",
            )


def _pin(repo: Repo, file: str, spec: Mapping[str, Any], pool: "Externals") -> dict[str, Any]:
    """What the source has now, as dvc.lock keeps it."""
    if spec["type"] == "dc":
        raise StageInvalid(
            f"data set '{spec['name']}' is one of DataChain, which only DVC can look up",
            hint=f"run `dvc dataset update {spec['name']}`; tiffin works with what that pins",
        )
    directory = os.path.join(repo.root, posixpath.dirname(file))
    if spec["type"] == "dvc":
        return {**spec, "rev_lock": _commit(spec, pool, directory)}
    return {**spec, "meta": _meta(repo, spec["url"], directory)}


def _commit(spec: Mapping[str, Any], pool: "Externals", directory: str) -> str:
    url = str(spec["url"])
    local = os.path.normpath(os.path.join(directory, url))
    source = pool.open(local if "://" not in url and os.path.isdir(local) else url, spec.get("rev"))
    if source.rev is None:
        raise MissingDependency(f"'{url}' has no commit that could be pinned", hint="commit what is there first")
    path = spec.get("path")
    if path and source.info(source.inside(path)) is None:
        raise MissingDependency(f"'{path}' is not in '{url}' at {spec.get('rev') or source.rev[:9]}")
    return source.rev


def _meta(repo: Repo, url: str, directory: str) -> dict[str, Any]:
    """As DVC's fields have it; of files here the hash, where DVC keeps inode and time."""
    from tiffin.repo.places import content_at, open_place  # noqa: PLC0415 - HTTP, which few data sets need

    place = open_place(repo.config, url, directory, environment=repo.environment)
    if place.local is not None:
        seen = repo.workspace.look(place.local)
        found = None if seen is None else seen.content
    else:
        found = content_at(place)
    if found is None:
        raise MissingDependency(f"'{url}' does not exist")
    fields = {
        "isdir": found.is_dir or None,
        "size": found.size,
        "nfiles": found.nfiles,
        "checksum": found.extra.get("checksum"),
        "md5": found.oid,
    }
    return {key: value for key, value in fields.items() if value is not None}
