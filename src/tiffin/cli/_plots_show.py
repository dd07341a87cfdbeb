"""The command `tiffin plots show`."""

from typing import Annotated, NamedTuple

from tiffin.cli import _plots
from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument
from tiffin.cli._ui import Ui
from tiffin.repo.plotting import plots_show

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Show the plots of the workspace.

    A plot is what dvc.yaml lists under `plots`, what stages declare as such, or any data file or image that is named.
    """

    targets: Annotated[list[str], Argument("plot ids, files or directories (default: all plots)", optional=True)]
    template: _plots.TemplateFlag = None
    x: _plots.XFlag = None
    y: _plots.YFlag = None
    header: _plots.HeaderFlag = None
    title: _plots.TitleFlag = None
    x_label: _plots.XLabelFlag = None
    y_label: _plots.YLabelFlag = None
    out: _plots.OutFlag = None
    show_vega: _plots.VegaFlag = False
    json: _plots.JsonFlag = False
    split: _plots.SplitFlag = False
    open: _plots.OpenFlag = False
    html_template: _plots.HtmlTemplateFlag = None
    svg: _plots.SvgFlag = False
    png: _plots.PngFlag = False
    terminal: _plots.TerminalFlag = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    return _plots.respond(ui, repo, options, lambda request: plots_show(repo, request))
