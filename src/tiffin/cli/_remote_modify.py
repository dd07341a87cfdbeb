"""The command `tiffin remote modify`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import GlobalLevel, LocalLevel, ProjectLevel, SystemLevel, level_of, settings
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.config.editing import modify_remote
from tiffin.errors import UsageError

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Set or unset an option of a remote.  Keep secrets out of Git with --local."""

    name: Annotated[str, Argument("the remote")]
    option: Annotated[str, Argument("the option, such as url")]
    value: Annotated[str | None, Argument("its value", optional=True)]
    unset: Annotated[bool, Flag("remove the option", ("-u", "--unset"))] = False
    global_: GlobalLevel = False
    system: SystemLevel = False
    project: ProjectLevel = False
    local: LocalLevel = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    if options.value is None and not options.unset:
        raise UsageError(f"no value for option '{options.option}'", hint="give one, or use -u to unset it")
    value = None if options.unset else options.value
    modify_remote(settings(ui), options.name, options.option, value, level=level_of(options), cwd=ui.context.directory)
    return 0
