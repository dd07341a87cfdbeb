"""Settings that come from elsewhere than the four files: another repository's, or those of one command."""

from tiffin.config._config import Entry, Settings, read_level, settings_of
from tiffin.config._ini import parse

__all__ = ["Entry", "Settings", "parse", "read_level", "settings_of"]
