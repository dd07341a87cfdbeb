"""Files of plots: the page, and each plot as a picture of its own."""

import os
from collections.abc import Iterator, Mapping, Sequence

from tiffin.errors import PlotError
from tiffin.fs import write_atomically
from tiffin.plots import Image, Plot, fill
from tiffin.plots.drawing import (
    Card,
    as_png,
    as_svg,
    drawn,
    grouped,
    has_vega,
    image_card,
    page,
    picture_card,
    strip_card,
    vega_card,
    vega_script,
    vega_version,
)
from tiffin.repo._repo import Repo
from tiffin.repo.plotting import Gathered, PlotTemplates, write_images

__all__ = ["write_page", "write_pictures"]

_MOST_EMBEDDED = 64_000_000  # bytes of images in a page; what is beyond is put beside it


def write_page(repo: Repo, found: Gathered, templates: PlotTemplates, out: str, html_template: str | None) -> str:
    """Write all plots as one page, `index.html`; its path.  Raises PlotError."""
    links = _links(found.plots, out)
    vega = has_vega() and any(plot.kind == "vega" and plot.points for plot in found.plots)
    cards = [_card(members, templates, links, vega=vega) for members in grouped(found.plots)]
    own, name = _html_template(repo, html_template)
    os.makedirs(out, exist_ok=True)
    path = os.path.join(out, "index.html")
    write_atomically(path, page(cards, _script(repo) if vega else "", own, name))
    return path


def write_pictures(
    found: Gathered, templates: PlotTemplates, out: str, *, svg: bool = False, png: bool = False
) -> Iterator[str]:
    """Write each plot as a file of its own, images as they are; their paths.  Raises PlotError."""
    os.makedirs(out, exist_ok=True)
    yield from write_images([image for plot in found.plots for image in plot.images], out).values()
    taken: set[str] = set()
    for plot in found.plots:
        if plot.points:
            template, name = templates.get(plot.template), _file_name(plot.name, taken)
            if svg:
                yield _written(os.path.join(out, f"{name}.svg"), as_svg(plot, template).encode())
            if png:
                yield _written(os.path.join(out, f"{name}.png"), as_png(plot, template))


def _written(path: str, body: bytes) -> str:
    with open(path, "wb") as file:
        file.write(body)
    return path


def _card(plots: Sequence[Plot], templates: PlotTemplates, links: Mapping[Image, str], *, vega: bool) -> Card:
    plot = plots[0]
    if plot.kind == "image":
        return strip_card(plots, links) if len(plots) > 1 else image_card(plot, links)
    if vega and plot.points:
        return vega_card(plot, fill(plot, templates.get(plot.template)).content)
    return _drawing(plot, templates)


def _drawing(plot: Plot, templates: PlotTemplates) -> Card:
    try:
        return picture_card(plot, drawn(plot, templates.get(plot.template)) if plot.points else None)
    except PlotError as error:
        return picture_card(plot, None, f"{error.message}: {error.hint}")


def _links(plots: Sequence[Plot], out: str) -> dict[Image, str]:
    """Where the images are that would make the page too large."""
    left = _MOST_EMBEDDED
    beside = []
    for image in (image for plot in plots for image in plot.images):
        if len(image.body) > left:
            beside.append(image)
        else:
            left -= len(image.body)
    written = write_images(beside, os.path.join(out, "static")) if beside else {}
    return {image: f"static/{os.path.basename(path)}" for image, path in written.items()}


def _html_template(repo: Repo, given: str | None) -> tuple[str | None, str]:
    setting = repo.config.text("plots.html_template")
    if given:
        path = os.path.join(repo.root, repo.directory, given)
    elif setting:
        path = os.path.join(repo.metadata, setting)
    else:
        return None, ""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(), given or setting or ""
    except FileNotFoundError:
        raise PlotError(f"the HTML template '{given or setting}' does not exist") from None


def _script(repo: Repo) -> str:
    """Vega's script, kept between commands: it takes a second to make."""
    path = os.path.join(repo.state, f"vega-{vega_version()}.js")
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        script = vega_script()
        if os.path.isdir(repo.metadata):
            os.makedirs(repo.state, exist_ok=True)
            write_atomically(path, script)
        return script


def _file_name(name: str, taken: set[str]) -> str:
    """A plot's name without what cannot be in a file's, another for each plot."""
    plain = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name).lstrip(".") or "plot"
    free = plain
    while free in taken:
        free = f"{free}_"
    taken.add(free)
    return free
