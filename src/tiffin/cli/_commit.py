"""The command `tiffin commit`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo, tell_git
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.repo.gitside import GitSide
from tiffin.repo.tracking import commit

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Record the outputs as they are now, without running anything.

    Asks about every stage that changed; -f records without asking.
    """

    targets: Annotated[list[str], Argument("stages, .dvc files or outputs (default: everything)", optional=True)]
    force: Annotated[bool, Flag("do not ask", ("-f", "--force"))] = False
    with_deps: Annotated[bool, Flag("also what the targets depend on", ("-d", "--with-deps"))] = False
    recursive: Annotated[bool, Flag("targets are directories: all stages below them", ("-R", "--recursive"))] = False
    no_relink: Annotated[bool, Flag("leave files as they are, even if cache.type asks for links")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    git = GitSide(repo)
    with errors_exit_with(1), ui.progress("Committing") as progress:
        repo.progress, repo.relinks = progress, not options.no_relink
        commit(
            repo,
            options.targets,
            force=options.force,
            with_deps=options.with_deps,
            recursive=options.recursive,
            confirm=ui.confirm,
            git=git,
        )
    tell_git(ui, repo, git.files)
    return 0
