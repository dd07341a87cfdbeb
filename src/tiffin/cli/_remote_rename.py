"""The command `tiffin remote rename`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import GlobalLevel, LocalLevel, ProjectLevel, SystemLevel, level_of, settings
from tiffin.cli._options import Argument
from tiffin.cli._ui import Ui
from tiffin.config.editing import rename_remote

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Give a remote another name."""

    name: Annotated[str, Argument("the remote")]
    new: Annotated[str, Argument("its new name")]
    global_: GlobalLevel = False
    system: SystemLevel = False
    project: ProjectLevel = False
    local: LocalLevel = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    rename_remote(settings(ui), options.name, options.new, level=level_of(options))
    settings(ui, check=True)  # another level may still speak of the old name
    return 0
