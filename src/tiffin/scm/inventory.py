"""The files below a directory, by what Git makes of them."""

from typing import NamedTuple

from tiffin.scm._git import Git
from tiffin.scm._run import Runner, nul_split

__all__ = ["Inventory", "take_inventory"]


class Inventory(NamedTuple):
    """Paths from the root.  new: neither tracked nor ignored; a repository in it is one path, "dir/".

    ignored: whole directories as "dir/".
    """

    tracked: list[str]
    new: list[str]
    ignored: list[str]


def take_inventory(git: Git, directory: str) -> Inventory:
    """What is below a directory, which is given from the root, "." for all."""

    def listed(*flags: str) -> list[str]:
        return nul_split(Runner(git.root).run("--literal-pathspecs", "ls-files", "-z", *flags, "--", directory).out)

    others = ("--others", "--exclude-standard")
    return Inventory(listed(), listed(*others), listed(*others, "--ignored", "--directory"))
