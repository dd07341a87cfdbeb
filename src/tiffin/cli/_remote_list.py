"""The command `tiffin remote list`."""

from typing import NamedTuple

from tiffin.cli._common import GlobalLevel, LocalLevel, ProjectLevel, SystemLevel, level_of, settings
from tiffin.cli._ui import Ui

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """List the remotes, and which one is the default."""

    global_: GlobalLevel = False
    system: SystemLevel = False
    project: ProjectLevel = False
    local: LocalLevel = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    config = settings(ui, check=True)
    chosen = dict(config.entries()).get("core.remote")
    for name, url in config.remote_urls(level_of(options)).items():
        default = "\t(default)" if chosen and name == chosen.value else ""
        ui.write(f"{name}\t{url}{default}".expandtabs())
    return 0
