"""The command `tiffin version`."""

import platform
from typing import NamedTuple

from tiffin import __version__, _native
from tiffin.cli._common import open_repo
from tiffin.cli._ui import Ui
from tiffin.errors import NotARepository

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Show the version of tiffin and of what it stands on."""


def run(_options: Options, ui: Ui) -> int:
    """Run the command."""
    engine, lanes = _native.engine()
    ui.answer(f"tiffin {__version__}")
    ui.answer(f"Python {platform.python_version()} on {platform.platform()}")
    ui.answer(f"MD5 engine: {engine}, {lanes} lanes")
    try:
        repo = open_repo(ui)
    except NotARepository:
        return 0
    ui.answer(f"Cache: {repo.cache_directory}, links: {', '.join(repo.config.link_types)}")
    ui.answer(
        f"Remotes: {', '.join(f'{remote.name} ({remote.url})' for remote in repo.config.remotes.values()) or 'none'}"
    )
    return 0
