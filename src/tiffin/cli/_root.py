"""The command `tiffin root`."""

import os
from typing import NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._ui import Ui

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Print the path to the repository's root, relative to where you are."""


def run(_options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    ui.answer(os.path.relpath(repo.root, os.path.realpath(ui.context.directory)))
    return 0
