"""What the verbs tell Git: ignore this output, stage that file."""

import os
from collections.abc import Iterable, Sequence

from tiffin.errors import TargetError
from tiffin.repo._repo import Repo
from tiffin.scm import Git, find_git_root, ignore, unignore

__all__ = ["GitSide"]


class GitSide:
    """Collects the files a verb changed.  Outside of Git, or with core.no_scm, it does nothing."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo
        root = None if repo.config.flag("core.no_scm") else find_git_root(repo.root)
        self._git = Git(root, foreign=repo.is_apart) if root else None
        self.files: dict[str, None] = {}  # changed files Git should have, repository paths

    def refuse_tracked(self, paths: Sequence[str]) -> None:
        """Raise TargetError if Git tracks one of the paths already."""
        if self._git is None or not paths:
            return
        tracked = self._git.tracked([self._absolute(path) for path in paths])
        if tracked:
            shown = self._repo.shown(os.path.relpath(os.path.join(self._git.root, min(tracked)), self._repo.root))
            raise TargetError(
                f"'{shown}' is already tracked by Git",
                hint=f"take it out of Git first: git rm -r --cached '{shown}' && git commit -m 'stop tracking it'",
            )

    def ignore(self, outputs: Iterable[str]) -> None:
        """Keep outputs out of Git through the .gitignore beside each."""
        if self._git is None:
            return
        for file in ignore(self._git, [self._absolute(path) for path in outputs]):
            self.files[os.path.relpath(file, self._repo.root)] = None

    def unignore(self, outputs: Iterable[str]) -> None:
        """Take the lines of outputs out of the .gitignore files beside them."""
        if self._git is None:
            return
        for path in outputs:
            file = unignore(self._git, self._absolute(path))
            if file is not None:
                self.files[os.path.relpath(file, self._repo.root)] = None

    def inventory(self, directory: str) -> tuple[list[str], list[str]] | None:
        """The files below a directory that Git neither tracks nor ignores, and those it does; None outside of Git.

        Repository paths; a directory that is ignored, or a repository of its own, is one path with a slash.
        """
        if self._git is None:
            return None
        from tiffin.scm.inventory import take_inventory  # noqa: PLC0415 - for `add .` alone

        here = os.path.relpath(self._repo.root, self._git.root)
        found = take_inventory(self._git, os.path.normpath(os.path.join(here, directory)))
        prefix = "" if here == "." else f"{here}/"
        new, *others = (
            [path.removeprefix(prefix) for path in paths] for paths in (found.new, found.tracked, found.ignored)
        )
        return new, [path for paths in others for path in paths]

    def setting(self, name: str) -> str | None:
        """A setting of Git's own; None outside of Git and where it is not set."""
        return None if self._git is None else self._git.config(name)

    def tracks(self, path: str) -> bool:
        """Whether Git's index has the path, or something below it."""
        return self._git is not None and self._git.is_tracked(self._absolute(path))

    def removed(self, files: Sequence[str]) -> None:
        """Note files that are gone; those Git never had are none of its business."""
        if self._git is None or not files:
            return
        inside = os.path.relpath(self._repo.root, self._git.root)
        tracked = set(self._git.tracked([self._absolute(file) for file in files]))
        self.changed([file for file in files if os.path.normpath(os.path.join(inside, file)) in tracked])

    def committed(self, path: str) -> bool:
        """Whether Git's HEAD has the path exactly as it is on disk, all files of a directory included."""
        if self._git is None:
            return False
        tracked = self._git.tracked([self._absolute(path)])
        if not tracked or len(tracked) != _count_files(self._absolute(path)):
            return False
        inside = os.path.relpath(self._absolute(path), self._git.root)
        return not any(
            change.path == inside or change.path.startswith(f"{inside}/")
            for change in self._git.status(untracked="all")
        )

    def changed(self, files: Iterable[str]) -> None:
        """Note changed files; with core.autostage they go to Git's index."""
        if self._git is None:
            return
        self.files.update(dict.fromkeys(files))
        if self.files and self._repo.config.flag("core.autostage"):
            self._git.add([self._absolute(path) for path in self.files])

    def _absolute(self, path: str) -> str:
        return os.path.join(self._repo.root, path)


def _count_files(path: str) -> int:
    if os.path.islink(path) or not os.path.isdir(path):
        return int(os.path.lexists(path))
    return sum(
        len(files) + sum(os.path.islink(f"{parent}/{name}") for name in directories)
        for parent, directories, files in os.walk(path)
    )
