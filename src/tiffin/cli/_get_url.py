"""The command `tiffin get-url`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, settings
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.cli._url_options import FsConfig, Jobs, Url, options_of
from tiffin.repo.getting_url import get_url
from tiffin.repo.places import open_place

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Download a file, or copy a file or directory from elsewhere, without tracking it.

    No repository is needed. The new files show under their names once all of them are there.
    """

    url: Url
    out: Annotated[str | None, Argument("where to put it (default: here, under its name)", optional=True)] = None
    jobs: Jobs = None
    force: Annotated[bool, Flag("replace what is there", ("-f", "--force"))] = False
    fs_config: FsConfig = []  # noqa: RUF012 - a named tuple's default is never changed


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    directory, how = ui.context.directory, options_of(options.fs_config, options.jobs)
    with errors_exit_with(1), ui.progress("Downloading") as progress:
        place = open_place(
            settings(ui, check=True),
            options.url,
            directory,
            environment=ui.context.environment,
            options=how,
        )
        get_url(place, options.out, directory, force=options.force, progress=progress)
    return 0
