"""The command `tiffin remote default`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import GlobalLevel, LocalLevel, ProjectLevel, SystemLevel, level_of, settings
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.config.editing import set_default_remote

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Set, unset or show the default remote."""

    name: Annotated[str | None, Argument("the remote to make the default", optional=True)]
    unset: Annotated[bool, Flag("have no default remote", ("-u", "--unset"))] = False
    global_: GlobalLevel = False
    system: SystemLevel = False
    project: ProjectLevel = False
    local: LocalLevel = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    config = settings(ui)
    if options.name is not None or options.unset:
        set_default_remote(config, None if options.unset else options.name, level=level_of(options))
        return 0
    if config.default_remote is None:
        ui.write("No default remote set")
        return 1
    ui.write(config.default_remote)
    return 0
