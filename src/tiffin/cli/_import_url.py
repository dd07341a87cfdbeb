"""The command `tiffin import-url`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo, tell_git
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.cli._url_options import FsConfig, Jobs, ToRemote, Url, options_of
from tiffin.errors import TargetError, UsageError
from tiffin.repo.gitside import GitSide
from tiffin.repo.importing_url import Mode, import_url

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Download a file, or copy a file or directory from elsewhere, and track it with where it came from.

    The URL may be http://, https:// or file://, a path on this machine, or remote://NAME/path for
    what lies below a remote. `update` brings the data to what is at the URL later.
    """

    url: Url
    out: Annotated[str | None, Argument("where to put it (default: here, under its name)", optional=True)] = None
    to_remote: ToRemote = False
    remote: Annotated[str | None, Flag("the remote for --to-remote", ("-r", "--remote"), metavar="NAME")] = None
    no_exec: Annotated[bool, Flag("only write the .dvc file, without looking at the URL")] = False
    no_download: Annotated[bool, Flag("note what is at the URL, but leave the data there (see `pull`)")] = False
    version_aware: Annotated[bool, Flag("import a version that the store keeps (none of the stores here does)")] = False
    force: Annotated[bool, Flag("replace what is there", ("-f", "--force"))] = False
    jobs: Jobs = None
    fs_config: FsConfig = []  # noqa: RUF012 - a named tuple's default is never changed


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    if options.no_exec and options.no_download:
        raise UsageError("--no-exec and --no-download do not go together", hint="leave one of them out")
    how = options_of(options.fs_config)
    repo = open_repo(ui)
    git = GitSide(repo)
    with errors_exit_with(1), ui.progress("Importing") as progress:
        mode = _mode(options)
        repo.progress = progress
        file = import_url(
            repo,
            options.url,
            options.out,
            mode=mode,
            force=options.force,
            options=how,
            git=git,
        )
    if mode.execute and mode.to_remote is None:
        ui.write(f"Importing '{options.url}' -> '{repo.shown(file.removesuffix('.dvc'))}'")
    tell_git(ui, repo, git.files)
    return 0


def _mode(options: Options) -> Mode:
    if options.to_remote and (options.no_exec or options.no_download or options.version_aware):
        raise TargetError("--no-exec, --no-download and --version-aware do not go with --to-remote")
    if options.remote and not options.to_remote:
        raise TargetError("--remote goes with --to-remote only")
    if options.version_aware:
        raise TargetError(
            f"{options.url} keeps no versions that could be asked for",
            hint="leave --version-aware out: what was imported is known by its hash",
        )
    to_remote = (options.remote or "") if options.to_remote else None
    return Mode(execute=not options.no_exec, download=not options.no_download, to_remote=to_remote)
