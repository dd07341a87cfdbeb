"""A page of plots: one file without outside parts, with Vega's own script in it or with drawings of ours."""

import binascii
import json
import os
from collections.abc import Callable, Iterable, Mapping
from html import escape
from itertools import count
from typing import Any

from tiffin.errors import PlotError
from tiffin.plots._plot import Failed, Image, Plot

__all__ = ["Card", "image_card", "page", "picture_card", "sorted_for_page", "vega_card"]

_TYPES = {".jpg": "jpeg", ".svg": "svg+xml"}
_PLACE = "{plot_divs}"
# No link to the editor: that is a page elsewhere.
_OPTIONS = '{"actions":{"export":true,"source":true,"compiled":false,"editor":false}}'

Card = Callable[[str], str]  # from an id to HTML


def page(cards: Iterable[Card], script: str = "", template: str | None = None, template_name: str = "") -> str:
    """The page as text.  script: Vega's, where cards need it.  template: a page of the user's own.

    Raises PlotError for a template without a place for plots.
    """
    if template is None:
        with open(os.path.join(os.path.dirname(__file__), "_page.html"), encoding="utf-8") as file:
            template = file.read()
    if _PLACE not in template:
        raise PlotError(
            f"the HTML template '{template_name}' has no place for plots",
            hint=f"write {_PLACE} where they should be, and {{scripts}} into the head",
        )
    numbers = count(1)
    body = "\n".join(card(f"plot-{next(numbers)}") for card in cards)
    before, _, after = template.replace("{refresh_tag}", "").partition(_PLACE)
    # The script and the plots hold braces too: nothing is looked for in them.
    scripts = f"<script>{script}</script>" if script else ""
    return before.replace("{scripts}", scripts) + body + after.replace("{scripts}", scripts)


def vega_card(plot: Plot, spec: Mapping[str, Any]) -> Card:
    """A plot that Vega draws when the page is opened."""
    text = _in_script(spec)
    return lambda name: _card(
        name, plot, f'<div id="{name}-view"></div>\n<script>vegaEmbed("#{name}-view", {text}, {_OPTIONS});</script>'
    )


def picture_card(plot: Plot, svg: str | None, missing: str = "") -> Card:
    """A plot that is drawn already.  missing: why it is not."""
    heading = "" if svg else f"<h2>{escape(plot.title)}</h2>"
    note = f'<p class="missing">{escape(missing)}</p>' if missing else ""
    return lambda name: _card(name, plot, f"{heading}{svg or ''}{note}")


def image_card(plot: Plot, links: Mapping[Image, str]) -> Card:
    """The pictures of a plot side by side.  links: where those are that are not put into the page."""
    figures = "".join(
        f"<figure><figcaption>{escape(image.revision)}</figcaption>"
        f'<img alt="{escape(image.path)}" src="{escape(links.get(image) or _embedded(image))}"></figure>'
        for image in plot.images
    )
    return lambda name: _card(name, plot, f'<h2>{escape(plot.title)}</h2><div class="images">{figures}</div>')


def sorted_for_page(plots: Iterable[Plot]) -> list[Plot]:
    """What is drawn first, then pictures; those that are called after steps by their number."""
    return sorted(plots, key=lambda plot: (plot.kind == "image", *(_step(plot.name) if plot.kind == "image" else ())))


def _step(path: str) -> tuple[str, int, str]:
    folder, name = os.path.split(path)
    stem = os.path.splitext(name)[0]
    return folder, int(stem) if stem.isdecimal() else -1, name


def _card(name: str, plot: Plot, content: str) -> str:
    return f'<section class="plot" id="{name}">{content}{_failures(plot.failures)}</section>'


def _failures(failures: Iterable[Failed]) -> str:
    items = "".join(f"<li>{escape(failed.revision)}: {escape(str(failed.error))}</li>" for failed in failures)
    return f'<ul class="missing">{items}</ul>' if items else ""


def _embedded(image: Image) -> str:
    suffix = os.path.splitext(image.path)[1]
    kind = _TYPES.get(suffix, suffix.lstrip("."))
    return f"data:image/{kind};base64,{binascii.b2a_base64(image.body, newline=False).decode()}"


def _in_script(value: Any) -> str:
    """JSON that no name in it can end the script element of.  NaN and Infinity are no JSON: they become null."""
    return json.dumps(_finite(value), separators=(",", ":"), default=str).replace("<", "\\u003c")


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_finite(child) for child in value]
    return None if isinstance(value, float) and value - value != 0 else value
