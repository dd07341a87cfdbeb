"""The command `tiffin cache dir`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import GlobalLevel, LocalLevel, ProjectLevel, SystemLevel, level_of, settings
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import ConfigError

__all__ = ["Options", "run"]

SECTION, OPTION = ("cache", ""), "dir"


class Options(NamedTuple):
    """Show, set or unset the directory of the cache.

    A relative directory counts from where you are.  Objects are not moved.
    """

    value: Annotated[str | None, Argument("the directory", optional=True)]
    unset: Annotated[bool, Flag("go back to the default, .dvc/cache", ("-u", "--unset"))] = False
    global_: GlobalLevel = False
    system: SystemLevel = False
    project: ProjectLevel = False
    local: LocalLevel = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    config = settings(ui)
    level = level_of(options)
    if options.value is None and not options.unset:
        found = config.read(level).get(SECTION, {}).get(OPTION) if level else None
        directory = found.value if found else None if level else config.cache_dir
        if not isinstance(directory, str):
            raise ConfigError(f"'cache.dir' is not set in {config.files[level] if level else 'any settings'}")
        ui.write(directory)
        return 0
    with config.edit(level, cwd=ui.context.directory) as editor:
        if options.unset:
            editor.unset(SECTION, OPTION)
        else:
            editor.set(SECTION, OPTION, options.value or "")
    return 0
