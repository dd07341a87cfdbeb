"""What `plots show` and `plots diff` share: their options, and how plots are answered."""

import os
import sys
from collections.abc import Callable
from shutil import get_terminal_size
from typing import Annotated, Any, Protocol
from urllib.parse import quote

from tiffin.cli._options import Flag
from tiffin.cli._ui import Ui
from tiffin.errors import PlotError, UsageError
from tiffin.experiments import failure_of
from tiffin.plots import Plot, fill
from tiffin.repo import Repo
from tiffin.repo.plotting import Gathered, PlotRequest, PlotTemplates, write_images

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
    "respond",
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
    names = ("template", "x", "y", "title", "x_label", "y_label")
    given = {name: getattr(options, name) for name in names if getattr(options, name)}
    return given if options.header is None else {**given, "header": options.header}


def respond(ui: Ui, repo: Repo, options: HasPlotFlags, gather: Callable[[PlotRequest], Gathered]) -> int:
    """Gather the plots and show them as was asked; the exit code."""
    _check(options)
    answers = options.json or options.show_vega
    found = gather(PlotRequest(options.targets, properties_of(options), once=not answers))
    templates = PlotTemplates(repo)
    if options.show_vega:
        return _show_vega(ui, found, templates)
    out = os.path.abspath(
        os.path.join(ui.context.directory, options.out or repo.config.text("plots.out_dir") or "dvc_plots")
    )
    if options.json:
        ui.json(_as_json(found, templates, out, split=options.split))
        return 0
    _tell(ui, options, found)
    if not found.plots:
        return 0
    if options.terminal:
        _sketch(ui, found, templates)
        return 0
    # Late: an answer in JSON needs nothing that draws.
    from tiffin.repo.plot_files import write_page, write_pictures  # noqa: PLC0415

    if options.svg or options.png:
        for path in write_pictures(found, templates, out, svg=options.svg, png=options.png):
            ui.write(os.path.relpath(path, ui.context.directory))
        return 0
    page = write_page(repo, found, templates, out, options.html_template)
    ui.write(f"file://{quote(os.path.realpath(page))}")
    return _open(ui, repo, page, wanted=options.open)


def _tell(ui: Ui, options: HasPlotFlags, found: Gathered) -> None:
    """Say what is missing from the plots."""
    for revision, error in found.failures.items():
        ui.warning(f"the plots of '{revision}' cannot be told: {error}", getattr(error, "hint", None))
    for plot in found.plots:
        for failed in plot.failures:
            text = failure_of(failed.error).message
            ui.warning(f"'{plot.name}' in '{failed.revision}': {text}", getattr(failed.error, "hint", None))
        if not (plot.points or plot.images or plot.failures):
            ui.warning(f"'{plot.name}' has no data points")
    if not (found.plots or found.failures):
        asked = f"nothing is called {' or '.join(map(repr, options.targets))}" if options.targets else "none is defined"
        ui.warning(f"no plots: {asked}", "list data files or images under `plots` in dvc.yaml, or name them")


def _sketch(ui: Ui, found: Gathered, templates: PlotTemplates) -> None:
    from tiffin.plots.drawing import as_text  # noqa: PLC0415 - as above

    color = sys.stdout.isatty() and "NO_COLOR" not in ui.context.environment
    for plot in found.plots:
        if plot.kind == "image":
            ui.write(f"{plot.name}: {len(plot.images)} image(s), which the page shows")
            continue
        try:
            sketch = as_text(plot, templates.get(plot.template), get_terminal_size().columns - 1, color=color)
        except PlotError as error:
            ui.warning(f"'{plot.name}': {error.message}", error.hint)
            continue
        if sketch:
            ui.table(f"{sketch}\n")


def _open(ui: Ui, repo: Repo, page: str, *, wanted: bool) -> int:
    always = repo.config.flag("plots.auto_open")
    if not (wanted or always):
        return 0
    if not always:
        ui.status("To have it opened every time: tiffin config plots.auto_open true")
    import webbrowser  # noqa: PLC0415 - seldom asked for

    if webbrowser.open(f"file://{quote(os.path.realpath(page))}"):
        return 0
    ui.error("the browser could not be started", "open the page yourself")
    return 1


def _check(options: HasPlotFlags) -> None:
    if not options.show_vega:
        return
    wrong = None
    if len(options.targets) != 1:
        wrong = UsageError("--show-vega wants one target", hint="name the plot that is meant")
    elif options.json:
        wrong = UsageError("--show-vega and --json exclude each other", hint="leave one out")
    if wrong is not None:
        wrong.exit_code = 1
        raise wrong


def _show_vega(ui: Ui, found: Gathered, templates: PlotTemplates) -> int:
    plot = next((plot for plot in found.plots if plot.kind == "vega"), None)
    if plot is not None:
        ui.json(fill(plot, templates.get(plot.template)).content)
    return 0


def _as_json(found: Gathered, templates: PlotTemplates, out: str, *, split: bool) -> dict[str, Any]:
    """DVC's answer.  Images are written to `out`, as the programs that ask expect."""
    images = [image for plot in found.plots for image in plot.images]
    urls = write_images(images, out) if images else {}
    data: dict[str, list[dict[str, Any]]] = {}
    errors: list[dict[str, Any]] = []
    for plot in found.plots:
        if plot.kind == "image":
            data[plot.name] = [
                {"type": "image", "revisions": [image.revision], "url": urls[image]} for image in plot.images
            ]
        else:
            data[plot.name] = _vega_json(plot, templates, split=split)
        for failed in plot.failures:
            source = {} if failed.source is None else {"source": failed.source}
            errors.append({"name": plot.name, "rev": failed.revision, **source, **_error_json(failed.error)})
    errors += [{"rev": revision, **_error_json(error)} for revision, error in found.failures.items()]
    return {key: value for key, value in (("errors", errors), ("data", data)) if value}


def _vega_json(plot: Plot, templates: PlotTemplates, *, split: bool) -> list[dict[str, Any]]:
    if not plot.points:
        return []
    filled = fill(plot, templates.get(plot.template), split=split)
    entry = {"type": "vega", "revisions": list(plot.revisions), "content": filled.content}
    return [{**entry, "anchor_definitions": filled.apart} if split else entry]


def _error_json(error: Exception) -> dict[str, str]:
    failure = failure_of(error)
    return {"type": failure.kind, "msg": failure.message}
