"""The command `tiffin cache migrate`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo, tell_git
from tiffin.cli._options import Flag
from tiffin.cli._ui import Ui
from tiffin.pipeline import Stage, lock_path
from tiffin.repo import Repo
from tiffin.repo.gitside import GitSide
from tiffin.repo.migrating import count_legacy_objects, legacy_stages, migrate_objects, migrate_stages

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Bring the cache of a repository that DVC 2 wrote to the form of 3.x.

    Objects get a second name by their MD5; the old names stay, so older revisions can still be checked out.
    """

    dvc_files: Annotated[bool, Flag("also record the data in .dvc files and dvc.lock anew")] = False
    dry: Annotated[bool, Flag("only say what would be done")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    if options.dry:
        ui.write(f"{count_legacy_objects(repo)} files will be re-hashed and migrated to the DVC 3.0 cache location.")
    else:
        with ui.progress("Hashing") as progress:
            repo.progress = progress
            count = migrate_objects(repo)
        ui.write(f"Migrated {count} files to DVC 3.0 cache location.")
    return _files(options, repo, ui) if options.dvc_files else 0


def _files(options: Options, repo: Repo, ui: Ui) -> int:
    files = sorted({_file(repo, stage) for stage in legacy_stages(repo)})
    if not files:
        ui.write("No DVC files in the repo to migrate to the 3.0 format.")
    elif options.dry:
        ui.write("Entries in following DVC files will be migrated to the 3.0 format:")
        ui.write("\n".join(f"\t{file}" for file in files))
    else:
        git = GitSide(repo)
        with ui.progress("Committing") as progress:
            repo.progress = progress
            done = migrate_stages(repo, git)
        for stage in done.stages:
            if stage.name is None:
                ui.write(f"Updating DVC file '{repo.shown(stage.file)}'")
        for stage in done.kept:
            ui.warning(
                f"{stage.label} stays in the form of DVC 2: its data is not in the workspace",
                "get it with `tiffin checkout` or `tiffin pull`, then migrate again",
            )
        tell_git(ui, repo, git.files)
    return 0


def _file(repo: Repo, stage: Stage) -> str:
    file = repo.shown(stage.file)
    return file if stage.name is None else f"{file} ({repo.shown(lock_path(stage.file))})"
