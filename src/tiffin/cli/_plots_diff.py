"""The command `tiffin plots diff`."""

from typing import Annotated, NamedTuple

from tiffin.cli import _plots
from tiffin.cli._common import errors_exit_with, open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.repo.plotting import Gathered, PlotRequest, plots_diff

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Show the plots of several revisions, one over the other.

    A revision is a commit, branch, tag or experiment.  One revision is compared with the workspace; without any, the
    last commit is.
    """

    revisions: Annotated[list[str], Argument("what to compare", optional=True)]
    targets: Annotated[list[str], Flag("these plot ids, files or directories only", metavar="TARGET", many=True)] = []  # noqa: RUF012 - a named tuple's default is never changed
    experiment: Annotated[
        bool, Flag("compare the one revision with the commit it started from, too", ("-e", "--experiment"), hidden=True)
    ] = False
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

    def gather(request: PlotRequest) -> Gathered:
        with errors_exit_with(1):
            return plots_diff(repo, options.revisions, request, experiment=options.experiment)

    return _plots.respond(ui, repo, options, gather)
