"""dvc.yaml: stages, templated and multiplied, and what stands beside them.

    file  := [vars] [params] [metrics] [plots] [artifacts] [datasets] [stages: {name: stage | foreach}]
    stage := [matrix: {axis: [value...]}] cmd [wdir] [deps] [params] [vars] [outs] [metrics] [plots]
             [frozen] [always_changed] [desc] [meta]
    foreach := foreach: [value...] | {key: value}  do: stage

See docs/formats/dvc-yaml.md.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import Any, Literal, NoReturn

from tiffin.errors import SchemaError, StageNotFound, TemplateError
from tiffin.formats import template, yaml
from tiffin.formats._schema import (
    Each,
    Either,
    Items,
    Keys,
    Rule,
    Words,
    check,
    expression_at,
    place_of,
    problem_at,
)
from tiffin.formats.params import DEFAULT_FILE
from tiffin.formats.template import Context, Flags, Reference, Unresolved
from tiffin.formats.values import DependencyEntry, OutputEntry, ParamsEntry, StageEntry
from tiffin.formats.words import nearest

__all__ = ["PipelineFile", "parse"]

_ANNOTATIONS: dict[str, Rule] = {"desc": str, "type": str, "labels": Items(str), "meta": object}
_OUT_FLAGS: dict[str, Rule] = {
    **_ANNOTATIONS,
    "cache": bool,
    "persist": bool,
    "checkpoint": bool,
    "remote": str,
    "push": bool,
}
_MOST_MEMBERS = 100_000  # stages of one matrix: a few lines can ask for more than memory holds
_PLOT_PROPS: dict[str, Rule] = {
    "template": str,
    "x": str,
    "y": str,
    "x_label": str,
    "y_label": str,
    "title": str,
    "header": bool,
}
_OUTS = Items(Either(str, Each(Keys(_OUT_FLAGS))))
_VARS = Items(Either(str, dict))
_STAGE: dict[str, Rule] = {
    "cmd": Either(str, Items(object)),
    "wdir": str,
    "deps": Items(str),
    "params": Items(Either(str, Each(Either(Items(object), None)))),
    "vars": _VARS,
    "frozen": bool,
    "meta": object,
    "desc": str,
    "always_changed": bool,
    "outs": _OUTS,
    "metrics": _OUTS,
    "plots": Items(Either(str, Each(Keys({**_OUT_FLAGS, **_PLOT_PROPS})))),
}
_TEMPLATE = Keys({**_STAGE, "matrix": Each(Either(str, Items(object)))}, required=("cmd",))
_FOREACH = Keys(
    {"foreach": Either(dict, list, str), "do": _TEMPLATE},
    required=("foreach", "do"),
    elsewhere={
        **dict.fromkeys(_STAGE, "put it under 'do', with all else that each of the stages is made of"),
        "matrix": "use one of foreach and matrix: a matrix with one axis is a foreach over a list",
    },
)
_PLOT = Keys(
    {
        "x": Either(str, Each(str)),
        "y": Either(str, Items(str), Each(Either(str, Items(str)))),
        "x_label": str,
        "y_label": str,
        "title": str,
        "template": str,
    }
)
_FILE = Keys(
    {
        "stages": Each(object),
        "vars": _VARS,
        "params": Items(str),
        "metrics": Items(str),
        "plots": Items(Either(str, Each(Either(_PLOT, None), least=1))),
        "artifacts": Each(Keys({"path": str, **_ANNOTATIONS}, required=("path",))),
        "datasets": object,
    }
)
_DATASET = Keys(
    {"name": str, "type": Words("dvc", "url", "dc"), "url": str, "path": Either(str, None), "rev": Either(str, None)},
    required=("name", "type", "url"),
    more=True,
)
_KINDS: tuple[tuple[str, Literal["out", "metric", "plot"]], ...] = (
    ("outs", "out"),
    ("metrics", "metric"),
    ("plots", "plot"),
)


def parse(text: str, path: str, *, read: Callable[[str], Any], flags: Flags | None = None) -> "PipelineFile":
    """Check a dvc.yaml and give it; nothing is resolved yet.

    read: gives the values of a params or vars file, by its path from the folder of this file; raises
    FileNotFoundError.  It is called only when an expression or `vars` needs it.
    flags: how maps become flags of a command.  Raises YamlError or SchemaError.
    """
    value = yaml.load(text, path) or {}
    check(value, _FILE, text, path)
    for name, definition in value.get("stages", {}).items():
        multiplied = isinstance(definition, dict) and not {"foreach", "do"}.isdisjoint(definition)
        check(definition, _FOREACH if multiplied else _TEMPLATE, text, path, under=("stages", name))
    return PipelineFile(text, path, value, read, flags or Flags())


class PipelineFile:
    """A dvc.yaml.  Stages are resolved one by one, so that an error in one leaves the others usable."""

    def __init__(self, text: str, path: str, value: dict[str, Any], read: Callable[[str], Any], flags: Flags) -> None:
        self.path = path
        self.warnings: list[str] = []  # grows as stages are resolved
        self._text = text
        self._value = value
        self._read = read
        self._flags = flags
        self._definitions: dict[str, Any] = value.get("stages", {})
        self._items: dict[str, dict[str, dict[str, Any]]] = {}
        self._resolved: dict[str, StageEntry] = {}
        self._tracked: dict[str, dict[str, dict[str, Any]]] = {}

    def beside(self, read: Callable[[str], Any]) -> "PipelineFile":
        """The same file beside other params and vars files."""
        return PipelineFile(self._text, self.path, self._value, read, self._flags)

    def problem_in(
        self, stage: str, keys: Sequence[str], message: str, *, hint: str, at_key: bool = False
    ) -> SchemaError:
        """Make the error for the value under `keys` of a stage, or for the last key, with its place in the file."""
        group = next((name for name, made in self.groups.items() if stage in made), stage)
        inner = ("do",) if "do" in self._definitions.get(group, {}) else ()
        return problem_at(("stages", group, *inner, *keys), message, self._text, self.path, hint=hint, at_key=at_key)

    @property
    def vars(self) -> list[Any]:
        """The top-level `vars` as written."""
        return list(self._value.get("vars", []))

    @cached_property
    def params(self) -> list[str]:
        """Parameter files to show.  Raises TemplateError, as do the next four."""
        return self._section("params", str)

    @cached_property
    def metrics(self) -> list[str]:
        """Metrics files to show."""
        return self._section("metrics", str)

    @cached_property
    def plots(self) -> list[str | dict[str, Any]]:
        """Plots to show: paths, and maps from one path or title to its properties."""
        return self._section("plots", object)

    @property
    def plot_files(self) -> list[str]:
        """The files that the plots are drawn from: the entry's own name, unless its properties name others."""
        found: list[str] = []
        for entry in self.plots:
            for name, properties in {entry: {}}.items() if isinstance(entry, str) else entry.items():
                axes = [(properties or {}).get(axis) for axis in ("x", "y")]
                found += [file for axis in axes if isinstance(axis, dict) for file in axis] or [name]
        return found

    @property
    def datasets_as_written(self) -> list[Any]:
        """The same number of data sets with their expressions."""
        return list(self._value.get("datasets", []))

    @cached_property
    def datasets(self) -> list[dict[str, Any]]:
        """Named data sets: name, type, url and what belongs to the type."""
        return self._section("datasets", _DATASET)

    @cached_property
    def artifacts(self) -> dict[str, dict[str, Any]]:
        """Name -> path, type, desc, labels, meta."""
        found: dict[str, dict[str, Any]] = {}
        for name, definition in self._value.get("artifacts", {}).items():
            resolved = self._resolve_here(name, ("artifacts", name))
            check(resolved, str, self._text, self.path, under=("artifacts", name))
            found[resolved] = self._resolve_here(definition, ("artifacts", name))
        return found

    @property
    def groups(self) -> dict[str, list[str]]:
        """foreach or matrix stage -> the stages it makes."""
        names = [name for name, definition in self._definitions.items() if _is_group(definition)]
        return {name: [f"{name}@{key}" for key in self._members(name)] for name in names}

    def stage_names(self) -> list[str]:
        """All stages in the order of the file, foreach and matrix ones by the names they make."""
        names: list[str] = []
        for name, definition in self._definitions.items():
            names += [f"{name}@{key}" for key in self._members(name)] if _is_group(definition) else [name]
        return names

    def stages(self) -> dict[str, StageEntry]:
        """All stages, resolved.  Raises TemplateError or SchemaError."""
        return {name: self.stage(name) for name in self.stage_names()}

    def stage(self, name: str) -> StageEntry:
        """One stage, resolved.  Raises StageNotFound, TemplateError or SchemaError."""
        if name not in self._resolved:
            try:
                self._resolved[name] = self._load(name)
            except RecursionError as error:
                raise self._too_deep(("stages", name)) from error
        return self._resolved[name]

    def tracked(self, name: str) -> dict[str, dict[str, Any]]:
        """What the stage took from files by `${...}`: file -> dotted name -> value.  For display."""
        self.stage(name)
        return self._tracked.get(name, {})

    def is_templated(self, name: str) -> bool:
        """Tell whether the stage differs from what is written, so that it cannot be written back."""
        definition = self._definitions.get(name)
        return definition is None or _is_group(definition) or template.has_expression(definition)

    def _load(self, name: str) -> StageEntry:
        definition = self._definitions.get(name)
        if definition is not None and not _is_group(definition):
            return self._entry(name, definition, ("stages", name), None)
        group, key = self._group_of(name)
        definition = self._definitions[group]
        if "do" in definition:
            return self._entry(name, definition["do"], ("stages", group, "do"), self._members(group)[key])
        rest = {field: value for field, value in definition.items() if field != "matrix"}
        return self._entry(name, rest, ("stages", group), self._members(group)[key])

    def _group_of(self, name: str) -> tuple[str, str]:
        """The group that makes a stage, and the stage's key in it; either may hold an "@".  Raises StageNotFound."""
        parts = name.split("@")
        for number in range(len(parts) - 1, 0, -1):
            group, key = "@".join(parts[:number]), "@".join(parts[number:])
            if _is_group(self._definitions.get(group)) and key in self._members(group):
                return group, key
        raise self._not_found(name)

    def _entry(
        self, name: str, definition: dict[str, Any], keys: tuple[str, ...], items: dict[str, Any] | None
    ) -> StageEntry:
        """Resolve a stage.  keys: where it is written; items: the values of its turn in a loop."""
        if items is None and "vars" not in definition and not template.has_expression(definition):
            # "\${" without any expression is still to be unescaped.
            fields = template.resolve(definition, Context(self._read)) if _has_escape(definition) else definition
        else:
            fields = self._resolve_stage(name, definition, keys, items)
            self._check_resolved(fields, keys)
        return _stage_entry(name, fields, self._text, self.path, keys)

    def _check_resolved(self, fields: dict[str, Any], keys: tuple[str, ...]) -> None:
        try:
            check(fields, Keys(_STAGE, required=("cmd",)), self._text, self.path, under=keys)
        except SchemaError as error:
            error.hint = "that is what the expression gives: write it into longer text, or put its value in quotes"
            raise

    def _resolve_stage(
        self, name: str, definition: dict[str, Any], keys: tuple[str, ...], items: dict[str, Any] | None
    ) -> dict[str, Any]:
        for field, value in definition.items():
            self._attempt((*keys, field), template.check, value)
        context = self._context.copy(items=items, tracking=True)
        own = definition.get("vars", [])
        if own:
            wdir = self._attempt((*keys, "wdir"), template.resolve, definition.get("wdir", "."), context)
            self._check_vars(own, (*keys, "vars"))
            self._attempt((*keys, "vars"), context.add_vars, own, template.as_text(wdir), name)
        fields = {}
        for field, value in definition.items():
            if field != "vars":
                resolved = self._attempt(
                    (*keys, field), template.resolve, value, context, field=field, flags=self._flags
                )
                # As in DVC, a description may be any single value.
                fields[field] = template.as_text(resolved) if field == "desc" and _is_single(resolved) else resolved
        self._tracked[name] = context.used
        return fields

    @cached_property
    def _context(self) -> Context:
        """params.yaml beside the file, and the global vars."""
        context = Context(self._read)
        entries = self._value.get("vars", [])
        self._check_vars(entries, ("vars",))
        self._attempt(("vars",), context.add_default, DEFAULT_FILE)
        self._attempt(("vars",), context.add_vars, entries, ".")
        return context

    def _check_vars(self, entries: Sequence[Any], keys: tuple[Any, ...]) -> None:
        for index, entry in enumerate(entries):
            if template.has_expression(entry):
                message = f"'{_dotted(keys)}' may not hold ${{...}}"
                hint = "vars give values to expressions, so they are plain"
                self._fail((*keys, index), message, hint)

    def _members(self, group: str) -> dict[str, dict[str, Any]]:
        """Key of each stage a group makes -> the values of its turn."""
        if group not in self._items:
            definition = self._definitions[group]
            make = self._foreach_items if "do" in definition else self._matrix_items
            self._items[group] = make(group, definition)
        return self._items[group]

    def _foreach_items(self, group: str, definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
        keys = ("stages", group, "foreach")
        data = self._attempt(keys, template.resolve, definition["foreach"], self._context, references=True)
        values = _value_of(data)
        if isinstance(values, Mapping):
            self._warn_of_hidden(group, ("item", "key"))
            pairs = {key: value for key, value in _children(data).items() if isinstance(key, str) or values is data}
            return {template.as_text(key): {"item": v, "key": template.as_text(key)} for key, v in pairs.items()}
        if not isinstance(values, list | tuple):
            message = f"'{_dotted(keys)}' should be a list or a map, found {type(values).__name__}"
            self._fail(keys, message)
        self._warn_of_hidden(group, ("item",))
        items = list(_children(data).values())
        by_index = any(_is_collection(item) for item in items)
        return {str(index) if by_index else _name_of(item): {"item": item} for index, item in enumerate(items)}

    def _matrix_items(self, group: str, definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
        keys = ("stages", group, "matrix")
        data = self._attempt(keys, template.resolve, definition["matrix"], self._context, references=True)
        self._warn_of_hidden(group, ("key", "item"))
        axes: dict[str, list[Any]] = {}
        for axis, choices in data.items():
            if not isinstance(_value_of(choices), list | tuple | Mapping):
                message = f"'{_dotted((*keys, axis))}' should be a list, found {_value_of(choices)!r}"
                self._fail((*keys, axis), message)
            children = _children(choices)
            axes[axis] = list(children if isinstance(_value_of(choices), Mapping) else children.values())
        count = 1
        for choices in axes.values():
            count *= len(choices)
        if count > _MOST_MEMBERS:
            self._fail(keys, f"'{_dotted(keys)}' makes {count} stages; at most {_MOST_MEMBERS} are allowed")
        found: dict[str, dict[str, Any]] = {}
        for turn in product(*(enumerate(choices) for choices in axes.values())):
            parts = [
                f"{axis}{index}" if _is_collection(value) else _name_of(value)
                for axis, (index, value) in zip(axes, turn, strict=True)
            ]
            key = "-".join(parts)
            found[key] = {"key": key, "item": dict(zip(axes, (value for _, value in turn), strict=True))}
        return found

    def _warn_of_hidden(self, group: str, names: Iterable[str]) -> None:
        hidden = [name for name in names if name in self._context]
        if hidden:
            listed = " and ".join(f"'{name}'" for name in hidden)
            self.warnings.append(f"{self.path}: in the stages of '{group}', the loop's own {listed} hides a parameter")

    def _section(self, section: str, rule: Rule) -> list[Any]:
        value = self._value.get(section, [])
        if not isinstance(value, list):
            raise problem_at((section,), f"'{section}' should be a list", self._text, self.path)
        found = [self._resolve_here(item, (section, index)) for index, item in enumerate(value)]
        for index, item in enumerate(found):
            check(item, rule, self._text, self.path, under=(section, index))
        return found

    def _resolve_here(self, value: Any, keys: tuple[Any, ...]) -> Any:
        try:
            if not template.has_expression(value) and not _has_escape(value):
                return value
        except RecursionError as error:
            raise self._too_deep(keys) from error
        self._attempt(keys, template.check, value)
        return self._attempt(keys, template.resolve, value, self._context)

    def _attempt(self, keys: tuple[Any, ...], action: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call action; an expression without a value is an error of the text under keys."""
        try:
            return action(*arguments, **named)
        except Unresolved as error:
            below = (*keys, *error.keys)
            self._fail(below, f"'{_dotted(below)}': {error.message}", error.hint, error=error)

    def _fail(
        self, keys: tuple[Any, ...], message: str, hint: str | None = None, *, error: Unresolved | None = None
    ) -> NoReturn:
        line, column = place_of(keys, self._text, at_key=error is not None and error.in_key)
        if error is not None and error.expression is not None and line is not None and column is not None:
            line, column = expression_at(self._text, line, column, error.expression)
        raise TemplateError(message, path=self.path, line=line, column=column, hint=hint)

    def _too_deep(self, keys: tuple[Any, ...]) -> TemplateError:
        return TemplateError(f"'{_dotted(keys)}' is nested too deeply", path=self.path)

    def _not_found(self, name: str) -> StageNotFound:
        meant = nearest(name, [*self._definitions, *self.stage_names()])
        return StageNotFound(f"no stage {name!r} in {self.path}", hint=f"did you mean {meant!r}?" if meant else None)


def _stage_entry(name: str, fields: Mapping[str, Any], text: str, path: str, keys: tuple[str, ...]) -> StageEntry:
    cmd = fields["cmd"]
    outs: list[OutputEntry] = []
    for section, kind in _KINDS:
        outs += _outputs(fields.get(section, ()), kind)
    return StageEntry(
        name=name,
        cmd=cmd if isinstance(cmd, str) else tuple(template.as_text(line) for line in cmd),
        wdir=fields.get("wdir") or ".",
        deps=tuple([DependencyEntry(dep) for dep in fields.get("deps", ())]),
        params=_params(fields.get("params", ()), text, path, keys),
        outs=tuple(outs),
        frozen=fields.get("frozen", False),
        always_changed=fields.get("always_changed", False),
        desc=fields.get("desc"),
        meta=fields.get("meta"),
    )


def _outputs(entries: Iterable[Any], kind: Literal["out", "metric", "plot"]) -> list[OutputEntry]:
    """Entries for one path are merged."""
    flags_of: dict[str, dict[str, Any]] = {}
    for entry in entries:
        for path, flags in ({entry: {}} if isinstance(entry, str) else entry).items():
            flags_of.setdefault(path, {}).update(flags)
    return [
        OutputEntry(
            path=path,
            kind=kind,
            cache=flags.get("cache", True),
            persist=flags.get("persist", False),
            push=flags.get("push", True),
            remote=flags.get("remote"),
            annotations={key: flags[key] for key in _ANNOTATIONS if flags.get(key)} if flags else {},
            plot={key: value for key, value in flags.items() if key in _PLOT_PROPS} if flags else {},
        )
        for path, flags in flags_of.items()
    ]


def _params(entries: Sequence[Any], text: str, path: str, keys: tuple[str, ...]) -> tuple[ParamsEntry, ...]:
    """Group keys by file; a file listed whole anywhere is listed whole."""
    whole = {file for entry in entries if isinstance(entry, dict) for file, listed in entry.items() if not listed}
    found: dict[str, list[str]] = {}
    for index, entry in enumerate(entries):
        for file, listed in ({DEFAULT_FILE: [entry]} if isinstance(entry, str) else entry).items():
            if file in whole and isinstance(entry, str):
                continue
            if file not in whole and not isinstance(listed, list):
                message = f"'{_dotted((*keys, 'params', index, file))}' should be a list of keys, found {listed!r}"
                raise problem_at((*keys, "params", index, file), message, text, path)
            found.setdefault(file, []).extend([] if file in whole else [str(key) for key in listed])
    return tuple(
        ParamsEntry(file, None if file in whole else tuple(dict.fromkeys(listed))) for file, listed in found.items()
    )


def _is_group(definition: Any) -> bool:
    return isinstance(definition, dict) and ("do" in definition or "matrix" in definition)


def _has_escape(value: Any) -> bool:
    if isinstance(value, str):
        return "\\${" in value
    if isinstance(value, Mapping):
        return any(_has_escape(key) or _has_escape(child) for key, child in value.items())
    return isinstance(value, list) and any(_has_escape(child) for child in value)


def _is_single(value: Any) -> bool:
    return value is not None and not isinstance(value, Mapping | list | tuple)


def _value_of(value: Any) -> Any:
    return value.value if isinstance(value, Reference) else value


def _children(value: Any) -> dict[Any, Any]:
    """Key or index -> child, as a Reference where value is one."""
    whole = _value_of(value)
    pairs = whole.items() if isinstance(whole, Mapping) else enumerate(whole)
    if not isinstance(value, Reference):
        return dict(pairs)
    prefix = None if value.name is None else f"{value.name}."
    return {key: Reference(child, None if prefix is None else f"{prefix}{key}") for key, child in pairs}


def _is_collection(value: Any) -> bool:
    return isinstance(_value_of(value), Mapping | list | tuple)


def _name_of(value: Any) -> str:
    """Give the part of a stage's name; DVC writes a boolean from a file as Python does."""
    return str(value.value) if isinstance(value, Reference) else template.as_text(value)


def _dotted(keys: Iterable[Any]) -> str:
    return ".".join(str(key) for key in keys)
