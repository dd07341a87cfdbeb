"""Changing settings.  Apart from `tiffin.config`, because reading them is on the path of every command."""

from tiffin.config._edit import Editor, Key, split_name
from tiffin.config._remotes import add_remote, modify_remote, remove_remote, rename_remote, set_default_remote

__all__ = [
    "Editor",
    "Key",
    "add_remote",
    "modify_remote",
    "remove_remote",
    "rename_remote",
    "set_default_remote",
    "split_name",
]
