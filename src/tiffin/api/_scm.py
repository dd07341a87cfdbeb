"""What a repository's history offers: `all_branches`, `all_tags`, `all_commits`."""

from tiffin.api._access import opened
from tiffin.errors import GitError
from tiffin.scm import Git

__all__ = ["all_branches", "all_commits", "all_tags"]


def all_branches(repo: str | None = None) -> list[str]:
    """The names of the branches."""
    with opened(repo) as source:
        return _git(source.git, source.url).branches()


def all_tags(repo: str | None = None) -> list[str]:
    """The names of the tags."""
    with opened(repo) as source:
        return _git(source.git, source.url).tags()


def all_commits(repo: str | None = None) -> list[str]:
    """The ids of the commits that branches and tags reach, the newest first."""
    with opened(repo) as source:
        return _git(source.git, source.url).all_commits()


def _git(git: Git | None, url: str) -> Git:
    if git is None:
        raise GitError(f"'{url}' is not in a Git repository, so it has no history")
    return git
