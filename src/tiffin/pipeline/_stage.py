"""A stage as the project sees it: its definition joined with what the lock file recorded."""

import posixpath
from collections.abc import Mapping
from typing import Any, NamedTuple

from tiffin.errors import GraphError
from tiffin.formats.values import (
    Content,
    DependencyEntry,
    DvcFile,
    LockEntry,
    LockItem,
    OutputEntry,
    ParamsEntry,
    StageEntry,
)

__all__ = ["Dependency", "Output", "Stage", "from_dvc_file", "from_pipeline", "is_dataset", "join", "relative"]

PIPELINE_FILE = "dvc.yaml"
_HEX = frozenset("0123456789abcdef")
_RESERVED = frozenset((".git", ".dvc", ".hg"))


class Dependency(NamedTuple):
    """path: relative to the repository; recorded: what it held when the stage last ran."""

    path: str
    entry: DependencyEntry
    recorded: Content | None


class Output(NamedTuple):
    """path: relative to the repository; recorded: what the stage last wrote there.

    executable: the files in a directory that are to be executable; None if no list of them is kept.
    """

    path: str
    entry: OutputEntry
    recorded: Content | None
    executable: tuple[str, ...] | None = None


class Stage(NamedTuple):
    """One node of the pipeline; a .dvc file is a stage without a command.

    file and wdir are relative to the repository ("" is its root); paths inside the entries are
    relative to wdir, those of `deps` and `outs` relative to the repository.
    """

    file: str
    name: str | None
    wdir: str
    cmd: str | tuple[str, ...] | None
    deps: tuple[Dependency, ...]
    params: tuple[ParamsEntry, ...]
    outs: tuple[Output, ...]
    frozen: bool
    always_changed: bool
    lock: LockEntry | None
    dvc_file: DvcFile | None = None
    desc: str | None = None
    meta: Any = None

    @property
    def address(self) -> str:
        """How a target names the stage, seen from the root of the repository."""
        return self.seen_from("")

    def seen_from(self, directory: str) -> str:
        """How a target names the stage, seen from a directory of the repository."""
        file = relative(self.file, directory)
        if self.name is None:
            return file
        return self.name if file == PIPELINE_FILE else f"{file}:{self.name}"

    @property
    def label(self) -> str:
        """The stage in a sentence."""
        return f"stage '{self.address}'" if self.name is not None else f"'{self.file}'"

    @property
    def is_data(self) -> bool:
        """Whether this is data tracked by hand (`add`, `import`) rather than the result of a command."""
        return self.cmd is None

    @property
    def is_import(self) -> bool:
        return self.is_data and self.dvc_file is not None and len(self.dvc_file.deps) == 1 and len(self.outs) == 1

    @property
    def origin(self) -> DependencyEntry | None:
        """Where an import from another repository comes from; no path of this one, so it is not among `deps`."""
        dep = self.dvc_file.deps[0] if self.dvc_file is not None and self.is_import else None
        return dep if dep is not None and "repo" in dep.extra else None

    @property
    def origin_label(self) -> str:
        """The origin as `status` names it."""
        return f"{self.origin.path} ({self.origin.extra['repo']['url']})" if self.origin is not None else ""

    @property
    def is_callback(self) -> bool:
        """A command with neither dependencies nor outputs: it runs every time."""
        return self.cmd is not None and not (self.deps or self.params or self.outs)

    @property
    def commands(self) -> list[str]:
        """The command lines, run one after the other; a multi-line string is one command a line."""
        if self.cmd is None:
            return []
        return self.cmd.splitlines() if isinstance(self.cmd, str) else list(self.cmd)

    @property
    def command_changed(self) -> bool:
        return self.name is not None and self.lock is not None and self.lock.cmd != self.cmd

    def params_path(self, entry: ParamsEntry) -> str:
        """Where a params file of the stage lies, relative to the repository."""
        return join(self.wdir, entry.file)

    def recorded_params(self, entry: ParamsEntry) -> Mapping[str, Any] | None:
        """The values of one params file when the stage last ran; None if it never did."""
        return None if self.lock is None else self.lock.params.get(entry.file)


