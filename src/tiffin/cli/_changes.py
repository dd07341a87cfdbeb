"""What differs in data, as lists by kind: what `diff` and `report` show."""

from typing import Any

from tiffin.repo.datadiff import DataDiff

__all__ = ["MISSING", "ORDER", "Groups", "digits", "groups_of", "path_of"]

MISSING = "not in cache"
ORDER = ("added", "deleted", "renamed", "modified", MISSING)
DIGITS = 8

Groups = dict[str, list[dict[str, Any]]]


def groups_of(found: DataDiff) -> Groups:
    """All groups by DVC's names; none at all where nothing is to be said."""
    changes = found.differences
    groups = {
        "added": [_item(*entry) for entry in changes.added],
        "deleted": [_item(*entry) for entry in changes.deleted],
        "modified": [_item(old.path, {"old": old.oid, "new": new.oid}) for old, new in changes.modified],
        "renamed": [_item({"old": old.path, "new": new.path}, old.oid) for old, new in changes.renamed],
        MISSING: [_item(*entry) for entry in found.missing],
    }
    for items in groups.values():
        items.sort(key=_order)
    return groups if any(groups.values()) else {}


def path_of(item: dict[str, Any]) -> str:
    """An item's path, or both of one that was renamed."""
    path = item["path"]
    return path if isinstance(path, str) else f"{path['old']} -> {path['new']}"


def digits(oid: Any) -> str:
    """The first digits of one hash or of two, and a gap; nothing where nothing was recorded."""
    if isinstance(oid, dict):
        return f"{(oid['old'] or '')[:DIGITS]}..{(oid['new'] or '')[:DIGITS]}  "
    return f"{oid[:DIGITS]}  " if oid else ""


def _item(path: Any, oid: Any) -> dict[str, Any]:
    return {"path": path, "hash": oid}


def _order(item: dict[str, Any]) -> str:
    path: str = item["path"] if isinstance(item["path"], str) else item["path"]["old"]
    return path
