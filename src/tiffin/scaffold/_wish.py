"""What is asked for when a project is made."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

__all__ = ["Consent", "Wish"]

# What may become of the programs that a template brings along (hooks, tasks, extensions).
Consent = Literal["refuse", "skip", "run"]


class Wish(NamedTuple):
    """A project to be made.

    place: its directory, absolute.  template: a built-in one by name, or a path or URL.  cwd: what relative paths count
    from.  remote: the directory or URL data will be pushed to; None for a directory beside the project.
    inside: it becomes a part of the Git repository that the place lies in.  rev, folder: a commit of the template's
    repository, and where in it the template is.  answers: to the template's questions; asks: whether others may be
    put to the person at the terminal.
    """

    place: str
    template: str
    cwd: str
    remote: str | None = None
    inside: bool = False
    rev: str | None = None
    folder: str | None = None
    answers: Mapping[str, str] = {}  # never changed
    asks: bool = False
    consent: Consent = "refuse"
