"""The command `tiffin remote add`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import GlobalLevel, LocalLevel, ProjectLevel, SystemLevel, level_of, settings
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.config.editing import add_remote
from tiffin.fs.remote import SCHEMES

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Add a remote storage, to push data to and pull it from.

    A relative directory counts from where you are.  Other URLs, such as those of buckets, are noted for DVC,
    which can use them in the same repository; tiffin itself cannot yet.
    """

    name: Annotated[str, Argument("what to call it")]
    url: Annotated[str, Argument("a directory, or a URL such as https://example.org/store")]
    default: Annotated[bool, Flag("make it the default remote", ("-d", "--default"))] = False
    force: Annotated[bool, Flag("replace a remote of that name", ("-f", "--force"))] = False
    global_: GlobalLevel = False
    system: SystemLevel = False
    project: ProjectLevel = False
    local: LocalLevel = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    add_remote(
        settings(ui),
        options.name,
        options.url,
        level=level_of(options),
        default=options.default,
        force=options.force,
        cwd=ui.context.directory,
    )
    if options.default:
        ui.write(f"Setting '{options.name.lower()}' as a default remote.")
    scheme, separator, _ = options.url.partition("://")
    if separator and scheme.lower() not in ("remote", *SCHEMES):
        ui.warning(
            f"{options.url} is noted, but only local directories and HTTP can be remotes so far",
            "until then let `dvc` push and pull in this repository",
        )
    return 0
