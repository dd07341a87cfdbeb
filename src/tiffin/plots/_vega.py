"""Vega, which `vl-convert-python` brings: its JavaScript for pages, and pictures without a browser.

An extra: nothing here is needed for the answers in JSON, nor for our own drawings of built-in templates.
"""

from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from tiffin.errors import PlotError

__all__ = ["has_vega", "vega_png", "vega_script", "vega_svg", "vega_version"]

_GRAMMAR = "5.21"  # of Vega-Lite: the newest of the version that DVC's templates are written in
_NOWHERE: list[str] = []  # a template may not load from elsewhere
_SCALE = 2.0  # pixels of a PNG for each of the specification


def has_vega() -> bool:
    """Whether the extra is installed."""
    return find_spec("vl_convert") is not None


def vega_version() -> str:
    """Which JavaScript `vega_script` gives."""
    return f"{version('vl-convert-python')}-{_GRAMMAR}"


def vega_script() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, which defines `vegaEmbed`; takes a second to make.

    Raises PlotError without the extra, as the next two.
    """
    script: str = _library().javascript_bundle(vl_version=_GRAMMAR)
    return script


def vega_svg(spec: Mapping[str, Any]) -> str:
    """A specification as SVG."""
    try:
        svg: str = _library().vegalite_to_svg(dict(spec), vl_version=_GRAMMAR, allowed_base_urls=_NOWHERE)
    except ValueError as error:
        raise _unfit(error) from error
    return svg


def vega_png(spec: Mapping[str, Any]) -> bytes:
    """A specification as PNG."""
    try:
        png: bytes = _library().vegalite_to_png(
            dict(spec), vl_version=_GRAMMAR, scale=_SCALE, allowed_base_urls=_NOWHERE
        )
    except ValueError as error:
        raise _unfit(error) from error
    return png


def _library() -> ModuleType:
    try:
        import vl_convert  # noqa: PLC0415 - an extra, and 90 MB
    except ImportError:
        raise PlotError(
            "this needs Vega, which is not installed", hint="install it with `pip install 'tiffin[plots]'`"
        ) from None
    return vl_convert


def _unfit(error: ValueError) -> PlotError:
    # "... conversion failed:", then the reason, then where in Vega.
    lines = [*str(error).splitlines(), "", ""]
    reason = (lines[1] or lines[0]).strip().removeprefix("Error: ")
    return PlotError(f"Vega cannot draw the specification: {reason}", hint="`--show-vega` prints it")
