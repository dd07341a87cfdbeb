"""Recording executable bits: in the `meta` of a .dvc file's output, in tiffin.executable for the outputs of stages."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from tiffin.formats.values import Content, DvcFile, OutputEntry
from tiffin.fs import write_atomically
from tiffin.index import Workspace
from tiffin.pipeline._bits import executables_now
from tiffin.pipeline._project import executable_path
from tiffin.pipeline._stage import Stage

__all__ = ["ExecutableLists", "with_executables"]


def with_executables(parsed: DvcFile, lists: Mapping[str, Sequence[str] | None]) -> DvcFile:
    """A .dvc file with these lists for its outputs, named as in the file; None changes nothing."""

    def updated(entry: OutputEntry) -> OutputEntry:
        names = lists.get(entry.path)
        if names is None:
            return entry
        meta = _map(entry.annotations.get("meta"))
        own = {**_map(meta.get("tiffin")), "executable": list(names)}
        return entry._replace(annotations={**entry.annotations, "meta": {**meta, "tiffin": own}})

    return parsed._replace(outs=tuple(map(updated, parsed.outs)))


class ExecutableLists:
    """Writes the lists of outputs of stages, keeping all other lists."""

    def __init__(self, root: str) -> None:
        self._root = root
        self.written: dict[str, bool] = {}  # path -> whether it was new

    def record(self, stage: Stage, workspace: Workspace, contents: Mapping[str, Content]) -> None:
        """Take the bits of a stage's outputs, which hold `contents`, as they are now."""
        lists: dict[str, list[str]] = {}
        for out in stage.outs:
            content = contents.get(out.path)
            # Empty lists, too: they say that the bits of this output are known, so the run cache may restore it.
            names = executables_now(workspace, out, content, empty=True) if content is not None else None
            if names is not None and (out.executable is None or names != [*out.executable]):
                lists[out.path] = names
        if lists:
            self._merge(executable_path(stage.file), lists)

    def _merge(self, path: str, lists: Mapping[str, Sequence[str]]) -> None:
        from tiffin.formats import executable  # noqa: PLC0415 - few repositories have such a file

        at = os.path.join(self._root, path)
        try:
            with open(at, encoding="utf-8") as file:
                old = executable.parse(file.read(), path)
        except FileNotFoundError:
            old = None
        if old is None or any(old.get(out) != tuple(names) for out, names in lists.items()):
            write_atomically(at, executable.dump({**(old or {}), **lists}, path))
            self.written.setdefault(path, old is None)


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
