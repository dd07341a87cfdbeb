"""The command `tiffin remote remove`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import GlobalLevel, LocalLevel, ProjectLevel, SystemLevel, level_of, settings
from tiffin.cli._options import Argument
from tiffin.cli._ui import Ui
from tiffin.config.editing import remove_remote

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Remove a remote storage from the settings.  What it holds stays."""

    name: Annotated[str, Argument("the remote")]
    global_: GlobalLevel = False
    system: SystemLevel = False
    project: ProjectLevel = False
    local: LocalLevel = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    remove_remote(settings(ui), options.name, level=level_of(options))
    return 0
