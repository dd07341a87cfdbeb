"""Git, through the `git` program: revisions, trees, status, commits, refs, and the lines of `.gitignore`."""

from tiffin.scm._clones import Clones
from tiffin.scm._git import Change, Git
from tiffin.scm._ignore import ignore, unignore
from tiffin.scm._making import clone_tree, make_git
from tiffin.scm._objects import Commit, GitObject, GitObjects, TreeEntry
from tiffin.scm._remotes import GitRemote, RefUpdate
from tiffin.scm._root import find_git_root
from tiffin.scm._run import OF_THE_USER
from tiffin.scm._trees import Trees
from tiffin.scm._worktrees import add_worktree, remove_worktree

__all__ = [
    "OF_THE_USER",
    "Change",
    "Clones",
    "Commit",
    "Git",
    "GitObject",
    "GitObjects",
    "GitRemote",
    "RefUpdate",
    "TreeEntry",
    "Trees",
    "add_worktree",
    "clone_tree",
    "find_git_root",
    "ignore",
    "make_git",
    "remove_worktree",
    "unignore",
]
