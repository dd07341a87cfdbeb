"""What `exp apply` puts aside before it touches anything: a stash of Git's own form, as DVC makes it.

    ORIG_HEAD := the commit checked out
    stash     := commit of the files as they are, parents: HEAD, what is staged [, files Git does not know]

Only untracked files that are about to be replaced are in it.  Earlier stashes stay in the ref's reflog.
"""

from collections.abc import Sequence

from tiffin.scm import Commit, Git

__all__ = ["STASH", "put_aside"]

ORIG_HEAD, STASH = "refs/exps/apply/ORIG_HEAD", "refs/exps/apply/stash"


def put_aside(git: Git, head: Commit, *, changed: Sequence[str], unknown: Sequence[str], what: str) -> str | None:
    """Keep what differs from HEAD, and files that Git does not know; None if there is nothing to keep.

    Neither files nor index change.  what: the commit that will be applied, and its name.
    """
    git.update_ref(ORIG_HEAD, head.id)
    if not (changed or unknown):
        return None
    branch = git.active_branch() or "(no branch)"
    subject = head.message.partition("\n")[0]
    where = f"{branch}: {head.id[:7]} {subject}\n"
    staged = git.write_tree_of_index()
    parents = [head.id, git.commit_tree(staged, [head.id], f"index on {where}")]
    if unknown:
        tree = git.write_tree_from_workspace(unknown, None)
        parents.append(git.commit_tree(tree, [], f"untracked files on {where}"))
    message = f"On {branch}: dvc-exp-apply:{head.id}:{what}"
    stash = git.commit_tree(git.write_tree_from_workspace(changed, staged), parents, message)
    git.update_ref(STASH, stash, message=message)
    return stash
