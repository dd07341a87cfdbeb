"""The options of the `plots` commands."""

from typing import Annotated, Any, Protocol

from tiffin.cli._options import Flag

__all__ = [
    "HasPlotFlags",
    "HasPlotProperties",
    "HeaderFlag",
    "HtmlTemplateFlag",
    "JsonFlag",
    "OpenFlag",
    "OutFlag",
    "PngFlag",
    "SplitFlag",
    "SvgFlag",
    "TemplateFlag",
    "TerminalFlag",
    "TitleFlag",
    "VegaFlag",
    "XFlag",
    "XLabelFlag",
    "YFlag",
    "YLabelFlag",
    "properties_of",
]

TemplateFlag = Annotated[
    str | None,
    Flag("how to draw: a built-in template or a JSON file", ("-t", "--template"), metavar="TEMPLATE", constant=""),
]
XFlag = Annotated[str | None, Flag("the column on the x axis", ("-x",), metavar="COLUMN")]
YFlag = Annotated[str | None, Flag("the column on the y axis (default: the last one)", ("-y",), metavar="COLUMN")]
HeaderFlag = Annotated[
    bool | None, Flag("the first line of CSV and TSV files is data, not names", ("--no-header",), value=False)
]
TitleFlag = Annotated[str | None, Flag("what to write above the plot", metavar="TEXT")]
XLabelFlag = Annotated[str | None, Flag("what to write at the x axis", metavar="TEXT")]
YLabelFlag = Annotated[str | None, Flag("what to write at the y axis", metavar="TEXT")]
OutFlag = Annotated[str | None, Flag("the directory to write to (default: dvc_plots)", ("-o", "--out"), metavar="DIR")]
VegaFlag = Annotated[bool, Flag("print the Vega-Lite specification of the one target")]
JsonFlag = Annotated[bool, Flag("print JSON")]
SplitFlag = Annotated[bool, Flag("with --json: data, texts and colours apart from the specification")]
SvgFlag = Annotated[bool, Flag("write each plot as an SVG file instead of a page")]
PngFlag = Annotated[bool, Flag("write each plot as a PNG file instead of a page")]
TerminalFlag = Annotated[bool, Flag("sketch the plots here instead of writing a page")]
OpenFlag = Annotated[bool, Flag("open the page in the browser")]
HtmlTemplateFlag = Annotated[str | None, Flag("the HTML page to put the plots into", metavar="FILE")]


class HasPlotProperties(Protocol):
    """Options that say how to draw."""

    @property
    def template(self) -> str | None: ...
    @property
    def x(self) -> str | None: ...
    @property
    def y(self) -> str | None: ...
    @property
    def header(self) -> bool | None: ...
    @property
    def title(self) -> str | None: ...
    @property
    def x_label(self) -> str | None: ...
    @property
    def y_label(self) -> str | None: ...


class HasPlotFlags(HasPlotProperties, Protocol):
    """Options that also say how to answer."""

    @property
    def targets(self) -> list[str]: ...
    @property
    def out(self) -> str | None: ...
    @property
    def show_vega(self) -> bool: ...
    @property
    def json(self) -> bool: ...
    @property
    def split(self) -> bool: ...
    @property
    def open(self) -> bool: ...
    @property
    def html_template(self) -> str | None: ...
    @property
    def svg(self) -> bool: ...
    @property
    def png(self) -> bool: ...
    @property
    def terminal(self) -> bool: ...


def properties_of(options: HasPlotProperties) -> dict[str, Any]:
    """The properties that were given."""
    given = {name: getattr(options, name) for name in ("x", "y", "title", "x_label", "y_label", "header")}
    # `-t` without a name asks for the default, as in DVC.
    return {key: value for key, value in {"template": options.template or None, **given}.items() if value is not None}
