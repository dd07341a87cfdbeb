"""Changes of a dvc.yaml that people edit: comments, order, anchors and layout of the rest stay.

Written by ruamel as DVC does it, so both tools make the same bytes of the same change.
"""

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

from tiffin.errors import FormatError
from tiffin.formats import yaml
from tiffin.formats._update import put_named, rewrite, update

__all__ = ["put_dataset", "put_stage", "remove_stage", "set_frozen", "update_dvclive_sections"]

# What a run writes that lies beside its dvc.yaml, where other things lie too.
_LIVE_FILES = ("params.yaml", "metrics.json", "plots/metrics", "plots/images", "plots/custom/", "plots/sklearn/")


def put_stage(text: str, name: str, definition: Mapping[str, Any], *, path: str = "dvc.yaml") -> str:
    """Add a stage at the end, or make the one of that name equal definition.

    text: the file as it is, "" for a new one.  Raises FormatError.
    """
    if not text:
        return yaml.dump({"stages": {name: dict(definition)}})

    def change(file: Any) -> None:
        stages = _section(file, "stages", path, default={})
        file["stages"] = stages
        if name in stages:
            update(stages[name], definition)
        else:
            stages[name] = dict(definition)

    return rewrite(text, path, change)


def put_dataset(text: str, entry: Mapping[str, Any], *, path: str = "dvc.yaml") -> str:
    """Add a data set at the end, or make the one of that name equal entry.

    text: the file as it is, "" for a new one.  Raises FormatError.
    """

    def change(file: Any) -> None:
        entries = _section(file, "datasets", path, default=[])
        file["datasets"] = entries
        put_named(entries, entry)

    return rewrite(text, path, change)


def remove_stage(text: str, name: str, *, path: str = "dvc.yaml") -> str:
    """Take a stage out; a file in which nothing is left becomes "".  Without that stage, text is given back."""
    stages = (yaml.load(text, path) or {}).get("stages") or {}
    if name not in stages:
        return text

    def change(file: Any) -> None:
        del file["stages"][name]
        if not file["stages"]:
            del file["stages"]

    if len(stages) == 1 and len(yaml.load(text, path)) == 1:
        return ""
    return rewrite(text, path, change)


def set_frozen(text: str, name: str, *, frozen: bool, path: str = "dvc.yaml") -> str:
    """Say that a stage is frozen, or nothing of it; text is given back where it says so already."""
    if bool(yaml.load(text, path)["stages"][name].get("frozen")) == frozen:
        return text

    def change(file: Any) -> None:
        if frozen:
            file["stages"][name]["frozen"] = True
        else:
            del file["stages"][name]["frozen"]

    return rewrite(text, path, change)


def update_dvclive_sections(
    text: str,
    live_dir: str,
    *,
    params: str | None,
    metrics: str | None,
    plots: Sequence[Any],
    artifacts: Mapping[str, Mapping[str, Any]],
    path: str = "dvc.yaml",
) -> str:
    """Replace what the file says about files in live_dir; all other entries stay.

    live_dir: from the folder of the file.  params, metrics: a file each.  plots: entries as dvc.yaml
    has them.  artifacts: by name.
    """
    prefix = _LIVE_FILES if _normal(live_dir) == "." else _normal(live_dir) + "/"
    lists = {
        "params": [] if params is None else [params],
        "metrics": [] if metrics is None else [metrics],
        "plots": list(plots),
    }

    def change(file: Any) -> None:
        for section, entries in lists.items():
            _replace_entries(file, section, entries, prefix, path)
        _replace_artifacts(file, artifacts, prefix, path)

    return rewrite(text, path, change)


def _replace_entries(file: Any, section: str, entries: list[Any], prefix: str | tuple[str, ...], path: str) -> None:
    old = _section(file, section, path, default=[])
    new = [entry for entry in old if not _lies_in(_path_of(entry), prefix)] + entries
    if not new:
        file.pop(section, None)
    elif section not in file:
        file[section] = new
    elif old != new:
        # One by one: a list that is replaced loses its comments.
        for index in reversed(range(len(old))):
            if _lies_in(_path_of(old[index]), prefix):
                del old[index]
        old.extend(entries)


def _replace_artifacts(
    file: Any, artifacts: Mapping[str, Mapping[str, Any]], prefix: str | tuple[str, ...], path: str
) -> None:
    old = _section(file, "artifacts", path, default={})
    kept = {name: value for name, value in old.items() if not _lies_in(_artifact_path(value), prefix)}
    new = {**kept, **{name: dict(value) for name, value in artifacts.items()}}
    if not new:
        file.pop("artifacts", None)
    elif "artifacts" in file:
        update(old, new)
        if list(old) != list(new):  # DVCLive's order: what lies in its folder comes last
            for name in new.keys() - kept.keys() & old.keys():
                del old[name]
            old.update({name: value for name, value in new.items() if name not in old})
    else:
        file["artifacts"] = new


def _section(file: Any, section: str, path: str, *, default: Any) -> Any:
    if not isinstance(file, dict):
        raise FormatError("the file should be a map", path=path)
    value = file.get(section)
    if value is None:
        return default
    if not isinstance(value, type(default)):
        raise FormatError(f"'{section}' should be a {'map' if isinstance(default, dict) else 'list'}", path=path)
    return value


def _path_of(entry: Any) -> Any:
    return next(iter(entry)) if isinstance(entry, Mapping) and len(entry) == 1 else entry


def _artifact_path(value: Any) -> Any:
    return value.get("path") if isinstance(value, Mapping) else None


def _lies_in(path: Any, prefix: str | tuple[str, ...]) -> bool:
    return isinstance(path, str) and _normal(path).startswith(prefix)


def _normal(path: str) -> str:
    return posixpath.normpath(path)
