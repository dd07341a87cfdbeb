"""Change a document in place so that it equals another, touching only what differs.

What is not touched keeps its place, comments, anchors and style.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tiffin.formats import yaml

__all__ = ["put_named", "rewrite", "update"]


def update(old: Any, new: Any) -> None:
    """Make old equal new.  Both maps, or both lists.

    Keys of old keep their order and new ones follow.  Lists of equal length are changed item by
    item, others are replaced.
    """
    if isinstance(old, dict):
        for key, value in new.items():
            if _alike(old.get(key), value):
                update(old[key], value)
            elif key not in old or old[key] != value:
                old[key] = value
        for key in [key for key in old if key not in new]:
            del old[key]
    elif len(old) != len(new):
        old[:] = new
    else:
        for index, value in enumerate(new):
            if _alike(old[index], value):
                update(old[index], value)
            elif old[index] != value:
                old[index] = value


def put_named(entries: list[Any], entry: Mapping[str, Any]) -> None:
    """Put entry in the place of the map of that name among entries, or at the end."""
    for index, old in enumerate(entries):
        if isinstance(old, dict) and old.get("name") == entry["name"]:
            update(old, entry)
            if list(old) != list(entry):
                entries[index] = dict(entry)
            return
    entries.append(dict(entry))


def rewrite(text: str, path: str, change: Callable[[Any], None]) -> str:
    """Apply change to the document in text; comments survive.

    change: gets the document (a map, empty for an empty text) and alters it in place.
    """
    value = yaml.load(text, path)
    if value is None:
        value = {}
        change(value)
        # Nothing but comments: they go first.
        return f"{text.rstrip()}\n{yaml.dump(value)}" if text.strip() else yaml.dump(value)
    if yaml.dump(value) == text:
        # Our own writer would give this text: beside its values there is nothing to be kept.
        change(value)
        return yaml.dump(value)
    from tiffin.formats import _yaml_ruamel  # noqa: PLC0415 - slow to import, seldom needed

    value = _yaml_ruamel.load_for_edit(text, path)
    change(value)
    return _yaml_ruamel.dump(value)


def _alike(old: Any, new: Any) -> bool:
    if isinstance(new, Mapping):
        return isinstance(old, dict)
    return isinstance(new, list | tuple) and isinstance(old, list)
