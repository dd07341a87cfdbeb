"""The command `tiffin complete`, which the completion scripts ask for words that only the repository knows."""

from collections.abc import Callable, Iterator
from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo, settings
from tiffin.cli._options import Argument
from tiffin.cli._ui import Ui
from tiffin.config import SECTIONS
from tiffin.errors import TiffinError

__all__ = ["KINDS", "Options", "run"]


class Options(NamedTuple):
    """Print the words that may stand somewhere, a line each."""

    kind: Annotated[str, Argument("what is asked for: target, remote, rev or setting")]
    prefix: Annotated[str | None, Argument("what they begin with", optional=True)]


def run(options: Options, ui: Ui) -> int:
    """Run the command.  Who presses Tab wants no error: then there are no words."""
    words = KINDS.get(options.kind)
    try:
        found = sorted({word for word in words(ui) if word.startswith(options.prefix or "")}) if words else []
    except TiffinError:
        return 0
    # What has a line end in it cannot be told apart from two words.
    ui.table("".join(f"{word}\n" for word in found if word.isprintable()))
    return 0


def _targets(ui: Ui) -> Iterator[str]:
    repo = open_repo(ui)
    for stage in repo.project.stages:
        yield stage.seen_from(repo.directory)
        yield from (repo.shown(out.path) for out in stage.outs)


def _remotes(ui: Ui) -> Iterator[str]:
    yield from settings(ui).remotes


def _revs(ui: Ui) -> Iterator[str]:
    from tiffin.scm import Git, find_git_root  # noqa: PLC0415 - the other kinds need no git

    root = find_git_root(ui.context.directory)
    if root is not None:
        yield "HEAD"
        yield from Git(root).branches()
        yield from Git(root).tags()


def _settings(ui: Ui) -> Iterator[str]:
    for section, options in SECTIONS.items():
        yield from (f"{section}.{option}" for option in options)
    yield from (f"remote.{name}.url" for name in _remotes(ui))


KINDS: dict[str, Callable[[Ui], Iterator[str]]] = {
    "target": _targets,
    "remote": _remotes,
    "rev": _revs,
    "setting": _settings,
}
