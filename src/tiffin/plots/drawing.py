"""Pictures of plots: our own drawings of built-in templates, and Vega's of all where that is installed."""

from tiffin.errors import PlotError
from tiffin.plots._draw import draw
from tiffin.plots._figure import figure_of
from tiffin.plots._filling import fill
from tiffin.plots._page import Card, grouped, image_card, page, picture_card, strip_card, vega_card
from tiffin.plots._plot import Plot
from tiffin.plots._template import Template
from tiffin.plots._terminal import sketch
from tiffin.plots._vega import has_vega, vega_png, vega_script, vega_svg, vega_version

__all__ = [
    "Card",
    "as_png",
    "as_svg",
    "as_text",
    "drawn",
    "grouped",
    "has_vega",
    "image_card",
    "page",
    "picture_card",
    "strip_card",
    "vega_card",
    "vega_script",
    "vega_version",
]


def drawn(plot: Plot, template: Template) -> str:
    """Our own drawing, as SVG.  Raises PlotError for a template of somebody's own, which only Vega can draw."""
    figure = figure_of(plot, _drawable(template))
    return draw(figure) if figure is not None else ""


def as_text(plot: Plot, template: Template, width: int, *, color: bool = False) -> str:
    """A sketch for the terminal.  Raises PlotError as `drawn` does."""
    figure = figure_of(plot, _drawable(template))
    return sketch(figure, width, color=color) if figure is not None else ""


def as_svg(plot: Plot, template: Template) -> str:
    """A picture as SVG: Vega's where it is installed."""
    return vega_svg(fill(plot, template).content) if has_vega() else drawn(plot, template)


def as_png(plot: Plot, template: Template) -> bytes:
    """A picture as PNG.  Raises PlotError where Vega is not installed."""
    return vega_png(fill(plot, template).content)


def _drawable(template: Template) -> str:
    if not template.builtin:
        raise PlotError(
            f"the template '{template.name}' is drawn by Vega alone",
            hint="install it with `pip install 'tiffin[plots]'`, and look at the page or at --svg",
        )
    return template.name
