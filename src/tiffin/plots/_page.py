"""A page of plots: one file without outside parts, with Vega's own script in it or with drawings of ours."""

import binascii
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from itertools import count
from typing import Any

from tiffin.errors import PlotError
from tiffin.plots._plot import Failed, Image, Plot

__all__ = ["Card", "grouped", "image_card", "page", "picture_card", "strip_card", "vega_card"]

_TYPES = {".jpg": "jpeg", ".svg": "svg+xml"}
_PLACE = "{plot_divs}"
# Nothing is loaded from elsewhere, whatever a template says; and the editor would be a page elsewhere.
_OPTIONS = """\
const refuse = (uri) => Promise.reject(new Error("a page of plots loads nothing: " + uri));
const vegaOptions = {
  actions: { export: true, source: true, compiled: false, editor: false },
  loader: {
    load: refuse, http: refuse, file: refuse,
    sanitize: (uri) => (uri.startsWith("data:") ? Promise.resolve({ href: uri }) : refuse(uri)),
  },
};
"""

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
    scripts = f"<script>{script}</script>\n<script>{_OPTIONS}</script>" if script else ""
    return before.replace("{scripts}", scripts) + body + after.replace("{scripts}", scripts)


def vega_card(plot: Plot, spec: Mapping[str, Any]) -> Card:
    """A plot that Vega draws when the page is opened."""
    text = _in_script(spec)
    return lambda name: _card(
        name,
        plot.failures,
        f'<div id="{name}-view"></div>\n<script>vegaEmbed("#{name}-view", {text}, vegaOptions);</script>',
    )


def picture_card(plot: Plot, svg: str | None, missing: str = "") -> Card:
    """A plot that is drawn already.  missing: why it is not."""
    heading = "" if svg else f"<h2>{escape(plot.title)}</h2>"
    note = f'<p class="missing">{escape(missing)}</p>' if missing else ""
    return lambda name: _card(name, plot.failures, f"{heading}{svg or ''}{note}")


def image_card(plot: Plot, links: Mapping[Image, str]) -> Card:
    """The pictures of a plot side by side.  links: where those are that are not put into the page."""
    figures = "".join(_figure(image, image.revision, links) for image in plot.images)
    body = f'<h2>{escape(plot.title)}</h2><div class="images">{figures}</div>'
    return lambda name: _card(name, plot.failures, body)


def strip_card(plots: Sequence[Plot], links: Mapping[Image, str]) -> Card:
    """Pictures of the steps of a run, those of a revision in a row that can be moved sideways."""
    rows: dict[str, list[str]] = {}
    for plot in plots:
        for image in plot.images:
            caption = os.path.splitext(os.path.basename(image.path))[0]
            rows.setdefault(image.revision, []).append(_figure(image, caption, links))
    body = "".join(
        f'<h3>{escape(revision)}</h3><div class="strip">{"".join(figures)}</div>' for revision, figures in rows.items()
    )
    heading = escape(os.path.dirname(plots[0].name))
    failures = [failed for plot in plots for failed in plot.failures]
    return lambda name: _card(name, failures, f"<h2>{heading}</h2>{body}")


def grouped(plots: Sequence[Plot]) -> list[list[Plot]]:
    """What goes on one card: a plot, or the pictures that are numbered in one folder.

    First what is drawn, then pictures; those that are called after steps by their number.
    """
    drawn = [[plot] for plot in plots if plot.kind != "image"]
    cards: dict[tuple[str, str], list[Plot]] = {}
    for plot in sorted((plot for plot in plots if plot.kind == "image"), key=lambda plot: _step(plot.name)):
        folder, number, name = _step(plot.name)
        cards.setdefault((folder, "" if number >= 0 else name), []).append(plot)
    return [*drawn, *cards.values()]


def _step(path: str) -> tuple[str, int, str]:
    folder, name = os.path.split(path)
    stem = os.path.splitext(name)[0]
    return folder, int(stem) if stem.isdecimal() else -1, name


def _card(name: str, failures: Iterable[Failed], content: str) -> str:
    return f'<section class="plot" id="{name}">{content}{_failures(failures)}</section>'


def _figure(image: Image, caption: str, links: Mapping[Image, str]) -> str:
    source = escape(links.get(image) or _embedded(image))
    return f'<figure><figcaption>{escape(caption)}</figcaption><img alt="{escape(image.path)}" src="{source}"></figure>'


def _failures(failures: Iterable[Failed]) -> str:
    items = "".join(f"<li>{escape(failed.revision)}: {escape(failed.reason)}</li>" for failed in failures)
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
