"""The command `tiffin git-hook`, which the hooks and the merge driver that `install` sets up call."""

import os
from typing import Annotated, NamedTuple

from tiffin.cli._main import run as run_command
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import GitError, NotARepository, TiffinError, UsageError
from tiffin.repo import Repo
from tiffin.scm import Git, find_git_root

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Run what a hook of Git stands for."""

    hook: Annotated[
        str, Argument("the hook", choices=("pre-commit", "post-checkout", "pre-push", "merge-driver"), metavar="HOOK")
    ]
    arguments: Annotated[list[str], Argument("what Git says", optional=True)]
    ancestor: Annotated[str | None, Flag("merge-driver: the file as it was", metavar="FILE")] = None
    our: Annotated[str | None, Flag("merge-driver: the current version, which is written to", metavar="FILE")] = None
    their: Annotated[str | None, Flag("merge-driver: the other version", metavar="FILE")] = None
    path: Annotated[str | None, Flag("merge-driver: the path of all three", metavar="PATH")] = None


def run(options: Options, ui: Ui) -> int:
    """Run the command.  Outside of a repository hooks have nothing to do."""
    if options.hook == "merge-driver":
        return _merge(options, ui)
    try:
        repo = Repo.open(ui.context.directory, ui.context.environment)
    except NotARepository:
        return 0
    if options.hook == "post-checkout" and not _switched(repo, options, ui):
        return 0
    if options.hook == "pre-push" and _is_data_pushed(ui):
        return 0
    verb = {"pre-commit": "status", "post-checkout": "checkout", "pre-push": "push"}[options.hook]
    return run_command(["--cd", ui.context.directory, verb])


def _is_data_pushed(ui: Ui) -> bool:
    from tiffin.repo.sharing_experiments import FOR_HOOKS  # noqa: PLC0415 - the other hooks need none of it

    return FOR_HOOKS.items() <= ui.context.environment.items()


def _switched(repo: Repo, options: Options, ui: Ui) -> bool:
    """Whether Git went to another commit, rather than fetched single files, and is not about to go on."""
    # The tool pre-commit hands on no arguments, but variables.
    flag = ui.context.environment.get("PRE_COMMIT_CHECKOUT_TYPE")
    if flag is None and len(options.arguments) >= 3:
        flag = options.arguments[2]
    git_dir = Git(find_git_root(repo.root) or repo.root).git_dir()
    return flag == "1" and not any(os.path.isdir(f"{git_dir}/{name}") for name in ("rebase-merge", "rebase-apply"))


def _merge(options: Options, ui: Ui) -> int:
    from tiffin.repo.merging import Versions, merge  # noqa: PLC0415 - the hooks need none of it

    if options.ancestor is None or options.our is None or options.their is None:
        raise UsageError("merge-driver needs --ancestor, --our and --their")
    here = ui.context.directory
    # Git calls from the root of the working tree, which the repository may be a part of.
    path = options.path or options.our
    repo = Repo.open(os.path.join(here, os.path.dirname(path)), ui.context.environment)
    root = find_git_root(repo.root)
    if root is None:
        raise GitError(f"'{repo.root}' is not in a Git repository")
    texts = [_read(os.path.join(here, file)) for file in (options.ancestor, options.our, options.their)]
    name = _name(path, texts[1])
    merged = merge(repo, Git(root), Versions(*texts), name)
    with open(os.path.join(here, options.our), "w", encoding="utf-8", newline="") as file:
        file.write(merged.text)
    for number, conflict in enumerate(merged.conflicts, 1):
        ui.error(conflict, merged.hint if number == len(merged.conflicts) else None)
    if not merged.conflicts:
        ui.status(f"Merged {name}; `tiffin checkout` or `tiffin pull` brings the data along")
    return int(bool(merged.conflicts))


def _name(path: str, text: str) -> str:
    """The path; where Git was not asked for it, a name that says what the file is."""
    if path.endswith((".dvc", ".lock")):
        return path
    return "dvc.lock" if text.startswith("schema:") else "file.dvc"


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise TiffinError(f"'{path}' is not UTF-8 text (byte {error.start})") from None
