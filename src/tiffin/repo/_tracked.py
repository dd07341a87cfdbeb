"""What a repository's outputs hold, by path, whether it is on disk or not."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tiffin._native import Table
from tiffin.index import parents
from tiffin.pipeline import Output, Stage

__all__ = ["Leaf", "TrackedPaths"]


class Leaf(NamedTuple):
    """A tracked file or directory, or a directory above one.  oid, size: None where nothing is recorded."""

    is_dir: bool
    oid: str | None = None
    size: int | None = None


class TrackedPaths:
    """The cached outputs of a repository.  listing: the files of an output that is a directory."""

    def __init__(self, stages: tuple[Stage, ...], listing: Callable[[Stage, Output], Table]) -> None:
        self.outs: Mapping[str, tuple[Stage, Output]] = {
            out.path: (stage, out) for stage in stages for out in stage.outs if out.entry.cache
        }
        self._listing = listing
        self._tables: dict[str, Table] = {}
        self._expanded: set[str] = set()  # outputs whose files are in _folders
        self._folders: dict[str, dict[str, Leaf]] = {}  # directory -> name -> what is there
        for path, (_, out) in self.outs.items():
            self._put(path, _leaf(out))

    def output(self, path: str) -> tuple[Stage, Output] | None:
        """The output at a path or above it."""
        for candidate in (path, *parents(path)):
            if candidate in self.outs:
                return self.outs[candidate]
        return None

    def below(self, path: str) -> list[tuple[Stage, Output]]:
        """The outputs inside a directory that is none itself."""
        prefix = f"{path}/" if path else ""
        return [found for name, found in self.outs.items() if name.startswith(prefix)]

    def info(self, path: str) -> Leaf | None:
        """What is at a path."""
        if not path:
            return Leaf(is_dir=True) if self.outs else None
        folder, _, name = path.rpartition("/")
        return self.ls(folder).get(name)

    def ls(self, path: str) -> Mapping[str, Leaf]:
        """What is in a directory, by name."""
        above = self.output(path)
        if above is not None and above[1].path not in self._expanded:
            self._expand(*above)
        return self._folders.get(path, {})

    def rows(self, stage: Stage, out: Output, path: str) -> Table:
        """The files of a directory output at or below a path, relative to it."""
        table = self._table(stage, out)
        return table if path == out.path else table.under(path.removeprefix(f"{out.path}/"))

    def _table(self, stage: Stage, out: Output) -> Table:
        if out.path not in self._tables:
            self._tables[out.path] = self._listing(stage, out)
        return self._tables[out.path]

    def _expand(self, stage: Stage, out: Output) -> None:
        if not _leaf(out).is_dir:
            return
        table = self._table(stage, out)
        last, names = "", self._folder(out.path)
        for path, oid in zip(table.paths(), table.oids(), strict=True):
            folder, _, name = path.rpartition("/")
            if folder != last:
                last, names = folder, self._folder(f"{out.path}/{folder}" if folder else out.path)
            names.setdefault(name, Leaf(is_dir=False, oid=oid))
        self._expanded.add(out.path)

    def _folder(self, path: str) -> dict[str, Leaf]:
        """What is in a directory, to be added to."""
        if path not in self._folders:
            self._put(path, Leaf(is_dir=True))
        return self._folders.setdefault(path, {})

    def _put(self, path: str, leaf: Leaf) -> None:
        while path:
            folder, _, name = path.rpartition("/")
            known = self._folders.setdefault(folder, {})
            if name in known:
                return
            known[name] = leaf
            path, leaf = folder, Leaf(is_dir=True)


def _leaf(out: Output) -> Leaf:
    recorded = out.recorded
    if recorded is None or recorded.oid is None:
        return Leaf(is_dir=False, size=0)
    return Leaf(recorded.is_dir, recorded.oid, recorded.size)
