"""Plots: what the revisions define and hold, joined by plot."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from tiffin.errors import TiffinError
from tiffin.plots._content import is_image
from tiffin.plots._points import Axes, Point, points_of, sources_of

__all__ = ["Failed", "Image", "Plot", "RevisionPlots", "plots_of"]


class RevisionPlots(NamedTuple):
    """What one revision has.

    definitions: the file that defines plots ("" for outputs and targets) -> id -> properties.
    contents: path -> what is in it; bytes for an image.  broken: path -> why it could not be read.
    """

    name: str
    definitions: Mapping[str, Mapping[str, Mapping[str, Any]]]
    contents: Mapping[str, Any]
    broken: Mapping[str, Exception] = {}
    failure: Exception | None = None  # why there are no definitions


class Image(NamedTuple):
    """One picture as it was in one revision."""

    revision: str
    path: str
    body: bytes


class Failed(NamedTuple):
    """What is missing from a plot.  source: the file that could not be read, if it was one."""

    revision: str
    source: str | None
    error: Exception

    @property
    def reason(self) -> str:
        """The error in a person's words."""
        if isinstance(self.error, FileNotFoundError):
            stored = "No storage files available" in str(self.error)
            return f"'{self.source}' is neither here nor stored" if stored else f"there is no '{self.source}'"
        return str(self.error)

    @property
    def hint(self) -> str | None:
        """How to go on, where that is known."""
        if isinstance(self.error, FileNotFoundError) and "No storage" in str(self.error):
            return "`tiffin pull` gets it from the remote"
        return self.error.hint if isinstance(self.error, TiffinError) else None


class Plot(NamedTuple):
    """One plot over all revisions: data points on axes, or images.

    revisions: those that have something to show, in order.  axes: None where no revision has data points.
    """

    name: str
    kind: Literal["vega", "image"]
    title: str
    template: str | None
    axes: Axes | None
    points: Sequence[Point]
    images: Sequence[Image]
    revisions: Sequence[str]
    failures: Sequence[Failed]


def plots_of(revisions: Iterable[RevisionPlots]) -> list[Plot]:
    """Every plot that some revision defines, in the order of their definitions."""
    groups: dict[str, list[tuple[RevisionPlots, str, Mapping[str, Any]]]] = {}
    for revision in revisions:
        for name, (plot_id, properties) in _named(revision.definitions).items():
            groups.setdefault(name, []).append((revision, plot_id, properties))
    return [_plot(name, group) for name, group in groups.items()]


def _named(definitions: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """The plots by name: the id, after the name of the defining file where several files define that id."""
    files: dict[str, list[str]] = {}
    for file, plots in definitions.items():
        for plot_id in plots:
            files.setdefault(plot_id, []).append(file)
    return {
        f"{file}::{plot_id}" if file and len(holders) > 1 else plot_id: (plot_id, definitions[file][plot_id])
        for plot_id, holders in files.items()
        for file in holders
    }


def _plot(name: str, group: Sequence[tuple[RevisionPlots, str, Mapping[str, Any]]]) -> Plot:
    # A property counts as the first revision that has it says.
    properties: dict[str, Any] = {}
    for _, _, own in reversed(group):
        properties |= own
    failures = [
        Failed(revision.name, source, revision.broken[source])
        for revision, plot_id, own in group
        for source in sources_of(plot_id, own)
        if source in revision.broken
    ]
    if is_image(group[-1][1]):
        return _pictures(group, properties, failures)
    points: list[Point] = []
    axes: Axes | None = None
    shown: list[str] = []
    for revision, plot_id, own in group:
        contents = {path: revision.contents[path] for path in sources_of(plot_id, own) if revision.contents.get(path)}
        try:
            found, found_axes = points_of(plot_id, contents, properties, revision.name)
        except TiffinError as error:
            failures.append(Failed(revision.name, None, error))
            continue
        if found:
            shown.append(revision.name)
            points += found
            axes = axes or found_axes
    title = properties.get("title", name)
    return Plot(name, "vega", title, properties.get("template"), axes, points, (), shown, failures)


def _pictures(
    group: Sequence[tuple[RevisionPlots, str, Mapping[str, Any]]],
    properties: Mapping[str, Any],
    failures: Sequence[Failed],
) -> Plot:
    images = [
        Image(revision.name, path, revision.contents[path])
        for revision, plot_id, own in group
        for path in sources_of(plot_id, own)
        if revision.contents.get(path)
    ]
    path = group[-1][1]
    revisions = [image.revision for image in images]
    return Plot(path, "image", properties.get("title", path), None, None, (), images, revisions, failures)
