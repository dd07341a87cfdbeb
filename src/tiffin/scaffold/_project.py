"""Making a project: checked first, drafted beside its place, then moved there."""

import os
from shutil import rmtree
from tempfile import mkdtemp
from typing import NamedTuple

from tiffin.errors import ScaffoldError
from tiffin.scaffold._builtin import TEMPLATES, copy_builtin
from tiffin.scaffold._finish import finish
from tiffin.scaffold._wish import Wish
from tiffin.scm import Git, find_git_root

__all__ = ["Made", "new_project"]


class Made(NamedTuple):
    """A project that was made.  commit: the first one's id, None if the project is part of another repository."""

    place: str
    files: int
    commit: str | None


def new_project(wish: Wish) -> Made:
    """Make a project.  Raises ScaffoldError, GitError; then nothing is left of it."""
    has_git = _check_place(wish)
    parent, name = os.path.split(wish.place)
    above = _make_parents(parent)
    draft = mkdtemp(prefix=".tiffin-new-", dir=parent)
    moved: list[str] = []
    try:
        project = os.path.join(draft, name)
        _fill(wish, project)
        # A Git repository that is there already, around the place or in it, cannot be drafted.
        late = has_git or wish.inside
        commit = None if late else finish(wish, project)
        moved = _move(project, wish.place)
        if late:
            commit = finish(wish, wish.place)
    except BaseException:
        _take_back(moved)
        rmtree(draft, ignore_errors=True)
        for directory in above:
            os.rmdir(directory)
        raise
    rmtree(draft, ignore_errors=True)
    return Made(wish.place, _count(wish.place), commit)


def _check_place(wish: Wish) -> bool:
    """Refuse a place where something is; tell whether it is a Git repository without commits."""
    place = wish.place
    if os.path.lexists(place) and not os.path.isdir(place):
        raise ScaffoldError(f"'{place}' is a file", hint="choose another name")
    found = sorted(os.listdir(place)) if os.path.isdir(place) else []
    if set(found) - {".git"}:
        shown = ", ".join(found[:3]) + (", ..." if len(found) > 3 else "")
        raise ScaffoldError(f"'{place}' is not empty: {shown}", hint="choose a new name, or an empty directory")
    root = find_git_root(place)
    if root == os.path.abspath(place):
        if Git(root, foreign=True).head() is not None:
            raise ScaffoldError(
                f"the Git repository in '{place}' has commits already", hint="choose a new name, or an empty directory"
            )
        return True
    if root is not None and not wish.inside:
        raise ScaffoldError(
            f"'{place}' is inside of the Git repository '{root}'",
            hint="make the project elsewhere, or use --subdir to make it a part of that repository",
        )
    if root is None and wish.inside:
        raise ScaffoldError(f"'{place}' is in no Git repository that the project could be a part of")
    return False


def _fill(wish: Wish, project: str) -> None:
    if wish.template in TEMPLATES:
        copy_builtin(wish.template, project)
        return
    from tiffin.scaffold._foreign import generate  # noqa: PLC0415 - what stands on an extra is loaded when it is asked for

    generate(wish, project)


def _make_parents(parent: str) -> list[str]:
    """Make the directories above the place; give those that are new, the lowest first."""
    made = []
    while not os.path.isdir(parent):
        made.append(parent)
        parent = os.path.dirname(parent)
    for directory in reversed(made):
        os.mkdir(directory)
    return made


def _move(project: str, place: str) -> list[str]:
    """Put the draft into its place; give what is new there."""
    if not os.path.isdir(place):
        os.rename(project, place)
        return [place]
    # The directory stays the one that it is: somebody may stand in it.
    moved = []
    for name in os.listdir(project):
        target = os.path.join(place, name)
        os.rename(os.path.join(project, name), target)
        moved.append(target)
    return moved


def _take_back(moved: list[str]) -> None:
    for path in moved:
        if os.path.isdir(path) and not os.path.islink(path):
            rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)


def _count(place: str) -> int:
    """The files that people see."""
    count = 0
    for folder, folders, names in os.walk(place):
        if folder == place:
            folders[:] = [name for name in folders if name not in (".git", ".dvc")]
        count += len(names)
    return count
