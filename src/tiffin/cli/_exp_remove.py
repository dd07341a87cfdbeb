"""The command `tiffin exp remove`."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import ExperimentError
from tiffin.experiments.queue import Task
from tiffin.repo import Repo
from tiffin.repo.choosing import Wanted
from tiffin.repo.experiment_refs import experiments_here, remove
from tiffin.repo.queueing import remove as remove_tasks
from tiffin.repo.queueing import tasks

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Remove experiments, here or at a Git remote.  Their data stay in the cache until `gc`, and at the remote."""

    experiment: Annotated[list[str], Argument("names of experiments", optional=True)]
    all_commits: Annotated[bool, Flag("all experiments, whatever they started from", ("-A", "--all-commits"))] = False
    rev: Annotated[list[str], Flag("those that started from this commit", ("--rev",), metavar="COMMIT")] = []  # noqa: RUF012 - a named tuple's default is never changed
    num: Annotated[
        int, Flag("and from so many commits in all, along first parents; -1 for all", ("-n", "--num"), metavar="N")
    ] = 1
    git_remote: Annotated[
        str | None,
        Flag("remove those of this Git repository: its name, URL or path", ("-g", "--git-remote"), metavar="REMOTE"),
    ] = None
    keep: Annotated[bool, Flag("keep these, and remove all others")] = False
    queue: Annotated[bool, Flag("take out what waits in the queue")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    chosen = bool(options.experiment) + bool(options.all_commits or options.rev)
    if chosen > 1 or not (chosen or options.queue):
        raise ExperimentError(
            "which experiments to remove is not clear",
            hint="give names, or --rev for those of a commit, or --all-commits for all; --queue: what waits, too",
        )
    if options.queue and (options.keep or options.git_remote is not None):
        raise ExperimentError(
            "--queue removes what waits in the queue here", hint="use it without --keep and --git-remote"
        )
    # As in DVC --rev counts, if both are given: that removes less.
    wanted = Wanted(options.experiment, options.rev, options.num, options.all_commits and not options.rev)
    if options.git_remote is not None:
        return _remove_there(options.git_remote, wanted, options, ui)
    repo = open_repo(ui)
    queued = [] if options.keep else _in_queue(repo, options.experiment, all_that_wait=options.queue)
    only_there = {task.name for task in queued} - {
        found.name for found in experiments_here(repo, Wanted(all_commits=True))
    }
    names = [name for name in options.experiment if name not in only_there]
    asked = names or not options.experiment
    removed = remove(repo, wanted._replace(names=names), keep=options.keep) if chosen and asked else []
    gone = [task.name for task in remove_tasks(repo, queued)]
    _tell(ui, list(dict.fromkeys([*(found.name for found in removed), *gone])))
    return 0


def _in_queue(repo: Repo, names: Sequence[str], *, all_that_wait: bool) -> list[Task]:
    """What the queue has of these names, with or without a result."""
    known = tasks(repo, ["Queued", "Failed", "Success"]) if names or all_that_wait else []
    return [task for task in known if task.name in names or (all_that_wait and task.state == "Queued")]


def _remove_there(git_remote: str, wanted: Wanted, options: Options, ui: Ui) -> int:
    # Late: only for what is elsewhere.
    from tiffin.cli._sharing_options import tell_refused  # noqa: PLC0415
    from tiffin.repo.sharing_experiments import remove_there  # noqa: PLC0415

    removed = remove_there(open_repo(ui), git_remote, wanted, keep=options.keep)
    if removed.done or not removed.refused:
        _tell(ui, [found.name for found in removed.done])
    tell_refused(removed, git_remote)
    return 0


def _tell(ui: Ui, removed: Sequence[str]) -> None:
    names = [repr(name) for name in removed]
    listed = " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
    ui.write(f"Removed experiments: {listed}" if names else "No experiments to remove.")
