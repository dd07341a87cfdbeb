"""The options of commands that look into other repositories."""

from collections.abc import Sequence
from typing import Annotated, Protocol

from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.repo.external import Externals, Overrides

__all__ = [
    "Config",
    "ExternalOptions",
    "Jobs",
    "Out",
    "Path",
    "Remote",
    "RemoteConfig",
    "Rev",
    "Url",
    "externals",
    "overrides_by",
]

Url = Annotated[str, Argument("a Git repository's URL, or a path to a repository")]
Path = Annotated[str, Argument("the file or directory, from the root of the repository")]
Out = Annotated[str | None, Flag("where to put it (default: here, under its name)", ("-o", "--out"), metavar="PATH")]
Rev = Annotated[str | None, Flag("branch, tag or commit (default: what is there now)", metavar="REV")]
Config = Annotated[str | None, Flag("a file of settings that count there", metavar="FILE")]
Remote = Annotated[str | None, Flag("the remote of that repository to use", metavar="NAME")]
RemoteConfig = Annotated[
    list[str], Flag("options of that remote, such as url=PATH", ("--remote-config",), metavar="OPTION=VALUE", many=True)
]
Jobs = Annotated[int | None, Flag("accepted for DVC's sake; all cores are used", ("-j", "--jobs"), metavar="N")]


class ExternalOptions(Protocol):
    """What the options of these commands have in common."""

    @property
    def config(self) -> str | None: ...
    @property
    def remote(self) -> str | None: ...
    @property
    def remote_config(self) -> list[str]: ...


def overrides_by(options: ExternalOptions) -> Overrides:
    """The settings that were asked for.  Raises UsageError."""
    return Overrides(options.config, options.remote, _pairs(options.remote_config))


def externals(ui: Ui) -> Externals:
    """Access to other repositories from where the user stands."""
    return Externals(ui.context.environment, ui.context.directory)


def _pairs(words: Sequence[str]) -> dict[str, str] | None:
    pairs = [word.partition("=") for word in words]
    if any(not separator for _, separator, _ in pairs):
        raise UsageError("--remote-config takes OPTION=VALUE", hint="such as --remote-config url=../store")
    return {option: value for option, _, value in pairs} or None
