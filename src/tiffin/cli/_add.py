"""The command `tiffin add`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo, tell_git
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import TargetError
from tiffin.repo import Repo
from tiffin.repo.gitside import GitSide
from tiffin.repo.tracking import add

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Track files or directories: their content goes to the cache, a small .dvc file to Git.

    A path inside a directory that is tracked already updates that part of it.  `.` (or DIR/.) stands for what is too
    large for Git below: it is shown, and tracked once you agree.
    """

    targets: Annotated[list[str], Argument("files or directories")]
    glob: Annotated[bool, Flag("targets are patterns: *, ?, [...] and ** for any depth")] = False
    out: Annotated[str | None, Flag("copy the target there, and track the copy", ("-o", "--out"), metavar="PATH")] = (
        None
    )
    to_remote: Annotated[bool, Flag("straight into the remote, without a copy here; of a path or a URL")] = False
    remote: Annotated[str | None, Flag("the remote for --to-remote", ("-r", "--remote"), metavar="NAME")] = None
    remote_jobs: Annotated[int | None, Flag("with --to-remote: number of transfers at a time", metavar="N")] = None
    force: Annotated[bool, Flag("with --out: replace what is there", ("-f", "--force"))] = False
    larger: Annotated[
        str | None,
        Flag(
            "with `.`: what counts as large, such as 500k or 10M (default: 1M, or git config tiffin.larger)",
            metavar="SIZE",
        ),
    ] = None
    yes: Annotated[bool, Flag("with `.`: do not ask", ("-y", "--yes"))] = False
    no_commit: Annotated[bool, Flag("write the .dvc files, but store nothing yet (see `commit`)")] = False
    no_relink: Annotated[bool, Flag("leave files as they are, even if cache.type asks for links")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command; every failure is exit code 1, as in DVC."""
    repo = open_repo(ui)
    repo.relinks = not options.no_relink
    git = GitSide(repo)
    with errors_exit_with(1):
        if _is_elsewhere(options):
            return _from_elsewhere(options, ui, repo, git)
        targets = _planned(options, ui, repo, git)
    if not targets:
        return 0
    with errors_exit_with(1), ui.progress("Adding") as progress:
        repo.progress = progress
        files = add(
            repo,
            targets,
            out=options.out,
            force=options.force,
            glob=options.glob,
            commit=not options.no_commit,
            git=git,
        )
    ui.debug("\n".join(files))
    tell_git(ui, repo, git.files)
    return 0


def _is_elsewhere(options: Options) -> bool:
    """Whether the data does not come by way of the workspace.  Raises TargetError for what does not go together."""
    if not options.to_remote:
        idle = {"--remote": options.remote, "--remote-jobs": options.remote_jobs}
        wrong = [name for name, value in idle.items() if value is not None]
        if wrong:
            raise TargetError(f"{wrong[0]} goes with --to-remote only")
        return options.out is not None and len(options.targets) == 1 and "://" in options.targets[0]
    wrong = [name for name, on in {"--no-commit": options.no_commit, "--glob": options.glob}.items() if on]
    if wrong or len(options.targets) != 1:
        raise TargetError(f"--to-remote does not go with {wrong[0] if wrong else 'several targets'}")
    return True


def _from_elsewhere(options: Options, ui: Ui, repo: Repo, git: GitSide) -> int:
    from tiffin.repo.adding_remote import add_from_elsewhere  # noqa: PLC0415 - few calls need what speaks to servers

    with ui.progress("Adding") as progress:
        repo.progress = progress
        add_from_elsewhere(
            repo,
            options.targets[0],
            options.out,
            to_remote=options.to_remote,
            remote=options.remote,
            jobs=options.remote_jobs,
            force=options.force,
            git=git,
        )
    tell_git(ui, repo, git.files)
    return 0


def _planned(options: Options, ui: Ui, repo: Repo, git: GitSide) -> list[str]:
    """The targets, with `.` replaced by what it stands for, once that is agreed to."""
    if options.out is not None or options.glob or not any(map(_is_everything, options.targets)):
        return options.targets
    from tiffin.cli._add_plan import agreed  # noqa: PLC0415 - few calls need it

    found = [(_is_everything(target), target) for target in options.targets]
    chosen = agreed(
        ui, repo, git, [target for everything, target in found if everything], options.larger, yes=options.yes
    )
    return [*(target for everything, target in found if not everything), *chosen]


def _is_everything(target: str) -> bool:
    return target == "." or target.endswith("/.")
