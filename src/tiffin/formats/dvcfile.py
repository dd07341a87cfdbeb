"""The .dvc file: data tracked by hand, or an import.

    file := [desc] [md5] [wdir] [frozen] [deps: [item]] [outs: [item]] [always_changed] [meta]
    item := checksum [size] [nfiles] [isexec] [cloud] hash path [annotations] [cache] [persist] [remote] [push] [files]

Written in this order when fresh; an existing file keeps its own order and its comments.
See docs/formats/dvc-file.md.
"""

from collections.abc import Mapping
from typing import Any

from tiffin.errors import SchemaError
from tiffin.formats import yaml
from tiffin.formats._content import CONTENT_KEYS, content_of, describe
from tiffin.formats._schema import Each, Either, Items, Keys, Rule, check
from tiffin.formats._update import rewrite, update
from tiffin.formats.values import Content, DependencyEntry, DvcFile, OutputEntry

__all__ = ["dump", "parse", "stage_checksum"]

_ANNOTATIONS = ("desc", "type", "labels", "meta")
_TEXT_OR_MAP = Either(str, Each(object))
_SHARED: dict[str, Rule] = {**CONTENT_KEYS, "path": str, "persist": bool, "fs_config": Each(object)}
_OUTPUT = Keys(
    {
        **_SHARED,
        "desc": str,
        "type": str,
        "labels": Items(str),
        "meta": object,
        "cache": bool,
        "remote": str,
        "push": bool,
    },
    required=("path",),
)
_DEPENDENCY = Keys(
    {
        **_SHARED,
        "repo": Keys(
            {"url": str, "rev": str, "rev_lock": str, "config": _TEXT_OR_MAP, "remote": _TEXT_OR_MAP},
            required=("url",),
        ),
        "db": Keys({"query": str, "connection": str, "file_format": str, "table": str}),
    }
)
_FILE = Keys(
    {
        "md5": Either(str, int, None),
        "wdir": Either(str, None),
        "deps": Either(Items(_DEPENDENCY), None),
        "outs": Either(Items(_OUTPUT), None),
        "locked": bool,
        "frozen": bool,
        "meta": object,
        "always_changed": bool,
        "desc": str,
    }
)
_CARRIED = ("repo", "db", "fs_config", "persist")  # of a dependency
# What may change without making the stage another one.
_UNHASHED = frozenset((*_ANNOTATIONS, "locked", "frozen", "metric", "persist", "isexec", "size", "nfiles"))


def parse(text: str, path: str) -> DvcFile:
    """Read a .dvc file.  Raises YamlError or SchemaError with line and column."""
    value = yaml.load(text, path) or {}
    if isinstance(value, dict) and "cmd" in value:
        raise SchemaError(
            "'cmd' in a .dvc file is the single-stage pipeline of DVC 1, which is no longer run",
            path=path,
            hint="move the stage to dvc.yaml: tiffin stage add -n NAME ...",
        )
    check(value, _FILE, text, path)
    return DvcFile(
        outs=tuple(_output(item) for item in value.get("outs") or ()),
        deps=tuple(_dependency(item) for item in value.get("deps") or ()),
        md5=value.get("md5"),
        wdir=value.get("wdir") or ".",
        frozen=bool(value.get("frozen") or value.get("locked")),
        always_changed=value.get("always_changed", False),
        desc=value.get("desc"),
        meta=value.get("meta"),
    )


def dump(file: DvcFile, previous_text: str | None = None) -> str:
    """Write a .dvc file.

    previous_text: what the file holds now; its key order and comments are kept.
    """
    value = _as_dict(file)
    if previous_text is None:
        return yaml.dump(value)
    return rewrite(previous_text, "the .dvc file", lambda old: update(old, value))


def stage_checksum(file: DvcFile) -> str | None:
    """MD5 over what makes an import this import; None for data tracked by hand, which has none."""
    if not file.cmd and not (len(file.deps) == 1 and len(file.outs) == 1):
        return None
    from tiffin.formats import _digest  # noqa: PLC0415 - hashlib and json load only for imports

    value = {key: item for key, item in _as_dict(file).items() if key not in ("md5", "meta", "desc")}
    return _digest.md5(_digest.without(value, _UNHASHED))


def _output(item: Mapping[str, Any]) -> OutputEntry:
    annotations = {key: item[key] for key in _ANNOTATIONS if item.get(key)}
    if "fs_config" in item:
        annotations["fs_config"] = item["fs_config"]
    return OutputEntry(
        path=item["path"],
        content=content_of(item),
        cache=item.get("cache", True),
        persist=item.get("persist", False),
        push=item.get("push", True),
        remote=item.get("remote"),
        annotations=annotations,
    )


def _dependency(item: Mapping[str, Any]) -> DependencyEntry:
    extra = {key: item[key] for key in _CARRIED if key in item}
    return DependencyEntry(path=item.get("path", ""), content=content_of(item), extra=extra)


def _as_dict(file: DvcFile) -> dict[str, Any]:
    value = {
        "desc": file.desc,
        "md5": file.md5,
        "cmd": file.cmd,
        "wdir": None if file.wdir == "." else file.wdir,
        "frozen": file.frozen,
        "deps": [_dependency_dict(dep) for dep in file.deps],
        "outs": [_output_dict(out) for out in file.outs],
        "always_changed": file.always_changed,
        "meta": file.meta,
    }
    return {key: item for key, item in value.items() if item}


def _content_dict(content: Content | None, path: str) -> dict[str, Any]:
    if content is None:
        return {"path": path}
    item = describe(content)
    if not content.legacy:
        item["hash"] = "md5"
    item["path"] = path
    return item


def _dependency_dict(dep: DependencyEntry) -> dict[str, Any]:
    if "db" in dep.extra:
        return {"db": {key: value for key, value in dep.extra["db"].items() if value}}
    if "repo" in dep.extra:
        return {"path": dep.path, "repo": dict(dep.extra["repo"])}
    item = _content_dict(dep.content, dep.path)
    if dep.extra.get("fs_config"):
        item["fs_config"] = dep.extra["fs_config"]
    return _with_files(item, dep.content)


def _output_dict(out: OutputEntry) -> dict[str, Any]:
    item = _content_dict(out.content, out.path)
    for key in ("fs_config", *_ANNOTATIONS):
        if out.annotations.get(key):
            item[key] = out.annotations[key]
    if not out.cache:
        item["cache"] = False
    if out.persist:
        item["persist"] = True
    if out.remote:
        item["remote"] = out.remote
    if not out.push:
        item["push"] = False
    return _with_files(item, out.content)


def _with_files(item: dict[str, Any], content: Content | None) -> dict[str, Any]:
    if content is not None and "files" in content.extra:
        item["files"] = content.extra["files"]
    return item
