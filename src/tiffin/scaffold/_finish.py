"""What every new project gets: Git, a repository for data, a remote, a first commit."""

import os

from tiffin.config import Config
from tiffin.config.editing import add_remote
from tiffin.repo.init import init
from tiffin.scaffold._wish import Wish
from tiffin.scm import Git, find_git_root, make_git

__all__ = ["finish"]

REMOTE = "storage"


def finish(wish: Wish, project: str) -> str | None:
    """Set up the project; give the id of the first commit, None for a part of another repository.

    What the template brought of all this stays as it is.
    """
    if not wish.inside and find_git_root(project) != os.path.abspath(project):
        make_git(project)
    if not os.path.exists(f"{project}/.dvc"):
        init(project, subdir=wish.inside)
    config = Config.load(f"{project}/.dvc", {})
    if config.text("core.remote") is None:
        add_remote(config, REMOTE, _remote(wish), default=True, cwd=project)
    if wish.inside:
        return None
    git = Git(project, foreign=True)
    if git.head() is not None:  # a program of the template was here
        return git.head()
    git.add(["."])
    commit = git.commit_tree_from_workspace(git.tracked(["."]), None, f"Start {os.path.basename(wish.place)}\n")
    git.update_ref("HEAD", commit)
    return commit


def _remote(wish: Wish) -> str:
    """The remote's URL; a relative directory counts from the project."""
    if wish.remote is None:
        return os.path.join("..", f"{os.path.basename(wish.place)}-storage")
    if "://" in wish.remote or os.path.isabs(wish.remote):
        return wish.remote
    return os.path.relpath(os.path.join(wish.cwd, wish.remote), wish.place)
