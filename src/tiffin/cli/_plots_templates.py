"""The command `tiffin plots templates`."""

import json
from typing import Annotated, NamedTuple

from tiffin.cli._options import Argument
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.plots import builtin_names, builtin_template

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """List the built-in plot templates, or print one.

    A printed one, changed and put into .dvc/plots, is a template of your own.
    """

    template: Annotated[str | None, Argument("the template to print (default: list all)", optional=True)]


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    if options.template is None:
        for name in builtin_names():
            ui.write(name)
        return 0
    found = builtin_template(options.template)
    if found is None:
        error = UsageError(
            f"no built-in plot template '{options.template}'", hint=f"there are {', '.join(builtin_names())}"
        )
        error.exit_code = 1
        raise error
    ui.answer(json.dumps(found.content, indent=2))
    return 0
