"""All stages of one state of a repository, loaded when they are asked for."""

import posixpath
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from tiffin.errors import MissingParameter, StageNotFound
from tiffin.formats import dvcfile, lock, params, yaml
from tiffin.formats.values import LockEntry
from tiffin.formats.words import nearest
from tiffin.pipeline._graph import Graph
from tiffin.pipeline._source import Source, is_metafile
from tiffin.pipeline._stage import PIPELINE_FILE, Stage, from_dvc_file, from_pipeline, join

if TYPE_CHECKING:
    from tiffin.formats.pipeline import PipelineFile
    from tiffin.formats.template import Flags

__all__ = ["Project", "Selection", "executable_path", "lock_path", "stage_params"]


_Parsed = TypeVar("_Parsed")


class Selection(NamedTuple):
    """A stage a target named; path: only what lies at or below it, where the target named an output."""

    stage: Stage
    path: str | None = None


class Project:
    """The stages of the repository state `source`.  Loading raises FormatError and GraphError."""

    def __init__(
        self,
        source: Source,
        flags: "Flags | None" = None,
        parsed: dict[tuple[str, str | bytes], Any] | None = None,
        *,
        root: str | None = None,
    ) -> None:
        """flags: how maps in templates become flags of a command; root: what absolute targets are looked for below.

        parsed: what other projects with these flags parsed already; equal files are parsed once.
        """
        self.source = source
        self._root = root
        self._flags = flags
        self._parsed = {} if parsed is None else parsed
        self._pipelines: dict[str, PipelineFile] = {}
        self._loaded: dict[str, tuple[Stage, ...]] = {}
        self._values_of: dict[str, dict[str, Any] | None] = {}

    @cached_property
    def metafiles(self) -> list[str]:
        return self.source.metafiles()

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """Every stage of every file, in the order of the files."""
        return tuple(stage for file in self.metafiles for stage in self.stages_in(file))

    @cached_property
    def graph(self) -> Graph:
        return Graph(self.stages)

    def stages_in(self, file: str) -> tuple[Stage, ...]:
        """The stages of one dvc.yaml or .dvc file.  Raises StageNotFound if the file does not exist."""
        if file not in self._loaded:
            self._loaded[file] = self._load(file)
        return self._loaded[file]

    def pipeline_file(self, file: str) -> "PipelineFile":
        """A dvc.yaml, parsed; its stages are resolved when asked for."""
        if file not in self._pipelines:
            text = self._text(file)
            if text is None:
                raise StageNotFound(f"'{file}' does not exist", hint=_where_stages_are(file))
            directory = posixpath.dirname(file)

            def read(path: str) -> dict[str, Any]:
                return self._values(join(directory, path))

            # Late: without a dvc.yaml nothing of templates is needed, which takes 2 ms.
            from tiffin.formats import pipeline  # noqa: PLC0415

            parsed = self._once(file, text, lambda: pipeline.parse(text, file, read=read, flags=self._flags))
            self._pipelines[file] = parsed.beside(read)
        return self._pipelines[file]

    def pipeline_files(self) -> "dict[str, PipelineFile]":
        """Every dvc.yaml, parsed."""
        return {file: self.pipeline_file(file) for file in self.metafiles if file.rpartition("/")[2] == PIPELINE_FILE}

    def values(self, path: str) -> dict[str, Any] | None:
        """What a params or metrics file says; None if there is no such file."""
        if path not in self._values_of:
            text = self.source.read(path)
            self._values_of[path] = None if text is None else self._once(path, text, lambda: params.load(text, path))
        return self._values_of[path]

    def forget_values(self) -> None:
        """Read params and metrics files again next time: a command may have written them."""
        self._values_of.clear()

    def select(
        self, target: str, directory: str = "", *, with_deps: bool = False, recursive: bool = False
    ) -> list[Selection]:
        """The stages a target names, seen from a directory of the repository.

        A target is a dvc.yaml or .dvc file, a stage (`name`, `path/dvc.yaml:name`, `:name`), a group of
        foreach or matrix stages, an output or a path inside one; with recursive, a directory.  Paths may be absolute.
        Raises StageNotFound.
        """
        if self._root is not None and target.startswith(f"{self._root}/"):
            target, directory = target.removeprefix(f"{self._root}/"), ""
        found = self._select(target, directory, recursive=recursive)
        if not with_deps:
            return found
        graph = self.graph
        numbers = [graph.number(selection.stage) for selection in found]
        return [Selection(graph.stages[number]) for number in graph.order(numbers)]

    def select_stages(self, targets: Iterable[str], directory: str = "", **how: bool) -> list[Stage]:
        """Like select for several targets, but an output does not name its stage: the stages, each once."""
        found: dict[tuple[str, str | None], Stage] = {}
        for target in targets:
            for stage, path in self.select(target, directory, **how):
                if path is not None:
                    raise StageNotFound(
                        f"'{target}' is an output, not a stage",
                        hint=f"did you mean '{stage.seen_from(directory)}', which writes it?",
                    )
                found[stage.file, stage.name] = stage
        return list(found.values())

    def lock_entries(self, file: str) -> dict[str, LockEntry]:
        """What dvc.lock beside a dvc.yaml says."""
        path = lock_path(file)
        text = self._text(path)
        return {} if text is None else self._once(path, text, lambda: lock.parse(text, path))

    def lock_datasets(self, file: str) -> list[dict[str, Any]]:
        """What the data sets of a dvc.yaml are pinned to, as dvc.lock beside it says."""
        path = lock_path(file)
        text = self._text(path)
        return [] if text is None else self._once(f"{path}#datasets", text, lambda: lock.parse_datasets(text, path))

    def _load(self, file: str) -> tuple[Stage, ...]:
        if file.rpartition("/")[2] == PIPELINE_FILE:
            parsed = self.pipeline_file(file)
            entries, executable = self.lock_entries(file), self._executable(file)
            return tuple(
                from_pipeline(file, entry, entries.get(name), executable) for name, entry in parsed.stages().items()
            )
        text = self._text(file)
        if text is None:
            raise StageNotFound(f"'{file}' does not exist")
        return (from_dvc_file(file, dvcfile.parse(text, file)),)

    def _executable(self, file: str) -> dict[str, tuple[str, ...]]:
        path = executable_path(file)
        text = self._text(path)
        if text is None:
            return {}
        from tiffin.formats import executable  # noqa: PLC0415 - few repositories have such a file

        return self._once(path, text, lambda: executable.parse(text, path))

    def _once(self, path: str, text: str | bytes, parse: Callable[[], _Parsed]) -> _Parsed:
        key = (path, text)
        if key not in self._parsed:
            self._parsed[key] = parse()
        found: _Parsed = self._parsed[key]
        return found

    def _text(self, path: str) -> str | None:
        body = self.source.read(path)
        return None if body is None else yaml.decode(body, path)

    def _values(self, path: str) -> dict[str, Any]:
        values = self.values(path)
        if values is None:
            raise FileNotFoundError(path)
        return values

    def _select(self, target: str, directory: str, *, recursive: bool) -> list[Selection]:
        file, _, name = target.rpartition(":") if ":" in target else (target, "", "")
        if ":" in target:
            return self._named(join(directory, file or PIPELINE_FILE), name)
        path = join(directory, target)
        if is_metafile(target):
            return [Selection(stage) for stage in self.stages_in(path)]
        if recursive:
            inside = [stage for stage in self.stages if stage.file.startswith(f"{path}/" if path else "")]
            if inside:
                return [Selection(stage) for stage in inside]
        here = join(directory, PIPELINE_FILE)
        if self.source.read(here) is not None and self._has(here, target):
            return self._named(here, target)
        return self._output(target, path)

    def _has(self, file: str, name: str) -> bool:
        parsed = self.pipeline_file(file)
        return name in parsed.groups or name in parsed.stage_names()

    def _named(self, file: str, name: str) -> list[Selection]:
        parsed = self.pipeline_file(file)
        if not self._has(file, name):
            near = _did_you_mean(name, [*parsed.stage_names(), *parsed.groups])
            raise StageNotFound(f"stage '{name}' not found in '{file}'", hint=near)
        members = parsed.groups.get(name, (name,))
        return [Selection(stage) for stage in self.stages_in(file) if stage.name in members]

    def _output(self, target: str, path: str) -> list[Selection]:
        produced = self.graph.producer(path)
        if produced is not None:
            return [Selection(produced[0], path)]
        below = [Selection(stage, output.path) for stage, output in self.graph.below(path)]
        if below and path:
            return below
        names = [stage.name or stage.file for stage in self.stages]
        outputs = [out.path for stage in self.stages for out in stage.outs]
        raise StageNotFound(
            f"'{target}' is neither an output nor a stage of this project",
            hint=_did_you_mean(target, [*names, *outputs]) or "`tiffin stage list --all` names the stages",
        )


