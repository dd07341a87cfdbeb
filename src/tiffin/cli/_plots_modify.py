"""The command `tiffin plots modify`."""

from typing import Annotated, NamedTuple

from tiffin.cli import _plots
from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.repo.plot_editing import plots_modify

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Say in dvc.yaml how the output of a stage is drawn; it becomes a plot if it is none."""

    target: Annotated[str, Argument("an output of a stage")]
    template: _plots.TemplateFlag = None
    x: _plots.XFlag = None
    y: _plots.YFlag = None
    header: _plots.HeaderFlag = None
    title: _plots.TitleFlag = None
    x_label: _plots.XLabelFlag = None
    y_label: _plots.YLabelFlag = None
    unset: Annotated[
        list[str] | None, Flag("take these properties out: template, x, y, ...", metavar="PROPERTY", many=True)
    ] = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    stage = plots_modify(repo, options.target, _plots.properties_of(options), options.unset)
    ui.write(f"Changed {stage.label} in '{repo.shown(stage.file)}'")
    return 0
