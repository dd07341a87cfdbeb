"""The command `tiffin plots diff`."""

from typing import Annotated, NamedTuple

from tiffin.cli import _plot_flags
from tiffin.cli._common import errors_exit_with
from tiffin.cli._options import Argument, Flag
from tiffin.cli._plots import respond
from tiffin.cli._ui import Ui
from tiffin.repo.plotting import Gathered, PlotRequest, open_anywhere, plots_diff

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

    def gather(request: PlotRequest) -> Gathered:
        with errors_exit_with(1):
            return plots_diff(repo, options.revisions, request, experiment=options.experiment)

    return respond(ui, repo, options, gather)