def lock_path(file: str) -> str:
    """The dvc.lock that belongs to a dvc.yaml."""
    return f"{file.removesuffix('.yaml')}.lock"


def executable_path(file: str) -> str:
    """The list of executable files that belongs to a dvc.yaml."""
    return join(posixpath.dirname(file), "tiffin.executable")


def stage_params(project: Project, stage: Stage, *, strict: bool = False) -> dict[str, dict[str, Any]]:
    """The values a stage's params have now: file (as written) -> key -> value.

    A file or key that is not there is left out; with strict, MissingParameter is raised instead.
    """
    now: dict[str, dict[str, Any]] = {}
    for entry in stage.params:
        path = stage.params_path(entry)
        values = project.values(path)
        if values is None:
            if strict:
                raise MissingParameter(f"parameters file '{path}' of {stage.label} does not exist")
            continue
        now[entry.file] = dict(values) if entry.keys is None else _chosen(values, entry.keys)
        absent = [key for key in entry.keys or () if key not in now[entry.file]]
        if strict and absent:
            raise MissingParameter(
                f"parameter '{absent[0]}' of {stage.label} is not in '{path}'",
                hint=_near_parameter(absent[0], values),
            )
    return now


def _chosen(values: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for key in keys:
        try:
            chosen[key] = params.get(values, key)
        except KeyError:
            continue
    return chosen


def _near_parameter(name: str, values: dict[str, Any]) -> str | None:
    file, _, key = name.partition(":")
    if key and "." in file:
        return f"to read it from another file, write `- {file}: [{key}]` in dvc.yaml"
    return _did_you_mean(name, params.flatten(values))


def _where_stages_are(file: str) -> str:
    if "/" in file:
        return "name the dvc.yaml that is meant, such as ../dvc.yaml, or go to its directory"
    return "`tiffin stage add` writes a first stage"


def _did_you_mean(name: str, known: Iterable[str]) -> str | None:
    near = nearest(name, known)
    return f"did you mean '{near}'?" if near else None
