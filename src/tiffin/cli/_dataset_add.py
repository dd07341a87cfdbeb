"""The command `tiffin dataset add`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo, tell_git
from tiffin.cli._external_options import externals
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import StageInvalid, UsageError
from tiffin.repo.datasets import Dataset, add_dataset
from tiffin.repo.gitside import GitSide

__all__ = ["Options", "described", "run"]


class Options(NamedTuple):
    """Give data elsewhere a name, and pin what is there now.

    A stage depends on it as ds://NAME: it runs again once `dataset update` has pinned something new.
    Nothing is downloaded; that is up to the stage's command.
    """

    name: Annotated[str, Argument("name of the data set")]
    dvc: Annotated[str | None, Flag("path or URL of a Git or DVC repository", metavar="URL")] = None
    url: Annotated[str | None, Flag("file or directory by URL, path or remote://NAME/path", metavar="URL")] = None
    dc: Annotated[str | None, Flag("a DataChain data set; only DVC can add one", metavar="NAME")] = None
    rev: Annotated[str | None, Flag("with --dvc: branch, tag or commit", metavar="REV")] = None
    path: Annotated[str | None, Flag("with --dvc: a file or directory in the repository", metavar="PATH")] = None
    force: Annotated[bool, Flag("replace a data set of that name", ("-f", "--force"))] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    given = {kind: url for kind in ("dvc", "url", "dc") if (url := getattr(options, kind)) is not None}
    if len(given) != 1:
        raise UsageError("one of --dvc, --url and --dc says where the data set is", hint="give exactly one of them")
    ((kind, url),) = given.items()
    if kind == "dc":
        raise StageInvalid(
            f"'{url}' is a data set of DataChain, which only DVC can look up",
            hint=f"add it with `dvc dataset add --dc {url} {options.name}`; tiffin works with what that pins",
        )
    if kind == "url" and (options.rev or options.path):
        raise StageInvalid("--rev and --path go with --dvc only", hint="leave them out, or name a repository")
    repo = open_repo(ui)
    git = GitSide(repo)
    fields = {"name": options.name, "url": url, "type": kind, "path": options.path, "rev": options.rev}
    spec = {key: value for key, value in fields.items() if value}
    with errors_exit_with(255), externals(ui) as pool, ui.progress("Looking at the source") as progress:
        repo.workspace.progress = progress
        added = add_dataset(repo, spec, pool, force=options.force, git=git)
    ui.write(f"Adding {added.name} ({described(added)})")
    tell_git(ui, repo, git.files)
    return 0


def described(found: Dataset) -> str:
    """Where a data set is, in a few words."""
    path, rev = found.spec.get("path"), found.spec.get("rev")
    place = f"{found.spec['url']}:/{path.lstrip('/')}" if path else str(found.spec["url"])
    return f"{place} @ {rev}" if rev else place
