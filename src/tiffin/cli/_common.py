"""What several commands share: opening the repository, and telling about changed files."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Protocol

from tiffin.cli._options import Flag
from tiffin.cli._ui import Ui
from tiffin.config import Config
from tiffin.errors import RulesInside, TiffinError, UsageError
from tiffin.repo import Repo, find_root

__all__ = [
    "GlobalLevel",
    "HasLevel",
    "LocalLevel",
    "ProjectLevel",
    "SystemLevel",
    "errors_exit_with",
    "level_of",
    "open_repo",
    "settings",
    "tell_git",
    "tell_lost",
]


def open_repo(ui: Ui, *, repeatable: bool = False) -> Repo:
    """The repository the user stands in.  Raises ConfigError for settings that cannot be read, whatever is asked.

    repeatable: the answer may turn out to rest on nothing but the workspace, and be kept (see `Ui.repeatable`).
    """
    repo = Repo.open(ui.context.directory, ui.context.environment, wait_for_lock=ui.context.wait_for_lock)
    if repeatable:
        repo.scans = ui.context.scans
        _ = repo.started_ns  # before anything is read
    _ = repo.config  # read when first asked for
    return repo


@contextmanager
def errors_exit_with(code: int) -> Iterator[None]:
    """Some commands of DVC answer (almost) every failure with the same exit code; so do ours."""
    try:
        yield
    except RulesInside:
        raise
    except TiffinError as error:
        error.exit_code = code
        raise


def tell_lost(ui: Ui, repo: Repo, lost: Sequence[str], remote: str | None) -> None:
    """Warn of objects that neither the cache nor the remote has."""
    if not lost:
        return
    more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
    absent = _absent_directory(repo, remote)
    ui.warning(
        f"neither the cache nor the remote has {len(lost)} object(s): {', '.join(lost[:3])}{more}",
        f"the remote's directory '{absent}' does not exist: is it mounted?"
        if absent
        else "push them from the repository that has them, or add the data again",
    )


def _absent_directory(repo: Repo, remote: str | None) -> str | None:
    """The directory of a remote on this machine, if it is not there."""
    try:
        settings = repo.config.remote(remote)
    except TiffinError:  # none is set up: what is lost is of outputs that name their own, or of imports
        return None
    return None if settings.scheme or os.path.isdir(settings.url) else settings.url


def tell_git(ui: Ui, repo: Repo, files: Iterable[str]) -> None:
    """Say which files Git should have, unless they are staged already."""
    shown = sorted({repo.shown(file) for file in files})
    if shown and not repo.config.flag("core.autostage"):
        ui.status(f"\nTo track the changes with git, run:\n\n\tgit add {' '.join(map(_quoted, shown))}\n")


def _quoted(path: str) -> str:
    return path if path.replace("/", "").replace(".", "").replace("_", "").replace("-", "").isalnum() else f"'{path}'"


# The options that choose a configuration file.
GlobalLevel = Annotated[bool, Flag("the user's settings", ("--global",))]
SystemLevel = Annotated[bool, Flag("the machine's settings")]
ProjectLevel = Annotated[bool, Flag("the repository's settings, kept by Git (default)")]
LocalLevel = Annotated[bool, Flag("this clone's settings, not kept by Git")]


class HasLevel(Protocol):
    """Options with the four level switches."""

    @property
    def global_(self) -> bool: ...
    @property
    def system(self) -> bool: ...
    @property
    def project(self) -> bool: ...
    @property
    def local(self) -> bool: ...


def level_of(options: HasLevel) -> str | None:
    """The level that was chosen, None if none was.  Raises UsageError for two."""
    switches = {"global": options.global_, "system": options.system, "repo": options.project, "local": options.local}
    chosen = [level for level, on in switches.items() if on]
    if len(chosen) > 1:
        raise UsageError("two levels were given", hint="choose one of --global, --system, --project and --local")
    return chosen[0] if chosen else None


def settings(ui: Ui, *, check: bool = False) -> Config:
    """The settings that apply where the user stands, unchecked: so bad ones can be repaired."""
    root = find_root(os.path.realpath(ui.context.directory))
    return Config.load(f"{root}/.dvc" if root else None, ui.context.environment, check=check)
