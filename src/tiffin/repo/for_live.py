"""What `tiffin.live` asks by a process of its own: a name for the experiment of a run, and that data be tracked."""

from typing import NamedTuple

from tiffin.errors import ExperimentError
from tiffin.repo._repo import Repo
from tiffin.repo.experimenting import head_of, name_for
from tiffin.repo.gitside import GitSide
from tiffin.repo.revisions import States
from tiffin.repo.tracking import add

__all__ = ["Named", "Tracked", "name_run", "track"]


class Named(NamedTuple):
    """The name a run's experiment will have.  objection: why it is not the one that was wanted."""

    name: str
    objection: str | None


class Tracked(NamedTuple):
    """The .dvc file that tracks the data, from where the user stands; None where a stage writes them.

    new: nothing tracked them before.
    """

    file: str | None
    new: bool


def name_run(repo: Repo, wanted: str | None) -> Named:
    """A name for an experiment of the commit checked out: the one wanted, or else a random one.

    Raises GitError outside of Git and before the first commit.
    """
    git = States(repo).git
    head = head_of(git)
    objection = None
    if wanted is not None:
        try:
            return Named(name_for(git, head, wanted, force=False)[0], None)
        except ExperimentError as error:
            objection = error.message
    return Named(name_for(git, head, None, force=False)[0], objection)


def track(repo: Repo, path: str, *, in_pipeline: bool) -> Tracked:
    """Track data as `add` does.  in_pipeline: a pipeline is running, which tracks what its stages write by itself.

    Raises what `add` raises.
    """
    found = repo.project.graph.producer(repo.inside(path))
    if in_pipeline and found is not None and not found[0].is_data:
        return Tracked(None, new=False)
    (file,) = add(repo, [path], git=GitSide(repo))
    return Tracked(repo.shown(file), new=found is None)
