"""The command `tiffin live-track`, which `tiffin.live` calls for artifacts and images."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.repo.for_live import track

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Track a file or directory, and print as JSON which .dvc file does.  `tiffin.live` calls this."""

    path: Annotated[str, Argument("what to track")]
    in_pipeline: Annotated[bool, Flag("a pipeline is running: what its stages write is left to it")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    ui.json(track(open_repo(ui), options.path, in_pipeline=options.in_pipeline)._asdict())
    return 0
