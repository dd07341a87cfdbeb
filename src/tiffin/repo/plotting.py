"""Plots of one or several revisions: `plots show`, `plots diff`."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tiffin.errors import NotARepository, PlotError, TiffinError
from tiffin.experiments import experiments_by_baseline
from tiffin.plots import (
    DEFAULT,
    Image,
    Plot,
    RevisionPlots,
    Template,
    builtin_names,
    builtin_template,
    is_image,
    plots_of,
    read_data,
    read_template,
    sources_of,
)
from tiffin.repo._from_remotes import FromRemotes
from tiffin.repo._plot_definitions import PlotRequest, definitions_of
from tiffin.repo._repo import Repo
from tiffin.repo.revisions import WORKSPACE, RepoView, States
from tiffin.scm import find_git_root

__all__ = ["Gathered", "PlotRequest", "PlotTemplates", "open_anywhere", "plots_diff", "plots_show", "write_images"]


def open_anywhere(directory: str, environment: Mapping[str, str]) -> Repo:
    """The repository; where there is none, the Git repository or else the directory does for one.

    Nothing may be written below its `metadata` then.
    """
    try:
        return Repo.open(directory, environment)
    except NotARepository:
        start = os.path.realpath(directory)
        return Repo(find_git_root(start) or start, start, environment)


class Gathered(NamedTuple):
    """revisions: those asked for, the workspace first.  failures: revision -> why it defines nothing."""

    plots: list[Plot]
    revisions: list[str]
    failures: dict[str, Exception]


def plots_show(repo: Repo, request: PlotRequest) -> Gathered:
    """The plots of the workspace."""
    with States(repo, FromRemotes(repo)) as states:
        return _gathered(repo, states, [WORKSPACE], request)


def plots_diff(repo: Repo, revisions: Sequence[str], request: PlotRequest, *, experiment: bool = False) -> Gathered:
    """The plots of several revisions.

    One revision is compared with the workspace; none is HEAD, where tracked files differ from it.  experiment: one
    revision is compared with the commit that it started from, too.  Raises GitError for an unknown revision.
    """
    with States(repo, FromRemotes(repo)) as states:
        if states.git.head() is None:
            return Gathered([], [], {})
        wanted = list(revisions)
        if experiment and len(wanted) == 1:
            wanted += [baseline[:7] for baseline in [_baseline(states, wanted[0])] if baseline]
        if not wanted and states.git.status(untracked="no"):
            wanted.append("HEAD")
        if len(wanted) <= 1:
            wanted.append(WORKSPACE)
        ordered = sorted(dict.fromkeys(wanted), key=lambda name: name != WORKSPACE)
        return _gathered(repo, states, ordered, request)


def _baseline(states: States, name: str) -> str | None:
    known = experiments_by_baseline(states.git)
    commit = states.resolve(name)
    return next((baseline for baseline, names in known.items() if commit in names.values()), None)


def _gathered(repo: Repo, states: States, revisions: Sequence[str], request: PlotRequest) -> Gathered:
    reader = _Reader(repo, request)
    found = [reader.revision(name, states.view(name)) for name in revisions]
    failures = {revision.name: revision.failure for revision in found if revision.failure is not None}
    return Gathered(plots_of(found), list(revisions), failures)


class _Reader:
    """Reads the data of plots, each version of a file once."""

    def __init__(self, repo: Repo, request: PlotRequest) -> None:
        self._repo = repo
        self._request = request
        self._known: dict[tuple[str, bool, bytes], Any] = {}

    def revision(self, name: str, view: RepoView) -> RevisionPlots:
        try:
            definitions = definitions_of(self._repo, view, self._request)
        except (TiffinError, OSError) as error:
            return RevisionPlots(name, {}, {}, failure=error)
        sources = {
            source: None
            for plots in definitions.plots.values()
            for plot_id, properties in plots.items()
            for source in sources_of(plot_id, properties)
        }
        contents: dict[str, Any] = {}
        broken: dict[str, Exception] = {}
        for source in sources:
            header = self._request.properties.get("header", self._repo.inside(source) not in definitions.headless)
            try:
                contents[source] = self._content(view, source, header=header)
            except (TiffinError, OSError) as error:
                broken[source] = error
        return RevisionPlots(name, definitions.plots, contents, broken)

    def _content(self, view: RepoView, source: str, *, header: bool) -> Any:
        body = view.read(self._repo.inside(source))
        if is_image(source):
            return body
        key = (source, header, body)
        if key not in self._known:
            self._known[key] = read_data(body, source, header=header)
        return self._known[key]


class PlotTemplates:
    """Templates by name: a file in .dvc/plots, a path from where the user stands, or a built-in one."""

    def __init__(self, repo: Repo) -> None:
        self._folder = f"{repo.metadata}/plots"
        self._here = os.path.join(repo.root, repo.directory)
        self._known: dict[str, Template] = {}

    def get(self, name: str | None) -> Template:
        """Raises PlotError for one that is not there or cannot be read."""
        wanted = name or DEFAULT
        if wanted not in self._known:
            self._known[wanted] = self._find(wanted)
        return self._known[wanted]

    def _find(self, name: str) -> Template:
        own = os.path.join(self._folder, name)
        for path in (own, f"{os.path.splitext(own)[0]}.json", os.path.join(self._here, name)):
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    return read_template(file.read(), name)
        builtin = builtin_template(name)
        if builtin is None:
            raise PlotError(
                f"no plot template '{name}' (built in: {', '.join(builtin_names())})",
                hint=f"your own templates are JSON files in .dvc/plots, here '.dvc/plots/{name}.json'",
            )
        return builtin


def write_images(images: Sequence[Image], folder: str) -> dict[Image, str]:
    """Write pictures into a folder; where each one is."""
    os.makedirs(folder, exist_ok=True)
    written: dict[Image, str] = {}
    taken: set[str] = set()
    for image in dict.fromkeys(images):
        name = f"{image.revision}_{image.path}".replace("/", "_")
        while name in taken:
            name = f"_{name}"
        taken.add(name)
        written[image] = os.path.join(folder, name)
        with open(written[image], "wb") as file:
            file.write(image.body)
    return written
