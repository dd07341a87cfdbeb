"""What the params and metrics files of one state of the repository say."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from tiffin.errors import FormatError, PlotError, SchemaError, TemplateError, YamlError
from tiffin.formats import params
from tiffin.pipeline import Project, is_metafile, join

__all__ = ["Failure", "Reading", "View", "failure_of", "flat", "metrics_of", "params_of"]


class Failure(NamedTuple):
    """Why something cannot be read.  kind: the name of DVC's exception, which its JSON answers give."""

    kind: str
    message: str


class Reading(NamedTuple):
    """What one file says: its values, or why it cannot be read."""

    values: Any = None
    failure: Failure | None = None


class View(Protocol):
    """One state of the repository: the workspace or a commit.  Paths are relative to the repository."""

    @property
    def project(self) -> Project:
        """Its stages."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of a file, be it in Git, on disk or in the store.  Raises FileNotFoundError."""
        ...

    def files(self, directory: str) -> list[str] | None:
        """The files below a directory, sorted; None if it is no directory."""
        ...


_CORRUPTED = {".json": "JSON", ".toml": "TOML", ".py": "Python"}


def failure_of(error: Exception) -> Failure:
    """An exception as DVC's JSON answers name it."""
    if isinstance(error, SchemaError):
        return Failure("YAMLValidationError", str(error))
    if isinstance(error, TemplateError):
        return Failure("ResolveError", str(error))
    if isinstance(error, YamlError) and is_metafile(error.path):
        return Failure("YAMLSyntaxError", str(error))
    if isinstance(error, FormatError):
        suffix = error.path[error.path.rfind(".") :].lower()
        return Failure(f"{_CORRUPTED.get(suffix, 'YAML')}FileCorruptedError", str(error))
    return Failure(error.kind if isinstance(error, PlotError) else type(error).__name__, str(error))


def metrics_of(view: View, targets: Sequence[str] = ()) -> dict[str, Reading]:
    """The metrics files by path: the targets, or those of stages and those dvc.yaml files list."""
    paths = targets or [*_metric_outputs(view.project), *_listed(view.project, "metrics")]
    return {path: _read(view, path, params.load_metrics) for path in _expanded(view, paths)}


def params_of(
    view: View, targets: Sequence[str] = (), *, deps: bool = False, stages: Sequence[str] = ()
) -> dict[str, Reading]:
    """The params files by path.

    Without targets: what stages depend on, unless `deps` what dvc.yaml files list and params.yaml, and
    the values that templates use.  A file of which only keys are asked for gives those, as a nested map.
    stages: only what these depend on, beside the targets.
    """
    keys = _keys(view, deps=deps, stages=stages) if stages or not targets else {}
    keys.update(dict.fromkeys(targets))
    readings = {
        path: _chosen(_read(view, path, params.load), wanted)
        for file, wanted in keys.items()
        for path in _expanded(view, [file])
    }
    if not (targets or stages):
        for path, values in _template_values(view.project).items():
            readings.setdefault(path, Reading(values))
    return readings


def _keys(view: View, *, deps: bool, stages: Sequence[str]) -> dict[str, list[str] | None]:
    """file -> the keys asked for, None for all."""
    wanted: dict[str, list[str] | None] = {}
    for stage in view.project.select_stages(stages) if stages else view.project.stages:
        for entry in stage.params:
            _include(wanted, stage.params_path(entry), entry.keys)
    if not (deps or stages):
        for path in _listed(view.project, "params"):
            wanted[path] = None
        if view.project.source.read(params.DEFAULT_FILE) is not None:
            wanted[params.DEFAULT_FILE] = None
    return wanted


def _include(wanted: dict[str, list[str] | None], path: str, keys: Iterable[str] | None) -> None:
    if not keys:
        wanted[path] = None
    else:
        known = wanted.setdefault(path, [])
        if known is not None:
            known.extend(keys)


def _template_values(project: Project) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for file, parsed in project.pipeline_files().items():
        directory = file.rpartition("/")[0]
        for name in parsed.stage_names():
            for path, values in parsed.tracked(name).items():
                found.setdefault(join(directory, path), {}).update(values)
    return found


def _metric_outputs(project: Project) -> Iterator[str]:
    return (out.path for stage in project.stages for out in stage.outs if out.entry.kind == "metric")


def _listed(project: Project, section: str) -> Iterator[str]:
    for file, parsed in project.pipeline_files().items():
        for path in getattr(parsed, section):
            yield join(file.rpartition("/")[0], path)


def _expanded(view: View, paths: Iterable[str]) -> dict[str, None]:
    """The paths, each directory replaced by the files below it, each once."""
    found: dict[str, None] = {}
    for path in paths:
        inside = view.files(path)
        found.update(dict.fromkeys([path] if inside is None else inside))
    return found


def _read(view: View, path: str, load: Callable[[bytes, str], Any]) -> Reading:
    try:
        return Reading(load(view.read(path), path))
    except (FormatError, OSError) as error:
        return Reading(failure=failure_of(error))


def _chosen(reading: Reading, keys: Sequence[str] | None) -> Reading:
    if not keys or reading.failure is not None:
        return reading
    chosen: dict[str, Any] = {}
    for key in keys:
        try:
            value = params.get(reading.values, key)
        except KeyError:
            continue
        _put(chosen, reading.values, key.split("."), value)
    return Reading(chosen)


def _put(holder: Any, original: Any, names: Sequence[str], value: Any) -> None:
    """Set a value below dotted names, making the maps and lists that the original has on the way."""
    for at, name in enumerate(names):
        last = at == len(names) - 1
        key: Any = int(name) if isinstance(holder, list) else name
        if isinstance(holder, list):
            holder.extend([None] * (key + 1 - len(holder)))
        original = params.get(original, name)
        if last:
            holder[key] = value
            return
        below = holder[key] if isinstance(holder, list) else holder.get(key)
        if below is None:
            below = [] if isinstance(original, list | tuple) else {}
            holder[key] = below
        holder = below


def flat(values: Any) -> Mapping[str, Any]:
    """The leaves of a file's values by dotted name; a file that holds a single value names it ""."""
    return params.flatten(values) if isinstance(values, Mapping) else {"": values}
