"""Data sets: data elsewhere under a name, described in dvc.yaml and pinned in dvc.lock.

    dvc.yaml  datasets: [{name, url, type: dvc | url | dc, [path], [rev]}]
    dvc.lock  datasets: [the same and  rev_lock | meta: {size, ...} [files] | version, created_at]

A stage depends on one as `ds://NAME`, and records what was pinned when it ran.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tiffin.errors import StageNotFound
from tiffin.formats.words import nearest
from tiffin.pipeline._project import Project

__all__ = ["KINDS", "SCHEME", "Dataset", "dataset", "datasets", "pinned"]

SCHEME = "ds://"
KINDS = {"dvc": ("name", "url", "type", "path", "rev"), "url": ("name", "url", "type"), "dc": ("name", "url", "type")}


class Dataset(NamedTuple):
    """One data set.

    file: the dvc.yaml it is in.  spec: as described there.  lock: what it is pinned to; None if that was described
    otherwise.
    """

    file: str
    spec: Mapping[str, Any]
    lock: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """How stages name it."""
        return str(self.spec["name"])

    @property
    def kind(self) -> str:
        """Of which kind it is: one of KINDS."""
        return str(self.spec["type"])


def datasets(project: Project) -> dict[str, Dataset]:
    """All data sets by name.  Raises FormatError."""
    found: dict[str, Dataset] = {}
    for file, parsed in project.pipeline_files().items():
        if not parsed.datasets:
            continue
        entries = {entry.get("name"): entry for entry in project.lock_datasets(file)}
        for fields in parsed.datasets:
            spec = _spec(fields)
            entry = entries.get(spec["name"])
            found[spec["name"]] = Dataset(file, spec, entry if entry is not None and _spec(entry) == spec else None)
    return found


def dataset(project: Project, name: str) -> Dataset:
    """The data set of a name.  Raises StageNotFound."""
    found = datasets(project)
    if name not in found:
        near = nearest(name, found)
        known = f"known: {', '.join(found)}" if found else "add one with `tiffin dataset add`"
        raise StageNotFound(f"no data set '{name}'", hint=f"did you mean '{near}'?" if near else known)
    return found[name]


def pinned(project: Project, url: str) -> Mapping[str, Any] | None:
    """What a dependency `ds://NAME` is pinned to; None if dvc.lock says nothing of it as it is described now."""
    # As in DVC, what follows the name is left to the command.
    return dataset(project, url.removeprefix(SCHEME).partition("/")[0]).lock


def _spec(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that describe, without those that say nothing."""
    names = KINDS.get(fields.get("type", ""), KINDS["url"])
    return {name: fields[name] for name in names if fields.get(name) not in (None, "")}
