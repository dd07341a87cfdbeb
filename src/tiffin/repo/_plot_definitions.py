"""What plots one state of the repository defines: in its dvc.yaml files, as outputs of stages, or by targets."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tiffin.pipeline import join
from tiffin.repo._repo import Repo
from tiffin.repo.revisions import RepoView

__all__ = ["Definitions", "PlotRequest", "definitions_of"]

_DRAWN = ("x", "y", "x_label", "y_label", "title", "template", "header")

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
            found[repo.shown(file)] = dict(_top_level(repo, view, request, file, entries))
    outputs = [(stage, out) for stage in view.project.stages for out in stage.outs if out.entry.kind == "plot"]
    for stage, out in outputs:
        if _asked(request.targets, repo.shown(stage.file), repo.shown(out.path)):
            own = {key: value for key, value in out.entry.plot.items() if key in _DRAWN}
            for path in _files(view, out.path):
                found.setdefault("", {})[repo.shown(path)] = {**own, **request.properties}
    for target in request.targets:
        path = repo.inside(target)
        if not found or _exists(view, path):
            for file in _files(view, path):
                if request.once and any(file in map(repo.inside, plots) for plots in found.values()):
                    continue
                name = _as_given(repo, target, posixpath.relpath(file, path))
                known = found.setdefault("", {}).get(name, {})
                found[""][name] = {**known, **request.properties}
    headless = frozenset(out.path for _, out in outputs if out.entry.plot.get("header") is False)
    return Definitions(found, headless)


def _top_level(
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
        for path in _files(view, place):
            # Of a directory and what is in it the nearest definition counts.
            if path == place or not any(path == other or _below(path, other, place) for other in places):
                yield _beside(repo, file, posixpath.relpath(path, directory or ".")), {**own, **request.properties}


def _below(path: str, other: str, place: str) -> bool:
    """Whether a path is below another place that lies deeper than this one."""
    return other != place and path.startswith(f"{other}/") and len(other) > len(place)


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
    return [path] if inside is None else inside


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
