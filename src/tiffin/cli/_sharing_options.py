"""What the commands that share experiments have in common: options, and what they say."""

from collections.abc import Iterable
from typing import Annotated, Protocol

from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import GitError
from tiffin.experiments import Experiment
from tiffin.repo.choosing import Wanted
from tiffin.repo.sharing_experiments import Exchanged

__all__ = [
    "AllCommits",
    "ChoosingOptions",
    "GitRemote",
    "Names",
    "NoCache",
    "Number",
    "Revs",
    "names_of",
    "tell_refused",
    "tell_shared",
    "wanted_by",
]

GitRemote = Annotated[str, Argument("the name, URL or path of a Git repository")]
Names = Annotated[list[str], Argument("experiments", optional=True)]
AllCommits = Annotated[bool, Flag("all experiments, whatever they started from", ("-A", "--all-commits"))]
Revs = Annotated[
    list[str], Flag("the experiments that started from this commit (default: HEAD)", ("--rev",), metavar="COMMIT")
]
Number = Annotated[
    int,
    Flag("also those of so many commits before it, itself counted; -1 for all", ("-n", "--num"), metavar="N"),
]
NoCache = Annotated[bool, Flag("without the data of their outputs")]


class ChoosingOptions(Protocol):
    """What the options of these commands have in common."""

    @property
    def experiment(self) -> list[str]: ...
    @property
    def all_commits(self) -> bool: ...
    @property
    def rev(self) -> list[str]: ...
    @property
    def num(self) -> int: ...


def wanted_by(options: ChoosingOptions) -> Wanted:
    """The experiments that were asked for."""
    return Wanted(options.experiment, options.rev, options.num, options.all_commits)


def names_of(experiments: Iterable[Experiment]) -> str:
    """Their names as a sentence holds them: with the noun, and an "and"."""
    names = [found.name for found in experiments]
    head, last = names[:-1], names[-1]
    return f"experiments {', '.join(head)} and {last}" if head else f"experiment {last}"


def tell_shared(ui: Ui, shared: Exchanged, verb: str, git_remote: str) -> None:
    """Which experiments are up to date, and which were copied.  verb: "push" or "pull"."""
    if shared.same:
        ui.write(f"Up to date with Git remote '{git_remote}': {names_of(shared.same)}.")
    if shared.done:
        link = "to" if verb == "push" else "from"
        ui.write(f"{verb.capitalize()}ed {names_of(shared.done)} {link} Git remote '{git_remote}'.")
    if not (shared.same or shared.done or shared.refused):
        ui.write(f"No experiments to {verb}.")


def tell_refused(shared: Exchanged, git_remote: str) -> None:
    """Raise GitError if the other side refused experiments."""
    if shared.refused:
        reasons = "; ".join(f"'{found.name}': {reason}" for found, reason in shared.refused.items())
        raise GitError(
            f"Git remote '{git_remote}' refused {names_of(shared.refused)}: {reasons}",
            hint="try once more if somebody was faster; otherwise ask who keeps the repository",
        )
