"""Parameters and metrics, between two states of the repository: `params diff`, `metrics show`, `metrics diff`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tiffin.errors import FormatError, StageNotFound, TiffinError
from tiffin.formats import params
from tiffin.pipeline import Project, join
from tiffin.repo._repo import Repo
from tiffin.repo._revisions import project_at, read_tracked

__all__ = ["Difference", "Reading", "metrics", "metrics_diff", "params_diff", "params_of"]


class Reading(NamedTuple):
    """What one file says: its values, or why it cannot be read."""

    values: Any = None
    error: Exception | None = None


class Difference(NamedTuple):
    """file -> key -> (old, new); a value that is not there is None."""

    files: dict[str, dict[str, tuple[Any, Any]]]


def metrics(
    repo: Repo, revision: str | None = None, targets: Sequence[str] = (), *, recursive: bool = False
) -> dict[str, Reading]:
    """The metrics files of a revision (None: the workspace) by repository path, parsed.

    A file that does not exist there is left out unless it is a target.
    """
    project = project_at(repo, revision)
    paths = _wanted([*_metrics_paths(project)], [repo.inside(target) for target in targets], recursive=recursive)
    readings = {path: _read(repo, project, revision, path) for path in paths}
    asked = {repo.inside(target) for target in targets}
    return {path: reading for path, reading in readings.items() if path in asked or not _is_absent(reading)}


def metrics_diff(
    repo: Repo, old: str | None, new: str | None, targets: Sequence[str] = (), *, everything: bool = False
) -> Difference:
    """Metrics of two revisions (old None: HEAD, new None: the workspace), flattened; numbers only where they differ."""
    return _difference(
        _flat(metrics(repo, old or "HEAD", targets)), _flat(metrics(repo, new, targets)), everything=everything
    )


def params_diff(
    repo: Repo,
    old: str | None,
    new: str | None,
    targets: Sequence[str] = (),
    *,
    everything: bool = False,
    deps: bool = False,
) -> Difference:
    """Parameters of two revisions, flattened.  deps: only those that stages depend on."""
    return _difference(
        _flat(params_of(repo, old or "HEAD", targets, deps=deps)),
        _flat(params_of(repo, new, targets, deps=deps)),
        everything=everything,
    )


def params_of(
    repo: Repo, revision: str | None = None, targets: Sequence[str] = (), *, deps: bool = False
) -> dict[str, Reading]:
    """The params files of a revision by repository path.

    Those that dvc.yaml files list under `params:`, those stages read, and params.yaml.  A file that stages read only
    keys of gives those keys, unless it is listed as a whole.
    """
    project = project_at(repo, revision)
    asked = [repo.inside(target) for target in targets]
    keys: dict[str, set[str] | None] = {}
    if not deps:
        keys = dict.fromkeys([*(["params.yaml"] if not asked else []), *_listed(project, "params")])
    for stage in project.stages:
        for entry in stage.params:
            _include(keys, stage.params_path(entry), entry.keys)
    if asked:
        keys = {path: None if not deps else keys.get(path) for path in asked}
    readings = {path: _chosen(_read(repo, project, revision, path), wanted) for path, wanted in keys.items()}
    return {path: reading for path, reading in readings.items() if path in asked or not _is_absent(reading)}


def _include(keys: dict[str, set[str] | None], path: str, wanted: Iterable[str] | None) -> None:
    if wanted is None:
        keys[path] = None
    elif path not in keys:
        keys[path] = set(wanted)
    else:
        known = keys[path]
        if known is not None:
            known.update(wanted)


def _chosen(reading: Reading, keys: set[str] | None) -> Reading:
    if keys is None or reading.error is not None:
        return reading
    found = {}
    for key in sorted(keys):
        try:
            found[key] = params.get(reading.values, key)
        except KeyError:
            continue
    return Reading(found)


def _metrics_paths(project: Project) -> list[str]:
    outputs = [out.path for stage in project.stages for out in stage.outs if out.entry.kind == "metric"]
    return list(dict.fromkeys([*_listed(project, "metrics"), *outputs]))


def _listed(project: Project, section: str) -> list[str]:
    return [
        join(file.rpartition("/")[0], path)
        for file, parsed in project.pipeline_files().items()
        for path in getattr(parsed, section)
    ]


def _wanted(known: Sequence[str], asked: Sequence[str], *, recursive: bool) -> list[str]:
    if not asked:
        return list(known)
    inside = [path for path in known if any(path.startswith(f"{directory}/") for directory in asked)]
    return list(dict.fromkeys([*(asked if not recursive else [a for a in asked if a in known]), *inside]))


def _read(repo: Repo, project: Project, revision: str | None, path: str) -> Reading:
    try:
        text = read_tracked(repo, project, revision, path)
        if text is None:
            return Reading(error=FileNotFoundError(2, "No such file or directory", path))
        return Reading(params.load(text, path))
    except (FormatError, StageNotFound, TiffinError) as error:
        return Reading(error=error)


def _is_absent(reading: Reading) -> bool:
    return isinstance(reading.error, FileNotFoundError)


def _flat(readings: Mapping[str, Reading]) -> dict[str, dict[str, Any]]:
    flat = {}
    for path, reading in readings.items():
        if isinstance(reading.error, FormatError):
            raise reading.error
        flat[path] = params.flatten(reading.values) if reading.error is None else {}
    return flat


def _difference(
    old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]], *, everything: bool
) -> Difference:
    files: dict[str, dict[str, tuple[Any, Any]]] = {}
    for path in dict.fromkeys([*old, *new]):
        before, after = old.get(path, {}), new.get(path, {})
        changed = {
            key: (before.get(key), after.get(key))
            for key in dict.fromkeys([*before, *after])
            if everything or before.get(key) != after.get(key)
        }
        if changed:
            files[path] = changed
    return Difference(files)
