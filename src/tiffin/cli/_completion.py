"""The command `tiffin completion`."""

from importlib import import_module
from typing import Annotated, NamedTuple

from tiffin.cli._options import Flag
from tiffin.cli._ui import Ui

__all__ = ["SHELLS", "Options", "run"]

SHELLS = ("bash", "zsh", "fish")


class Options(NamedTuple):
    """Print a script that completes commands, flags, stages, tracked paths and remotes when Tab is pressed.

    bash: tiffin completion -s bash > ~/.local/share/bash-completion/completions/tiffin
    zsh:  tiffin completion -s zsh > DIR/_tiffin, where DIR is in $fpath
    fish: tiffin completion -s fish > ~/.config/fish/completions/tiffin.fish
    """

    shell: Annotated[str, Flag("for which shell (default: bash)", ("-s", "--shell"), choices=SHELLS)] = "bash"


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    from tiffin.cli._words import vocabulary  # noqa: PLC0415 - loads every command

    ui.table(import_module(f"tiffin.cli._completion_{options.shell}").script(vocabulary()))
    return 0
