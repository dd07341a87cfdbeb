"""Settings: declared once, read from four levels of files and the environment."""

from tiffin.config._config import LEVELS, Config, Entry, RemoteSettings, path_options
from tiffin.config._options import ENVIRONMENT, NAMED, REMOTES, SECTIONS, Declaration

__all__ = [
    "ENVIRONMENT",
    "LEVELS",
    "NAMED",
    "REMOTES",
    "SECTIONS",
    "Config",
    "Declaration",
    "Entry",
    "RemoteSettings",
    "path_options",
]
