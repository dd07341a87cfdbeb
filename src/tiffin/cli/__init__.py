"""The command line: one command a file, and the only place that prints.

Only the module of the command that was asked for is loaded.
"""

from tiffin.cli._start import main, program

__all__ = ["main", "program"]
