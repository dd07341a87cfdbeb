"""The command line: one command a file, and the only place that prints.

Only the module of the command that was asked for is loaded.
"""

from tiffin.cli._main import main
from tiffin.cli._table import COMMANDS, Command

__all__ = ["COMMANDS", "Command", "main"]
