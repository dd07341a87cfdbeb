"""The command `tiffin plots modify`."""

from typing import Annotated, NamedTuple

from tiffin.cli import _plot_flags
from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._plot_flags import properties_of
from tiffin.cli._ui import Ui
from tiffin.repo.plot_editing import plots_modify

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Say in dvc.yaml how the output of a stage is drawn; it becomes a plot if it is none."""

    target: Annotated[str, Argument("an output of a stage")]
    template: _plot_flags.TemplateFlag = None
    x: _plot_flags.XFlag = None
    y: _plot_flags.YFlag = None
    header: _plot_flags.HeaderFlag = None
    title: _plot_flags.TitleFlag = None
    x_label: _plot_flags.XLabelFlag = None
    y_label: _plot_flags.YLabelFlag = None
    unset: Annotated[
        list[str] | None, Flag("take these properties out: template, x, y, ...", metavar="PROPERTY", many=True)
    ] = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    stage = plots_modify(repo, options.target, properties_of(options), options.unset)
    ui.write(f"Changed {stage.label} in '{repo.shown(stage.file)}'")
    return 0
