"""Making a repository: `init`."""

import os
import shutil

from tiffin.errors import TiffinError
from tiffin.fs import write_atomically
from tiffin.scm import Git, find_git_root

__all__ = ["DVCIGNORE", "IGNORED", "init"]

IGNORED = "/config.local\n/tmp\n/cache\n"
DVCIGNORE = (
    "# Add patterns of files dvc should ignore, which could improve\n"
    "# the performance. Learn more at\n"
    "# https://dvc.org/doc/user-guide/dvcignore\n"
)


def init(directory: str, *, no_scm: bool = False, subdir: bool = False, force: bool = False) -> list[str]:
    """Make `directory` a repository; return the paths made, which are added to Git's index.

    The bytes are DVC's.  Raises TiffinError where there is no Git repository (unless no_scm), below
    the root of one (unless subdir), and where there is a .dvc already (unless force: it is then replaced).
    """
    root = os.path.realpath(directory)
    git_root = None if no_scm else find_git_root(root)
    _check(root, git_root, no_scm=no_scm, subdir=subdir)
    metadata = f"{root}/.dvc"
    if os.path.isdir(metadata):
        if not force:
            raise TiffinError(f"'{metadata}' exists already", hint="use -f to start anew; the old one is deleted")
        shutil.rmtree(metadata)
    made = [f"{metadata}/config"]
    write_atomically(f"{metadata}/config", "[core]\n    no_scm = True\n" if no_scm else "")
    os.makedirs(f"{metadata}/tmp", exist_ok=True)  # noqa: S108 - below the repository, not shared
    if not no_scm:
        write_atomically(f"{metadata}/.gitignore", IGNORED)
        made.insert(0, f"{metadata}/.gitignore")
    if not os.path.exists(f"{root}/.dvcignore"):
        write_atomically(f"{root}/.dvcignore", DVCIGNORE)
    made.append(f"{root}/.dvcignore")
    if git_root is not None:
        Git(git_root).add([os.path.relpath(path, git_root) for path in made])
    return made


def _check(root: str, git_root: str | None, *, no_scm: bool, subdir: bool) -> None:
    if not os.path.isdir(root):
        raise TiffinError(f"no directory '{root}'")
    if no_scm:
        return
    if git_root is None:
        raise TiffinError(
            f"'{root}' is not in a Git repository", hint="run `git init` first, or use --no-scm to do without Git"
        )
    if git_root != root and not subdir:
        raise TiffinError(
            f"'{root}' is not the root of its Git repository ('{git_root}')",
            hint="go there, or use --subdir to make a repository of this directory alone",
        )
