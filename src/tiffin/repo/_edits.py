"""Changes of parameters files that an experiment starts with, worked out before any is written."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from tiffin.errors import FormatError, OverrideError
from tiffin.formats import params
from tiffin.formats.overrides import Override, parse_override, set_values, split_file
from tiffin.pipeline import Source
from tiffin.repo._repo import Repo

__all__ = ["Edit", "Edited", "edits_of"]


class Edit(NamedTuple):
    """A params file before (None: it is not there) and after the changes."""

    path: str
    old: bytes | None
    new: str

    def tell(self, changing: Callable[[str, str, object, object], None]) -> None:
        """Call with the path, and each parameter's name, what it was and what it will be; None: it is not there."""
        old = params.flatten(params.load(self.old or b"", self.path))
        new = params.flatten(params.load(self.new, self.path))
        for name in dict.fromkeys([*old, *new]):
            if old.get(name) != new.get(name):
                changing(self.path, name, old.get(name), new.get(name))


class Edited:
    """A source in which some files say something else."""

    def __init__(self, source: Source, edits: Iterable[Edit]) -> None:
        self._source = source
        self._texts = {edit.path: edit.new.encode() for edit in edits}

    def metafiles(self) -> list[str]:
        return self._source.metafiles()

    def read(self, path: str) -> bytes | None:
        return self._texts[path] if path in self._texts else self._source.read(path)


def edits_of(repo: Repo, overrides: Sequence[str], *, hydra: bool) -> list[Edit]:
    """What changes of parameters ("train.lr=0.1", files from where the user stands) make of the files.

    hydra: whether Hydra composes params.yaml, where the settings ask for it.  Raises OverrideError, FormatError.
    """
    by_file: dict[str, list[Override]] = {}
    composed = repo.inside(params.DEFAULT_FILE) if hydra and repo.config.flag("hydra.enabled") else None
    for_hydra: list[str] = []
    for text in overrides:
        file, change = split_file(text)
        if repo.inside(file) == composed:
            for_hydra.append(change)
        else:
            by_file.setdefault(repo.inside(file), []).append(parse_override(text))
    edits = [_edit(repo, path, changes) for path, changes in by_file.items()]
    if composed is None:
        return edits
    from tiffin.repo._composing import compose  # noqa: PLC0415 - few projects have their parameters composed

    return [Edit(composed, repo.project.source.read(composed), compose(repo, for_hydra)), *edits]


def _edit(repo: Repo, path: str, changes: Sequence[Override]) -> Edit:
    old = repo.project.source.read(path)
    if old is None and all(change.op in ("set", "delete") for change in changes):
        raise OverrideError(
            f"cannot set '{changes[0].name}': there is no '{repo.shown(path)}'",
            hint=f"to make the file, write '{changes[0].file}:+{changes[0].text.removeprefix(f'{changes[0].file}:')}'",
        )
    try:
        text = (old or b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"byte {error.start} is not UTF-8", path=path) from error
    return Edit(path, old, set_values(text, path, changes))
