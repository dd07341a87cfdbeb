"""The command `tiffin plots show`."""

from typing import Annotated, NamedTuple

from tiffin.cli import _plot_flags
from tiffin.cli._options import Argument
from tiffin.cli._plots import respond
from tiffin.cli._ui import Ui
from tiffin.repo.plotting import open_anywhere, plots_show

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Show the plots of the workspace.

    A plot is what dvc.yaml lists under `plots`, what stages declare as such, or any data file or image that is named.
    """

    targets: Annotated[list[str], Argument("plot ids, files or directories (default: all plots)", optional=True)]
    template: _plot_flags.TemplateFlag = None
    x: _plot_flags.XFlag = None
    y: _plot_flags.YFlag = None
    header: _plot_flags.HeaderFlag = None
    title: _plot_flags.TitleFlag = None
    x_label: _plot_flags.XLabelFlag = None
    y_label: _plot_flags.YLabelFlag = None
    out: _plot_flags.OutFlag = None
    show_vega: _plot_flags.VegaFlag = False
    json: _plot_flags.JsonFlag = False
    split: _plot_flags.SplitFlag = False
    open: _plot_flags.OpenFlag = False
    html_template: _plot_flags.HtmlTemplateFlag = None
    svg: _plot_flags.SvgFlag = False
    png: _plot_flags.PngFlag = False
    terminal: _plot_flags.TerminalFlag = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_anywhere(ui.context.directory, ui.context.environment)
    return respond(ui, repo, options, lambda request: plots_show(repo, request))
