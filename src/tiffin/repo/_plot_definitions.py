"""What plots one state of the repository defines: in its dvc.yaml files, as outputs of stages, or by targets."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tiffin.formats.plot_edit import PLOT_PROPERTIES
from tiffin.pipeline import Output, Stage, join
from tiffin.repo._repo import Repo
from tiffin.repo.revisions import RepoView

__all__ = ["Definitions", "PlotRequest", "definitions_of"]

_Properties = Mapping[str, Any]


class PlotRequest(NamedTuple):
    """What was asked for.

    targets: files, directories and plot ids, as regular expressions that match from the start; none for all plots.
    properties: what is drawn how, over what the definitions say.  once: a target that a dvc.yaml lists as a plot is
    not a second one by itself, as in DVC's answers.
    """

    targets: Sequence[str] = ()
    properties: _Properties = {}  # noqa: RUF012 - a named tuple's default is never changed
    once: bool = False


class Definitions(NamedTuple):
    """plots: the file that defines, "" for outputs and targets -> id -> properties, as the user sees the paths.

    headless: the tables, by repository path, whose first line is data.
    """

    plots: dict[str, dict[str, _Properties]]
    headless: frozenset[str]


def definitions_of(repo: Repo, view: RepoView, request: PlotRequest) -> Definitions:
    """The plots of one state.  Raises FormatError, TemplateError and GraphError."""
    found: dict[str, dict[str, _Properties]] = {}
    for file, parsed in view.project.pipeline_files().items():
        if parsed.plots:
            entries = {name: own or {} for entry in parsed.plots for name, own in _pairs(entry)}
            found[repo.shown(file)] = dict(_listed(repo, view, request, file, entries))
    outputs = [(stage, out) for stage in view.project.stages for out in stage.outs if out.entry.kind == "plot"]
    others = dict(_declared(repo, view, request, outputs))
    if others:
        found[""] = others
    for target in request.targets:
        if not found or _exists(view, repo.inside(target)):
            _add_target(repo, view, request, target, found)
    headless = frozenset(out.path for _, out in outputs if out.entry.plot.get("header") is False)
    return Definitions(found, headless)


def _listed(
    repo: Repo, view: RepoView, request: PlotRequest, file: str, entries: Mapping[str, _Properties]
) -> Iterator[tuple[str, _Properties]]:
    """The plots that one dvc.yaml lists."""
    directory = posixpath.dirname(file)
    places = {join(directory, name) for name in entries}
    for name, own in entries.items():
        if not _asked(request.targets, repo.shown(file), name):
            continue
        if isinstance(own.get("y"), dict):
            axes = {axis: _seen(repo, file, own[axis]) for axis in ("x", "y") if isinstance(own.get(axis), dict)}
            yield name, {**own, **axes, **request.properties}
            continue
        place = join(directory, name)
        nearer = {other for other in places if other != place and other.startswith(f"{place}/")}
        for path in _files(view, place):
            # Of a directory and what is in it the nearest definition counts.
            if not any(path == other or path.startswith(f"{other}/") for other in nearer):
                yield _beside(repo, file, posixpath.relpath(path, directory or ".")), {**own, **request.properties}


def _declared(
    repo: Repo, view: RepoView, request: PlotRequest, outputs: Iterable[tuple[Stage, Output]]
) -> Iterator[tuple[str, _Properties]]:
    """The plots that are outputs of stages."""
    for stage, out in outputs:
        if _asked(request.targets, repo.shown(stage.file), repo.shown(out.path)):
            own = {key: value for key, value in out.entry.plot.items() if key in PLOT_PROPERTIES}
            for path in _files(view, out.path):
                yield repo.shown(path), {**own, **request.properties}


def _add_target(
    repo: Repo, view: RepoView, request: PlotRequest, target: str, found: dict[str, dict[str, _Properties]]
) -> None:
    path = repo.inside(target)
    for file in _files(view, path):
        if request.once and any(file == repo.inside(name) for plots in found.values() for name in plots):
            continue
        name = _as_given(repo, target, posixpath.relpath(file, path or "."))
        known = found.setdefault("", {}).get(name, {})
        found[""][name] = {**known, **request.properties}


def _pairs(entry: str | Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    # Of an entry with several keys DVC takes the first.
    return [(entry, None)] if isinstance(entry, str) else list(entry.items())[:1]


def _seen(repo: Repo, file: str, axis: Mapping[str, Any]) -> dict[str, Any]:
    return {_beside(repo, file, path): fields for path, fields in axis.items()}


def _as_given(repo: Repo, target: str, inside: str) -> str:
    """What is inside of a target, by the path that was typed; an absolute one becomes relative."""
    start = repo.shown(repo.inside(target)) if posixpath.isabs(target) else target.rstrip("/")
    return start if inside == "." else f"{start}/{inside}"


def _beside(repo: Repo, file: str, path: str) -> str:
    """A path in a dvc.yaml as the user sees it; like DVC by way of that file (`../data/x.csv`, seen from data)."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(repo.shown(file)), path))


def _files(view: RepoView, path: str) -> list[str]:
    inside = view.files(path)
    return [path] if inside is None else [file for file in inside if posixpath.basename(file) != ".gitignore"]


def _exists(view: RepoView, path: str) -> bool:
    if view.files(path) is not None:
        return True
    try:
        view.read(path)
    except OSError:
        return False
    return True


def _asked(targets: Sequence[str], file: str, name: str) -> bool:
    return not targets or any(_matches(target, text) for target in targets for text in (name, f"{file}::{name}"))


def _matches(target: str, text: str) -> bool:
    try:
        return re.match(target, text) is not None
    except re.error:
        return text.startswith(target)
