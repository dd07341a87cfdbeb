"""SVG as text: elements, and what all drawings have."""

import re
from collections.abc import Iterable
from html import escape

__all__ = ["element", "picture", "text", "title", "wide"]

_NO_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PIXELS = 6.2  # of a letter at the size that labels have


def element(name: str, *children: str, **attributes: float | str) -> str:
    """An element; `_` in the name of an attribute stands for `-`, and one at its end for nothing."""
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{given}>{''.join(children)}</{name}>" if children else f"<{name}{given}/>"


def text(content: str, x: float, y: float, anchor: str = "middle", **attributes: float | str) -> str:
    """A text at a place."""
    return element("text", _xml(content), x=x, y=y, text_anchor=anchor, **attributes)


def title(content: str) -> str:
    """What shows when the pointer rests on the element it is in."""
    return element("title", _xml(content))


def picture(width: float, height: float, parts: Iterable[str]) -> str:
    """A whole picture, on white."""
    return element(
        "svg",
        element("rect", width=width, height=height, fill="#fff"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_value(width)} {_value(height)}",
        width=width,
        height=height,
        font_family="system-ui, sans-serif",
        font_size=11,
        fill="#333",
    )


def wide(texts: Iterable[str]) -> float:
    """About how many pixels the longest text takes."""
    return max((len(one) for one in texts), default=0) * _PIXELS


def _xml(content: str) -> str:
    """A text as it stands in XML; what cannot stand there is replaced."""
    return escape(_NO_XML.sub("\ufffd", content))


def _value(value: float | str) -> str:
    return _xml(value) if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
