"""Git's rules that count in all repositories of a user: the file that core.excludesFile names."""

import os
from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["Excludes", "find_excludes"]

# Such a setting may name another file, or another file of settings: Git itself has to say which.
_TELLING = (b"excludesfile", b"[include", b"worktreeconfig")
_SYSTEM = "/etc/gitconfig"


class Excludes(NamedTuple):
    """file: the one with the rules, there or not, "" for none; settings: the files that may name another one."""

    file: str = ""
    settings: tuple[str, ...] = ()


def find_excludes(root: str, environment: Mapping[str, str]) -> Excludes:
    """Where the rules for a repository are.  No process is started unless a file of settings speaks of it."""
    git_dir = _git_directory(root)
    if git_dir is None:
        return Excludes()
    home = environment.get("HOME", "")
    folder = f"{environment.get('XDG_CONFIG_HOME') or f'{home}/.config'}/git"
    settings = tuple(_settings(git_dir, home, folder, environment))
    asked = "GIT_CONFIG_COUNT" in environment or "GIT_CONFIG_PARAMETERS" in environment
    file = _named_by_git(root) if asked or any(map(_tells, settings)) else None
    return Excludes(f"{folder}/ignore" if file is None else os.path.join(root, file), settings)


def _settings(git_dir: str, home: str, folder: str, environment: Mapping[str, str]) -> list[str]:
    found = [f"{git_dir}/config", f"{git_dir}/config.worktree"]
    if "GIT_CONFIG_GLOBAL" in environment:
        found.append(environment["GIT_CONFIG_GLOBAL"])
    else:
        found += [f"{folder}/config", f"{home}/.gitconfig"]
    if environment.get("GIT_CONFIG_NOSYSTEM", "").lower() in ("", "0", "false", "no", "off"):
        found.append(environment.get("GIT_CONFIG_SYSTEM", _SYSTEM))
    return [file for file in found if file]


def _git_directory(root: str) -> str | None:
    """The directory with the settings of the working tree around `root`; None outside of Git."""
    directory = root
    while not os.path.lexists(f"{directory}/.git"):
        above = os.path.dirname(directory)
        if above == directory:
            return None
        directory = above
    place = f"{directory}/.git"
    if os.path.isdir(place):
        return place
    # In a linked working tree the settings are those of the repository it belongs to.
    pointer = _text(place).removeprefix("gitdir: ").strip()
    place = os.path.join(directory, pointer)
    shared = _text(f"{place}/commondir").strip()
    return os.path.join(place, shared) if shared else place


def _tells(file: str) -> bool:
    body = _text(file).encode("utf-8", "surrogateescape").lower()
    return any(word in body for word in _TELLING)


def _text(file: str) -> str:
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as opened:
            return opened.read()
    except OSError:
        return ""


def _named_by_git(root: str) -> str | None:
    from tiffin.errors import GitError  # noqa: PLC0415 - few users have such a setting
    from tiffin.scm import Git  # noqa: PLC0415 - as above

    try:
        return Git(root).config("core.excludesFile", is_path=True)
    except GitError:
        return None  # no git program, or settings that it cannot read
