"""The command `tiffin artifacts get`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with
from tiffin.cli._external_options import Config, Jobs, Out, Remote, RemoteConfig, Url, externals, overrides_by
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.repo.artifacts import find_artifact
from tiffin.repo.gathering import get, storage_path, target_path

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Download a version of an artifact that a repository declares in dvc.yaml and registers by Git tags.

    Without --rev and --stage: the newest version.
    """

    url: Url
    name: Annotated[str, Argument("the artifact: NAME, or DIRECTORY:NAME")]
    rev: Annotated[str | None, Flag("a version, such as v1.2.0", metavar="VERSION")] = None
    stage: Annotated[str | None, Flag("the version that is in this stage", metavar="STAGE")] = None
    out: Out = None
    show_url: Annotated[bool, Flag("print where the data would be downloaded from")] = False
    jobs: Jobs = None
    force: Annotated[bool, Flag("replace what is there", ("-f", "--force"))] = False
    config: Config = None
    remote: Remote = None
    remote_config: RemoteConfig = []  # noqa: RUF012 - a named tuple's default is never changed


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    overrides = overrides_by(options)
    with errors_exit_with(1), externals(ui) as pool, ui.progress("Downloading") as progress:
        pool.progress = progress
        found = find_artifact(
            pool, options.url, options.name, version=options.rev, stage=options.stage, overrides=overrides
        )
        if options.show_url:
            ui.answer(storage_path(found.source, found.path))
            return 0
        target = target_path(found.path, options.out, ui.context.directory, force=options.force)
        count = get(found.source, found.path, target)
    ui.write(f"Downloaded {count} file(s) to '{options.out or found.path.rpartition('/')[2]}'")
    return 0
