"""The command `tiffin config`."""

import os
from typing import Annotated, NamedTuple

from tiffin.cli._common import (
    GlobalLevel,
    LocalLevel,
    ProjectLevel,
    SystemLevel,
    errors_exit_with,
    level_of,
    settings,
)
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.config import LEVELS, Config
from tiffin.config.editing import split_name
from tiffin.errors import ConfigError, UsageError

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Get, set or list settings, such as core.remote or remote.NAME.url."""

    name: Annotated[str | None, Argument("section.option, or remote.NAME.option", optional=True)]
    value: Annotated[str | None, Argument("the new value", optional=True)]
    unset: Annotated[bool, Flag("remove the setting", ("-u", "--unset"))] = False
    list: Annotated[bool, Flag("list all settings", ("-l", "--list"))] = False
    show_origin: Annotated[bool, Flag("also the file a setting comes from")] = False
    global_: GlobalLevel = False
    system: SystemLevel = False
    project: ProjectLevel = False
    local: LocalLevel = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    config = settings(ui)
    level = level_of(options)
    with errors_exit_with(1):
        _check(options)
    if options.list:
        return _list(options, ui, config, level)
    key, option = split_name(options.name or "")
    if options.value is None and not options.unset:
        return _get(options, ui, config, level)
    with config.edit(level, cwd=ui.context.directory) as editor:
        if options.unset:
            editor.unset(key, option)
        else:
            editor.set(key, option, options.value or "")
    if options.name == "cache.type":
        ui.warning("files in the workspace keep their links", "change them with `tiffin checkout --relink`")
    return 0


def _check(options: Options) -> None:
    """Raise UsageError for options that make no sense together."""
    if options.show_origin and (options.value is not None or options.unset):
        raise UsageError("--show-origin goes with reading only")
    if options.list and (options.name is not None or options.unset):
        raise UsageError("-l goes without a name")
    if not options.list and options.name is None:
        raise UsageError("the name of a setting is needed", hint="list all with -l")


def _list(options: Options, ui: Ui, config: Config, level: str | None) -> int:
    for one in _levels(config, level):
        for name, entry in config.entries(one):
            ui.write(f"{_origin(options, ui, config, one)}{name}={_text(entry.value)}")
    return 0


def _get(options: Options, ui: Ui, config: Config, level: str | None) -> int:
    key, option = split_name(options.name or "")
    for one in reversed(_levels(config, level)):
        entry = config.read(one).get(key, {}).get(option)
        if entry is not None:
            ui.write(f"{_origin(options, ui, config, one)}{_text(entry.value)}")
            return 0
    if level is not None:
        raise ConfigError(f"'{options.name}' is not set in {config.files[level]}")
    return 0


def _levels(config: Config, level: str | None) -> list[str]:
    if level is None:
        return [known for known in LEVELS if known in config.files]
    config.read(level)
    return [level]


def _origin(options: Options, ui: Ui, config: Config, level: str) -> str:
    if not options.show_origin:
        return ""
    file = config.files[level]
    shown = os.path.relpath(file, ui.context.directory) if level in ("repo", "local") else file
    return f"{shown}\t"


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else ",".join(value)
