"""The command `tiffin version`."""

import os
import platform
from contextlib import suppress
from typing import NamedTuple

from tiffin import __version__, _native
from tiffin.cli._common import open_repo, settings
from tiffin.cli._ui import Ui
from tiffin.errors import NotARepository
from tiffin.repo.describing import describe

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Show the version of tiffin and what it stands on: what a report of a problem needs."""


def run(_options: Options, ui: Ui) -> int:
    """Run the command."""
    title = f"tiffin version: {__version__}"
    engine, lanes = _native.engine()
    files = settings(ui).files
    lines = [
        title,
        "-" * len(title),
        f"Platform: Python {platform.python_version()} on {platform.platform()}",
        f"MD5 engine: {engine}, {lanes} lanes",
        "Config:",
        *(f"\t{level.title()}: {os.path.dirname(files[level])}" for level in ("global", "system")),
    ]
    with suppress(NotARepository):
        lines += [f"{heading}: {words}" for heading, words in describe(open_repo(ui))]
    ui.answer("\n".join(lines))
    return 0
