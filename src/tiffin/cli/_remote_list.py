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
    urls = config.remote_urls(level_of(options))
    width = max(map(len, urls), default=0)
    for name, url in urls.items():
        default = "\t(default)" if name == config.default_remote else ""
        ui.write(f"{name:<{width}}  {url}{default}")
    return 0
