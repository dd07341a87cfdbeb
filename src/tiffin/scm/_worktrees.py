"""A second working tree of a repository, to run something in."""

import os

from tiffin.scm._git import Git
from tiffin.scm._run import Runner

__all__ = ["add_worktree", "remove_worktree"]

# The user's hooks are about the user's files: a hook that checks data out, say, would do so here as well.
_NO_HOOKS = ("-c", f"core.hooksPath={os.devnull}")


def add_worktree(git: Git, directory: str, head: str, tree: str) -> None:
    """Make a working tree that does not exist yet, at no branch: HEAD is a commit, files and index are of a tree.

    tree: anything that names one.  It shares objects and refs with the repository.  Raises GitError.
    """
    above = Runner(git.root)
    above.run(*_NO_HOOKS, "worktree", "add", "--quiet", "--detach", "--no-checkout", directory, head)
    Runner(directory, foreign=True).run(*_NO_HOOKS, "read-tree", "--reset", "-u", tree)


def remove_worktree(git: Git, directory: str) -> None:
    """Remove such a working tree with all that is in it, and what the repository knows of it."""
    import shutil  # noqa: PLC0415 - few commands need it

    # Twice: also if it is locked.  What a killed process left half made is no working tree to Git.
    Runner(git.root).run("worktree", "remove", "--force", "--force", directory, accept=(0, 128))
    shutil.rmtree(directory, ignore_errors=True)
