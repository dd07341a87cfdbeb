"""The command `tiffin du`."""

from typing import Annotated, NamedTuple

from tiffin.cli._external_options import Config, Remote, RemoteConfig, Rev, Url, externals, overrides_by
from tiffin.cli._options import Argument, Flag
from tiffin.cli._text import human_size
from tiffin.cli._ui import Ui
from tiffin.errors import MissingDependency
from tiffin.repo.listing_files import usage

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Show how many bytes the files of a repository have, as far as their sizes are known."""

    url: Url
    path: Annotated[str | None, Argument("a directory in it", optional=True)] = None
    rev: Rev = None
    summarize: Annotated[bool, Flag("only the sum", ("-s", "--summarize"))] = False
    config: Config = None
    remote: Remote = None
    remote_config: RemoteConfig = []  # noqa: RUF012 - a named tuple's default is never changed


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    overrides = overrides_by(options)
    path = options.path or ""
    with externals(ui) as pool:
        try:
            found = usage(pool.open(options.url, options.rev, overrides), path, summarize=options.summarize)
        except FileNotFoundError as error:
            raise MissingDependency(f"'{error.filename or path}' is not in '{options.url}'") from None
    rows = [(human_size(size), name) for name, size in found]
    width = max(len(size) for size, _ in rows)
    for size, name in rows:
        ui.write(f"{size:<{width}}  {name}".rstrip())
    return 0
