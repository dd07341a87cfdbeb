"""dvc.lock, and the run cache's files: each stage as it was when it last ran.

    lock  := schema: '2.0' [datasets] stages: {name: entry}
    entry := cmd [deps: [item]] [params: {file: {key: value}}] [outs: [item]]
    item  := path [hash: md5] [md5] [size] [nfiles] [isexec] [version_id etag checksum] [cloud] [files]

deps and outs are sorted by path; params.yaml comes first among params, the keys of a file are sorted.
See docs/formats/dvc-lock.md.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tiffin.errors import SchemaError
from tiffin.formats import yaml
from tiffin.formats._content import CONTENT_KEYS, content_of, describe
from tiffin.formats._schema import Each, Either, Items, Keys, check, problem_at
from tiffin.formats._update import put_named, rewrite
from tiffin.formats.values import Content, LockEntry, LockItem

__all__ = [
    "dump",
    "dump_entry",
    "from_dict",
    "parse",
    "parse_datasets",
    "parse_entry",
    "put_dataset",
    "run_cache_key",
    "run_cache_value",
    "to_dict",
]

_SCHEMA = "2.0"
_DEFAULT_PARAMS = "params.yaml"
_UNHASHED = frozenset(("size", "nfiles"))
_ITEM = Keys({**CONTENT_KEYS, "path": str, "dataset": Each(object)}, required=("path",))
_ENTRY = Keys(
    {"cmd": Either(str, Items(object)), "deps": Items(_ITEM), "params": Each(Each(object)), "outs": Items(_ITEM)},
    required=("cmd",),
)
_LOCK = Keys({"schema": str, "datasets": object, "stages": Each(_ENTRY)})


def parse(text: str, path: str) -> dict[str, LockEntry]:
    """Read a dvc.lock; stages in the order of the file.  Raises YamlError or SchemaError."""
    value = yaml.load(text, path) or {}
    if value:
        _check_version(value, text, path)
    check(value, _LOCK, text, path)
    return {name: from_dict(entry) for name, entry in value.get("stages", {}).items()}


def parse_datasets(text: str | bytes, path: str) -> list[dict[str, Any]]:
    """Read what data sets are pinned to.  Raises YamlError or SchemaError."""
    value = yaml.load(text, path) or {}
    if not isinstance(value, dict) or "datasets" not in value:
        return []
    found: list[dict[str, Any]] = value["datasets"] or []
    shown = text if isinstance(text, str) else text.decode("utf-8")
    check(found, Items(dict), shown, path, under=("datasets",))
    return found


def put_dataset(text: str | None, entry: Mapping[str, Any], path: str) -> str:
    """Pin a data set; all else survives.  text: the file as it is, None for a new one."""

    def change(value: Any) -> None:
        value.setdefault("schema", _SCHEMA)
        put_named(value.setdefault("datasets", []), entry)
        value.setdefault("stages", {})

    return rewrite(text or "", path, change)


def dump(entries: Mapping[str, LockEntry], previous_text: str | None = None, *, last: Iterable[str] = ()) -> str:
    """Write a dvc.lock; a new one holds the stages in the order of entries.

    previous_text: what the file holds now.  What is no stage survives, comments included, and so does
    the place of each stage in the file; new stages follow, and then those of `last`.
    """
    stages = {name: to_dict(entry) for name, entry in entries.items()}
    if previous_text is None:
        _put_last(stages, last)
        return yaml.dump({"schema": _SCHEMA, "stages": stages})
    return rewrite(previous_text, "dvc.lock", lambda old: _replace_stages(old, stages, last))


def to_dict(entry: LockEntry) -> dict[str, Any]:
    """Give one stage as the file holds it, all orders applied."""
    value: dict[str, Any] = {"cmd": entry.cmd if isinstance(entry.cmd, str) else list(entry.cmd)}
    if entry.deps:
        value["deps"] = _item_dicts(entry.deps)
    if entry.params:
        files = sorted(entry.params, key=lambda file: (file != _DEFAULT_PARAMS, file))
        value["params"] = {file: {key: entry.params[file][key] for key in sorted(entry.params[file])} for file in files}
    if entry.outs:
        value["outs"] = _item_dicts(entry.outs)
    return value


def from_dict(value: Mapping[str, Any]) -> LockEntry:
    """Read one stage that follows the schema."""
    cmd = value["cmd"]
    return LockEntry(
        cmd=cmd if isinstance(cmd, str) else tuple(cmd),
        deps=tuple([_item(item) for item in value.get("deps", ())]),
        params=value.get("params", {}),
        outs=tuple([_item(item) for item in value.get("outs", ())]),
    )


def parse_entry(text: str, path: str) -> LockEntry:
    """Read a file of the run cache.  Raises YamlError or SchemaError."""
    value = yaml.load(text, path)
    check(value, _ENTRY, text, path)
    return from_dict(value)


def dump_entry(entry: LockEntry) -> str:
    """Write a file of the run cache."""
    return yaml.dump(to_dict(entry))


def run_cache_key(entry: LockEntry) -> str:
    """SHA-256 over what goes into the run: command, dependencies, parameters, paths of the outputs."""
    value = to_dict(entry)
    return _sha256({**value, "outs": [item["path"] for item in value.get("outs", ())]})


def run_cache_value(entry: LockEntry) -> str:
    """SHA-256 over the same and what came out: the name of the run's file under its key."""
    return _sha256(to_dict(entry))


def _sha256(value: dict[str, Any]) -> str:
    from tiffin.formats import _digest  # noqa: PLC0415 - hashlib and json load only for runs

    return _digest.sha256(_digest.without(value, _UNHASHED))


def _check_version(value: Any, text: str, path: str) -> None:
    if not isinstance(value, dict):
        return
    if "schema" not in value:
        raise SchemaError(
            "no 'schema': this lock file was written by DVC 1",
            path=path,
            line=1,
            column=1,
            hint=f"delete {path} and run `tiffin repro`, or let DVC 2 rewrite it first",
        )
    if value["schema"] != _SCHEMA:
        message = f"lock file of schema {value['schema']!r}, only '{_SCHEMA}' is known"
        raise problem_at(("schema",), message, text, path, hint="is it from a later version of DVC or tiffin?")


def _item(item: Mapping[str, Any]) -> LockItem:
    if "dataset" in item:
        return LockItem(item["path"], Content(None, legacy=True, extra={"dataset": item["dataset"]}))
    return LockItem(item["path"], content_of(item) or Content(None, legacy=True))


def _item_dicts(items: Iterable[LockItem]) -> list[dict[str, Any]]:
    return [_item_dict(item) for item in sorted(items, key=lambda item: item.path)]


def _item_dict(item: LockItem) -> dict[str, Any]:
    content = item.content
    value: dict[str, Any] = {"path": item.path}
    if not content.legacy:
        value["hash"] = "md5"
    value.update(describe(content))
    for key in ("files", "dataset"):
        if key in content.extra:
            value[key] = content.extra[key]
    return value


def _replace_stages(old: Any, stages: dict[str, Any], last: Iterable[str]) -> None:
    old.setdefault("schema", _SCHEMA)
    kept = old.setdefault("stages", {})
    for name in [name for name in kept if name not in stages]:
        del kept[name]
    for name, value in stages.items():
        if kept.get(name) != value:
            kept[name] = value
    _put_last(kept, last)


def _put_last(stages: Any, names: Iterable[str]) -> None:
    """Move these to the end, in this order; those that are there already stay, for the sake of comments."""
    wanted = [name for name in names if name in stages]
    if wanted and list(stages)[-len(wanted) :] != wanted:
        for name in wanted:
            stages[name] = stages.pop(name)