def from_pipeline(
    file: str, entry: StageEntry, lock: LockEntry | None, executable: Mapping[str, tuple[str, ...]] | None = None
) -> Stage:
    """Join a stage of the dvc.yaml at `file` with its entry in dvc.lock, and the executable files by output."""
    wdir = join(posixpath.dirname(file), entry.wdir)
    deps = _by_path(lock.deps if lock else ())
    outs = _by_path(lock.outs if lock else ())
    for path, content in outs.items():
        _check_id(content, path, file)
    return Stage(
        file=file,
        name=entry.name,
        wdir=wdir,
        cmd=entry.cmd,
        deps=tuple(Dependency(join(wdir, dep.path), dep, deps.get(dep.path)) for dep in entry.deps),
        params=entry.params,
        outs=tuple(
            Output(path, out, outs.get(out.path), executable.get(path) if executable else None)
            for out in entry.outs
            for path in (_inside(wdir, out.path, file),)
        ),
        frozen=entry.frozen,
        always_changed=entry.always_changed,
        lock=lock,
        desc=entry.desc,
        meta=entry.meta,
    )


def from_dvc_file(file: str, parsed: DvcFile) -> Stage:
    """A .dvc file as a stage."""
    wdir = join(posixpath.dirname(file), parsed.wdir)
    for out in parsed.outs:
        _check_id(out.content, out.path, file)
    return Stage(
        file=file,
        name=None,
        wdir=wdir,
        cmd=parsed.cmd,
        deps=tuple(
            Dependency(join(wdir, dep.path), dep, dep.content) for dep in parsed.deps if "repo" not in dep.extra
        ),
        params=(),
        outs=tuple(Output(_inside(wdir, out.path, file), out, out.content, _executable(out)) for out in parsed.outs),
        frozen=parsed.frozen,
        always_changed=parsed.always_changed,
        lock=None,
        dvc_file=parsed,
        desc=parsed.desc,
    )


def join(directory: str, path: str) -> str:
    """A path of a metadata file, relative to the repository; absolute paths and URLs stay as they are."""
    if "://" in path:
        return path
    joined = posixpath.normpath(posixpath.join(directory, path))
    return "" if joined == "." else joined


def is_dataset(path: str) -> bool:
    """Whether a dependency names a data set of a dvc.yaml (see `datasets`) rather than a place."""
    return path.startswith("ds://")


def relative(path: str, directory: str) -> str:
    """A repository path as seen from a directory of the repository."""
    if not directory or path.startswith("/") or "://" in path:
        return path
    return posixpath.relpath(path, directory)


def _inside(directory: str, path: str, file: str) -> str:
    joined = join(directory, path)
    if joined.startswith(("/", "../")) or joined in ("", "..") or "://" in joined:
        raise GraphError(
            f"output '{path}' in '{file}' lies outside the repository",
            hint="outputs must be files or directories below the repository's root",
        )
    # A repository from a stranger must not bring hooks or settings by way of `pull`.
    if not _RESERVED.isdisjoint(joined.lower().split("/")):
        raise GraphError(f"output '{path}' in '{file}' lies in a directory of Git or DVC", hint="choose another place")
    return joined


def _executable(entry: OutputEntry) -> tuple[str, ...] | None:
    """What `add` noted in the free part of a .dvc file; None for anything else there."""
    own = entry.annotations.get("meta")
    for key in ("tiffin", "executable"):
        own = own.get(key) if isinstance(own, Mapping) else None
    return tuple(name for name in own if isinstance(name, str)) if isinstance(own, list) else None


def _check_id(content: Content | None, path: str, file: str) -> None:
    # An id becomes a path in the store: it must not lead out of it.
    oid = content.oid if content is not None else None
    if oid and not (len(oid) == (36 if oid.endswith(".dir") else 32) and _HEX.issuperset(oid[:32])):
        raise GraphError(
            f"output '{path}' of '{file}' is recorded as '{oid}', which is no MD5",
            hint="restore the line from Git, or delete it and record the output anew with `tiffin commit`",
        )


def _by_path(items: tuple[LockItem, ...]) -> dict[str, Content]:
    return {item.path: item.content for item in items}
