"""The command `tiffin exp clean`."""

import time
from typing import NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._ui import Ui
from tiffin.repo.working import clean

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Remove what killed experiments left behind: working trees in which nothing runs any more."""


def run(options: Options, ui: Ui) -> int:  # noqa: ARG001 - every command is called like this
    """Run the command."""
    gone = clean(open_repo(ui), time.time)
    ui.write(f"Removed {gone} working tree(s) of experiments." if gone else "Nothing was left behind.")
    return 0
