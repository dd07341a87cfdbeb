"""Git repositories that are new: begun here, or cloned with their files."""

import os

from tiffin.errors import GitError
from tiffin.scm._git import Git
from tiffin.scm._run import Runner

__all__ = ["clone_tree", "make_git"]


def make_git(directory: str) -> Git:
    """Begin a repository.  Its branch is called as the user wants new ones to be, else "main"."""
    runner = Runner(directory, foreign=True)
    named = runner.run("config", "--get", "init.defaultBranch", accept=(0, 1))
    runner.run("init", "--quiet", *([] if named.status == 0 else ["--initial-branch=main"]))
    return Git(directory, foreign=True)


def clone_tree(url: str, directory: str, rev: str | None = None) -> None:
    """Clone a repository with the files of a branch, tag or commit (None: HEAD).  Raises GitError."""
    if url.startswith("-"):
        raise GitError(f"'{url}' is no URL of a Git repository")
    above = Runner(os.path.dirname(directory), foreign=True)
    # Without a template there are no hooks, and without depth nothing more than is read comes over.
    depth = ["--depth=1"] if rev is None and "://" in url else []
    try:
        above.run("clone", "--quiet", "--template=", *depth, "--", url, directory)
    except GitError as error:
        reason = error.message.partition(": ")[2] or error.message
        hint = "check the address, and that `git ls-remote` can read it"
        raise GitError(f"cannot clone '{url}': {reason}", hint=hint) from error
    if rev is not None:
        Runner(directory, foreign=True).run(
            "checkout", "--quiet", "--detach", _commit(Git(directory, foreign=True), rev)
        )


def _commit(git: Git, rev: str) -> str:
    """A commit by any name of the repository it was cloned from, where a branch is a local one."""
    try:
        return git.resolve_rev(f"origin/{rev}")
    except GitError:
        return git.resolve_rev(rev)
