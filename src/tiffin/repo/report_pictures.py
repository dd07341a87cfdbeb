"""The plots of two revisions, drawn for a report."""

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tiffin.errors import PlotError
from tiffin.plots import Plot
from tiffin.plots.drawing import as_png, as_svg
from tiffin.repo._repo import Repo
from tiffin.repo.plotting import PlotRequest, PlotTemplates, plots_diff, write_images

__all__ = ["Drawn", "Pictures", "draw_plots"]


class Pictures(NamedTuple):
    """One plot.  files: what is shown, a revision or "" for both, -> a file in the folder.  trouble: what is not."""

    title: str
    files: Mapping[str, str]
    trouble: Sequence[str] = ()


class Drawn(NamedTuple):
    """unchanged: the names of plots that show the same in both revisions; they are not drawn."""

    pictures: list[Pictures]
    unchanged: list[str]


def draw_plots(repo: Repo, old: str, new: str, folder: str, *, png: bool = False) -> Drawn:
    """Draw what differs into a folder, which is made when it is needed: as SVG, unless png is asked for.

    Images come as they are, one for each revision.  Raises GitError for an unknown revision, PlotError for png without
    Vega.
    """
    found = plots_diff(repo, [old, new], PlotRequest(once=True))
    templates = PlotTemplates(repo)
    drawn = Drawn([], [])
    for at, plot in enumerate(found.plots, 1):
        if _is_same(plot):
            drawn.unchanged.append(plot.title)
        elif plot.kind == "image":
            written = write_images(plot.images, folder)
            names = {image.revision: os.path.basename(written[image]) for image in plot.images}
            files = {revision: names[revision] for revision in (old, new) if revision in names}
            drawn.pictures.append(Pictures(plot.title, files, _trouble(plot)))
        elif plot.points or plot.failures:
            drawn.pictures.append(_drawn(plot, templates, folder, f"{at:02}-{_plain(plot.name)}", png=png))
    drawn.pictures.extend(Pictures(f"Plots of {name}", {}, [str(error)]) for name, error in found.failures.items())
    return drawn


def _drawn(plot: Plot, templates: PlotTemplates, folder: str, name: str, *, png: bool) -> Pictures:
    trouble = _trouble(plot)
    if not plot.points:
        return Pictures(plot.title, {}, trouble)
    file, body = f"{name}.{'png' if png else 'svg'}", b""
    try:
        template = templates.get(plot.template)
        body = as_png(plot, template) if png else as_svg(plot, template).encode()
    except PlotError as error:
        if png:
            raise
        return Pictures(plot.title, {}, [*trouble, f"{error.message} ({error.hint})"])
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, file), "wb") as out:
        out.write(body)
    return Pictures(plot.title, {"": file}, trouble)


def _is_same(plot: Plot) -> bool:
    """Whether both revisions show the same."""
    if len(plot.revisions) < 2 or plot.failures:
        return False
    if plot.kind == "image":
        return len({image.body for image in plot.images}) == 1
    old, new = (
        [{**point, "rev": ""} for point in plot.points if point["rev"] == revision] for revision in plot.revisions
    )
    return old == new


def _trouble(plot: Plot) -> list[str]:
    return [f"{failed.revision}: {failed.error}" for failed in plot.failures]


def _plain(name: str) -> str:
    """A name without what an address would have to escape."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name)
