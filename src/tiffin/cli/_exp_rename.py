"""The command `tiffin exp rename`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import ExperimentError
from tiffin.repo.experiment_refs import rename

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Give an experiment another name."""

    experiment: Annotated[str | None, Argument("the experiment", optional=True)]
    name: Annotated[str, Argument("its new name")]
    force: Annotated[bool, Flag("replace the experiment of that name", ("-f", "--force"))] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    if options.experiment is None:
        raise ExperimentError("one name was given", hint="name the experiment, then what to call it")
    done = rename(open_repo(ui), options.experiment, options.name, force=options.force)
    ui.write(f"Renamed experiments: '{options.experiment}'" if done else "No experiments to rename.")
    return 0
