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
    config = settings(ui)
    level = level_of(options)
    names = None if level is None else {name for kind, name in config.read(level) if kind == "remote"}
    for name, remote in config.remotes.items():
        if names is None or name in names:
            default = "\t(default)" if name == config.default_remote else ""
            ui.write(f"{name}\t{remote.url}{default}")
    return 0
