"""Making files of the workspace the user's own: `unprotect`, and all of it at once: `destroy`."""

import os
from collections.abc import Sequence

from tiffin import _native
from tiffin.errors import TargetError
from tiffin.fs import remove_quietly
from tiffin.pipeline import lock_path
from tiffin.repo._repo import Repo

__all__ = ["destroy", "unprotect"]


def unprotect(repo: Repo, targets: Sequence[str]) -> None:
    """Replace links into the cache below the targets by copies, and make the files writable.

    Raises TargetError for a target that is not there, before anything changes.
    """
    paths = [repo.inside(target) for target in targets]
    absent = next((path for path in paths if not repo.workspace.exists(path)), None)
    if absent is not None:
        raise TargetError(f"'{repo.shown(absent)}' does not exist")
    with repo.lock:
        repo.refuse_in_use(paths)
        for path in paths:
            repo.workspace.unprotect(path)


def destroy(repo: Repo) -> None:
    """Make the directory one that was never a repository of ours; the data in the workspace stays.

    Stages, .dvc files, settings and the cache go, in an order that lets a killed call be repeated.
    """
    import shutil  # noqa: PLC0415 - 3 ms that few commands need

    with repo.lock:
        stages = repo.project.stages
        repo.refuse_in_use([out.path for stage in stages for out in stage.outs])
        for out in (out for stage in stages for out in stage.outs):
            # The cache goes as well: what is only a link into it must be a copy first.
            if out.entry.cache and repo.workspace.exists(out.path):
                repo.workspace.unprotect(out.path)
        _native.sync_filesystem(repo.root)
        for file in repo.project.metafiles:
            if not file.endswith(".dvc"):
                remove_quietly(f"{repo.root}/{lock_path(file)}")
            remove_quietly(f"{repo.root}/{file}")
        remove_quietly(f"{repo.root}/.dvcignore")
        if os.path.islink(repo.metadata):
            os.unlink(repo.metadata)
        else:
            shutil.rmtree(repo.metadata)
