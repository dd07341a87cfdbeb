"""Experiments that are pushed as soon as they are there: the setting exp.auto_push."""

from tiffin.cli._ui import Ui
from tiffin.errors import TiffinError
from tiffin.repo import Repo

__all__ = ["auto_push"]


def auto_push(repo: Repo, ui: Ui, name: str) -> None:
    """Push an experiment with its data, if the settings ask for it.  A failure is a warning: it is here anyway."""
    if not repo.config.flag("exp.auto_push"):
        return
    from tiffin.repo.choosing import Wanted  # noqa: PLC0415 - as it says
    from tiffin.repo.sharing_experiments import Data, push  # noqa: PLC0415 - as above

    remote = repo.config.text("exp.git_remote") or "origin"
    ui.status(f"Pushing experiment '{name}' to Git remote '{remote}'.")
    try:
        pushed = push(repo, remote, Wanted([name]), data=Data(run_cache=True))
    except TiffinError as error:
        ui.warning(f"experiment '{name}' was not pushed: {error.message}", error.hint)
        return
    for reason in pushed.refused.values():
        ui.warning(f"experiment '{name}' was not pushed: {reason}", f"try again: tiffin exp push {remote} {name}")
    if pushed.differing:
        ui.warning(
            f"experiment '{name}' was not pushed: there is another one of that name",
            f"to replace it: tiffin exp push -f {remote} {name}",
        )
