"""Hooks and merge drivers of Git: `install`."""

import os
from typing import NamedTuple

from tiffin.errors import GitError, TiffinError
from tiffin.formats.precommit import put_hooks
from tiffin.fs import write_atomically
from tiffin.repo._repo import Repo
from tiffin.scm import Git, find_git_root
from tiffin.scm.hooks import add_attributes, hooks_directory, set_config

__all__ = ["HOOKS", "Installed", "install"]

# Hook -> what happens where tiffin is not on the path: a commit or a checkout is fine without, a push is half a push.
HOOKS = {"pre-commit": 0, "post-checkout": 0, "pre-push": 1}

_DRIVER = "tiffin git-hook merge-driver --ancestor %O --our %A --their %B --path %P"
# DVC's name for .dvc files, so that either tool's driver does the work.  Its driver does not know dvc.lock: that has
# a name of its own, and where nobody set that up Git merges lines.
_ATTRIBUTES = {"*.dvc": "dvc", "dvc.lock": "tiffin-lock"}


class Installed(NamedTuple):
    """hooks: those written.  files: those Git should have, repository paths."""

    hooks: list[str]
    files: list[str]


def install(repo: Repo, *, use_pre_commit_tool: bool = False) -> Installed:
    """Set up the merge drivers, and hooks that run `status`, `checkout` and `push`.

    Hooks of ours and of DVC are replaced; for any other TiffinError is raised before one is written.
    use_pre_commit_tool: instead of hooks, entries in .pre-commit-config.yaml.  Raises GitError outside of Git.
    """
    root = find_git_root(repo.root)
    if root is None or repo.config.flag("core.no_scm"):
        raise GitError(f"'{repo.root}' is not in a Git repository", hint="hooks and merge drivers are Git's")
    git = Git(root)
    for name in _ATTRIBUTES.values():
        set_config(git, f"merge.{name}.name", "merge of what tiffin and DVC record")
        set_config(git, f"merge.{name}.driver", _DRIVER)
    files = []
    if add_attributes(
        f"{repo.root}/.gitattributes", [f"{pattern} merge={name}" for pattern, name in _ATTRIBUTES.items()]
    ):
        files.append(".gitattributes")
    if use_pre_commit_tool:
        path = _write_pre_commit(root)
        return Installed([], [*files, os.path.relpath(path, repo.root)])
    # Git calls hooks at the root of its working tree, which a repository made with --subdir lies below.
    where = os.path.relpath(repo.root, root)
    _write_hooks(hooks_directory(git), "" if where == "." else f"--cd {_quoted(where)} ")
    return Installed(list(HOOKS), files)


def _write_hooks(directory: str, options: str) -> None:
    """options: what stands between the program and its command."""
    scripts = {name: _script(name, options) for name in HOOKS}
    foreign = [name for name in HOOKS if not _is_ours(f"{directory}/{name}", name, scripts[name])]
    if foreign:
        raise TiffinError(
            f"there is a hook '{foreign[0]}' in '{directory}' already",
            hint=f'add this line to it: tiffin {options}git-hook {foreign[0]} "$@"',
        )
    for name, script in scripts.items():
        path = f"{directory}/{name}"
        write_atomically(path, script)
        os.chmod(path, 0o755)  # noqa: S103 - as executable as Git's own samples


def _script(name: str, options: str) -> str:
    status = HOOKS[name]
    consequence = "data is not pushed" if status else "skipped"
    return (
        "#!/bin/sh\n"
        f"command -v tiffin >/dev/null || {{ echo 'tiffin is not on the path: {consequence}' >&2; exit {status}; }}\n"
        f'exec tiffin {options}git-hook {name} "$@"\n'
    )


def _is_ours(path: str, name: str, script: str) -> bool:
    """Whether nobody else's hook is there: none, ours, or the one that `dvc install` writes."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except FileNotFoundError:
        return True
    return text == script or text.splitlines()[1:] == [f"exec dvc git-hook {name} $@"]


def _quoted(path: str) -> str:
    """A path as one word of a shell."""
    return "'" + path.replace("'", "'\\''") + "'"


def _write_pre_commit(root: str) -> str:
    path = f"{root}/.pre-commit-config.yaml"
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError:
        text = ""
    write_atomically(path, put_hooks(text, {name: f"tiffin git-hook {name}" for name in HOOKS}))
    return path
