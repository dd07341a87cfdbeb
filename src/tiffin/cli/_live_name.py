"""The command `tiffin live-name`, which `tiffin.live` calls when a run begins that will be an experiment."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Flag
from tiffin.cli._ui import Ui
from tiffin.repo.for_live import name_run

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Print, as JSON, the name that the experiment of a run will have.  `tiffin.live` calls this."""

    name: Annotated[str | None, Flag("the one that is wanted", ("-n", "--name"))] = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    ui.json(name_run(open_repo(ui), options.name)._asdict())
    return 0
