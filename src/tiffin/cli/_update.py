"""The command `tiffin update`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo, tell_git
from tiffin.cli._external_options import Jobs, externals
from tiffin.cli._import import UNCOMMITTED
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import TargetError
from tiffin.pipeline import Stage
from tiffin.repo import Repo
from tiffin.repo.external import Externals
from tiffin.repo.gitside import GitSide
from tiffin.repo.importing import imports, update_import

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Bring imported data to what its source has now.

    Data that was changed here and is stored nowhere else is not replaced.
    """

    targets: Annotated[list[str], Argument("the .dvc files of imports, or what they track")]
    rev: Annotated[str | None, Flag("another branch, tag or commit of the other repository", metavar="REV")] = None
    recursive: Annotated[bool, Flag("targets are directories: all imports below them", ("-R", "--recursive"))] = False
    no_download: Annotated[bool, Flag("record which commit it is, but leave the data there (see `pull`)")] = False
    to_remote: Annotated[bool, Flag("import-url: straight into the remote")] = False
    remote: Annotated[str | None, Flag("the remote for --to-remote", ("-r", "--remote"), metavar="NAME")] = None
    jobs: Jobs = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    git = GitSide(repo)
    with errors_exit_with(1), externals(ui) as pool, ui.progress("Updating") as progress:
        _check(options)
        repo.progress = pool.progress = progress
        for stage in imports(repo, options.targets, recursive=options.recursive):
            changed = _update(options, ui, repo, pool, stage)
            if changed:
                git.changed([stage.file])
    tell_git(ui, repo, git.files)
    return 0


def _check(options: Options) -> None:
    if options.to_remote and options.no_download:
        raise TargetError("--to-remote and --no-download do not go together")
    if options.remote and not options.to_remote:
        raise TargetError("--remote goes with --to-remote only")


def _update(options: Options, ui: Ui, repo: Repo, pool: Externals, stage: Stage) -> bool:
    if stage.origin is None:
        return _update_url(options, ui, repo, stage)
    if options.to_remote:
        raise TargetError(f"{stage.label} comes from another repository, so it cannot be updated with --to-remote")
    done = update_import(repo, pool, stage, rev=options.rev, download=not options.no_download)
    if done is not None:
        ui.write(f"Importing '{stage.origin_label}' -> '{repo.shown(stage.outs[0].path)}'")
        if done.uncommitted:
            ui.warning(UNCOMMITTED.format(stage.origin.path), "commit it there, then update again")
    return done is not None


def _update_url(options: Options, ui: Ui, repo: Repo, stage: Stage) -> bool:
    from tiffin.repo.importing_url import update_url_import  # noqa: PLC0415 - HTTP, which few imports need

    if options.rev:
        raise TargetError(f"{stage.label} comes from a URL, which has no revisions: --rev means nothing there")
    to_remote = (options.remote or "") if options.to_remote else None
    changed = update_url_import(repo, stage, download=not options.no_download, to_remote=to_remote)
    if changed:
        ui.write(f"Importing '{stage.deps[0].entry.path}' -> '{repo.shown(stage.outs[0].path)}'")
    return changed
