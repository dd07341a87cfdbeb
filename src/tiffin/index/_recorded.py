"""Looking at paths that DVC 2 may have recorded: what has not changed keeps the id it has, the rest gets an MD5."""

from collections.abc import Mapping

from tiffin.formats.values import Content
from tiffin.index._workspace import Seen, Workspace

__all__ = ["look_as_recorded", "store_as_recorded"]


def look_as_recorded(workspace: Workspace, recorded: Mapping[str, Content | None]) -> dict[str, Seen | None]:
    """What is at each path.  The id is of the kind that was recorded, if that still holds, else an MD5."""
    kept = _unchanged(workspace, recorded)
    seen = workspace.look_many([path for path in recorded if path not in kept])
    return {path: kept[path] if path in kept else seen[path] for path in recorded} if kept else seen


def store_as_recorded(
    workspace: Workspace, recorded: Mapping[str, Content | None], *, wait: bool = True
) -> dict[str, Content]:
    """Put what is at each path into the store, under an id chosen as in look_as_recorded; return what was stored.

    wait: as for `Workspace.store_all`.
    """
    kept = _unchanged(workspace, recorded)
    contents = workspace.store_all([path for path in recorded if path not in kept], wait=wait)
    return contents | workspace.other.store_all(list(kept)) if kept else contents


def _unchanged(workspace: Workspace, recorded: Mapping[str, Content | None]) -> dict[str, Seen]:
    legacy = {path: content.oid for path, content in recorded.items() if content and content.legacy and content.oid}
    if not legacy:
        return {}
    seen = workspace.other.look_many(list(legacy))
    return {path: found for path, found in seen.items() if found and found.content.oid == legacy[path]}
