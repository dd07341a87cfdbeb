"""The command `tiffin stage add`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo, tell_git
from tiffin.cli._options import Argument, Flag
from tiffin.cli._surroundings import surroundings
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.repo.gitside import GitSide
from tiffin.repo.staging import NewStage, add_stage

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Add a stage to dvc.yaml.

    Example: tiffin stage add -n train -d train.py -d data -p lr -o model.bin python train.py
    """

    command: Annotated[
        list[str], Argument("the command; everything from its first word on belongs to it", metavar="...")
    ]
    name: Annotated[str | None, Flag("name of the stage", ("-n", "--name"), metavar="NAME")] = None
    force: Annotated[bool, Flag("replace a stage of that name", ("-f", "--force"))] = False
    deps: Annotated[list[str], Flag("a dependency", ("-d", "--deps"), metavar="PATH")] = []  # noqa: RUF012 - fields of a NamedTuple
    params: Annotated[list[str], Flag("parameters: [FILE:]KEY[,KEY...]", ("-p", "--params"), metavar="KEYS")] = []  # noqa: RUF012
    outs: Annotated[list[str], Flag("an output", ("-o", "--outs"), metavar="PATH")] = []  # noqa: RUF012
    outs_no_cache: Annotated[
        list[str], Flag("an output that Git keeps", ("-O", "--outs-no-cache"), metavar="PATH")
    ] = []  # noqa: RUF012
    outs_persist: Annotated[list[str], Flag("an output that is not removed before a run", metavar="PATH")] = []  # noqa: RUF012
    outs_persist_no_cache: Annotated[list[str], Flag("the same, kept by Git", metavar="PATH")] = []  # noqa: RUF012
    metrics: Annotated[list[str], Flag("a metrics file", ("-m", "--metrics"), metavar="PATH")] = []  # noqa: RUF012
    metrics_no_cache: Annotated[
        list[str], Flag("a metrics file that Git keeps", ("-M", "--metrics-no-cache"), metavar="PATH")
    ] = []  # noqa: RUF012
    plots: Annotated[list[str], Flag("a plots file or directory", metavar="PATH")] = []  # noqa: RUF012
    plots_no_cache: Annotated[list[str], Flag("the same, kept by Git", metavar="PATH")] = []  # noqa: RUF012
    wdir: Annotated[str | None, Flag("directory the command runs in", ("-w", "--wdir"), metavar="DIR")] = None
    always_changed: Annotated[bool, Flag("run it every time")] = False
    desc: Annotated[str | None, Flag("what the stage does", metavar="TEXT")] = None
    run: Annotated[bool, Flag("run it right away")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    if options.name is None:
        raise UsageError("the stage needs a name", hint="give it with -n NAME")
    repo = open_repo(ui)
    git = GitSide(repo)
    fields = {field: getattr(options, field) for field in NewStage._fields}
    stage = add_stage(repo, NewStage(**fields), force=options.force, git=git)
    ui.status(f"Added stage '{stage.seen_from(repo.directory)}' in 'dvc.yaml'")
    if options.run:
        from tiffin.cli._repro import reproduce  # noqa: PLC0415 - running loads more than writing
        from tiffin.repo.running import Scope, Settings  # noqa: PLC0415

        return reproduce(
            repo, ui, Scope([f"dvc.yaml:{stage.name}"], single=True), Settings(force=True), surroundings(repo)
        )
    tell_git(ui, repo, git.files)
    return 0
