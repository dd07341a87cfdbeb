"""The command `tiffin checkout`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import MissingObjects, StageNotFound
from tiffin.repo import Repo
from tiffin.repo.checkout import CheckedOut, checkout
from tiffin.repo.rescuing import rescue

__all__ = ["Options", "counts", "refuse_missing", "report", "run", "tell_rescued"]

FETCH_HINT = "get the data with `tiffin pull`"


class Options(NamedTuple):
    """Bring the workspace's data to what the .dvc files and dvc.lock say.

    Data that is stored nowhere else is never replaced or removed unless -f is given.
    """

    targets: Annotated[list[str], Argument("stages, .dvc files, outputs or paths inside them", optional=True)]
    summary: Annotated[bool, Flag("print counts only")] = False
    with_deps: Annotated[bool, Flag("also what the targets depend on", ("-d", "--with-deps"))] = False
    recursive: Annotated[bool, Flag("targets are directories: all stages below them", ("-R", "--recursive"))] = False
    force: Annotated[bool, Flag("replace data even if it is stored nowhere else", ("-f", "--force"))] = False
    relink: Annotated[bool, Flag("make all links to the cache anew, as cache.type says")] = False
    allow_missing: Annotated[bool, Flag("leave out what the cache lacks, without an error")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    tell_rescued(ui, repo)
    with ui.progress("Checking out") as progress, _git_in_mind(options.targets):
        repo.progress = progress
        done = checkout(
            repo,
            options.targets,
            force=options.force,
            relink=options.relink,
            with_deps=options.with_deps,
            recursive=options.recursive,
            allow_missing=options.allow_missing,
        )
    report(ui, repo, done, summary=options.summary)
    return 0


@contextmanager
def _git_in_mind(targets: Sequence[str]) -> Iterator[None]:
    """Whoever asks for a branch meant Git."""
    try:
        yield
    except StageNotFound as error:
        if error.hint and error.hint.startswith("did you mean"):
            raise
        raise StageNotFound(error.message, hint=f"did you mean `git checkout {' '.join(targets)}`?") from error


def tell_rescued(ui: Ui, repo: Repo) -> None:
    """Bring back what killed runs had set aside, and tell of it before anything else is done."""
    for text, hint in rescue(repo):
        ui.warning(text, hint)


def report(ui: Ui, repo: Repo, done: CheckedOut, *, summary: bool = False, hint: str = FETCH_HINT) -> None:
    """Print what changed.  Raises MissingObjects for what could not be checked out; hint: where that may be had."""
    if summary:
        ui.write(counts(done.files) or "No changes.")
    else:
        for letter, paths in (("M", done.modified), ("A", done.added), ("D", done.deleted)):
            for path in paths:
                at = repo.shown(path)
                ui.write(f"{letter}       {at}{'/' if repo.workspace.is_directory(path) else ''}")
    refuse_missing(repo, done, hint=hint)


def refuse_missing(repo: Repo, done: CheckedOut, *, hint: str = FETCH_HINT) -> None:
    """Raise MissingObjects for what could not be checked out; hint: where that may be had."""
    if done.failed:
        raise MissingObjects(
            f"checkout failed for: {', '.join(map(repo.shown, done.failed))} (not, or not wholly, in the cache)",
            hint=hint,
        )
    if done.unknown:
        raise MissingObjects(
            f"nothing is recorded for: {', '.join(map(repo.shown, done.unknown))}",
            hint=_hint_for_unknown(repo, done.unknown[0]),
        )


def _hint_for_unknown(repo: Repo, path: str) -> str:
    found = repo.project.graph.producer(path)
    if found is None or not found[0].is_data:
        return "their stages have not run yet: `tiffin repro`"
    file = repo.shown(found[0].file)
    return (
        f"`tiffin update {file}` gets it" if found[0].is_import else f"an older commit of '{file}' may name its content"
    )


def counts(files: Mapping[str, int]) -> str:
    """How many files each thing happened to, in words; empty if none."""
    counted = [(word, files.get(word, 0)) for word in ("fetched", "modified", "added", "deleted")]
    words = [f"{count} file{'s' if count > 1 else ''} {word}" for word, count in counted if count]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
